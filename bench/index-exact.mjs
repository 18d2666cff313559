// How fast is the exact index, and what does a face cost? Prints JSON.
//
//   node bench/index-exact.mjs [--faces 100000] [--rounds 5] > bench/results/index-exact.json
//
// A fresh process for each dimension and round, the dimensions in turns; medians over the rounds.
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createExactProvider } from '../dist/gallery/indexes/exact.js'
import { machine, percentile } from './measure.mjs'

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    dimension: { type: 'string' },
  },
})
const faces = Number(values.faces)

if (values.dimension === undefined) {
  const rounds = { 512: [], 128: [] }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const dimension of round % 2 === 0 ? [512, 128] : [128, 512]) {
      const self = fileURLToPath(import.meta.url)
      const args = [self, '--faces', values.faces, '--dimension', String(dimension)]
      rounds[dimension].push(JSON.parse(execFileSync(process.execPath, args)))
    }
  }
  const results = Object.entries(rounds).map(([dimension, list]) => ({
    dimension: Number(dimension),
    ...Object.fromEntries(
      Object.keys(list[0]).map((key) => {
        const all = list.map((result) => result[key])
        return [key, { median: percentile(all, 0.5), min: Math.min(...all), max: Math.max(...all) }]
      }),
    ),
  }))
  const command = `node bench/index-exact.mjs ${process.argv.slice(2).join(' ')}`.trim()
  console.log(JSON.stringify({ command, ...machine(), faces, results }, undefined, 2))
} else {
  console.log(JSON.stringify(await measure(Number(values.dimension))))
}

async function measure(dimension) {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-bench-'))
  const provider = createExactProvider({ directory })
  const index = await provider.open('bench', dimension)
  const probes = createVectors(64, dimension, 1)
  const one = probes.slice(0, dimension)
  const emptyRss = process.memoryUsage.rss()

  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let loadMs = 0
  for (let from = 0; from < faces; from += 10_000) {
    const count = Math.min(10_000, faces - from)
    const ids = Array.from({ length: count }, (_, i) => String(from + i).padStart(26, '0'))
    const vectors = createVectors(count, dimension, from + 2)
    // Long enough for the loop's own timer to have seen the work above.
    await new Promise((resolve) => setTimeout(resolve, 20))
    delay.reset()
    const start = performance.now()
    await index.upsert(ids, vectors)
    loadMs += performance.now() - start
  }
  const loadDelayMs = delay.max / 1e6
  delay.disable()
  globalThis.gc?.()
  const bytesPerFace = (process.memoryUsage.rss() - emptyRss) / faces

  const oneMs = await time(60, () => index.search(one, 20))
  const batchMs = await time(10, () => index.search(probes, 20))
  const [saveMs] = await timeOnce(() => index.save('cursor'))
  const { size } = await stat(join(directory, 'bench', 'exact.snapshot'))
  const [restoreMs] = await timeOnce(() => index.load())
  await provider.close()
  await rm(directory, { recursive: true })
  return {
    oneProbeP50Ms: percentile(oneMs, 0.5),
    oneProbeP99Ms: percentile(oneMs, 0.99),
    sixtyFourProbesP50Ms: percentile(batchMs, 0.5),
    loadMs,
    longestLoopDelayWhileLoadingMs: loadDelayMs,
    saveMs,
    restoreMs,
    snapshotBytesPerFace: size / faces,
    residentBytesPerFace: bytesPerFace,
  }
}

async function time(times, action) {
  const all = []
  for (let i = 0; i < times + 3; i++) {
    const [ms] = await timeOnce(action)
    if (i >= 3) all.push(ms)
  }
  return all
}

async function timeOnce(action) {
  const start = performance.now()
  const result = await action()
  return [performance.now() - start, result]
}

/** Unit vectors in random directions; what they are does not change the time of a full scan much. */
function createVectors(count, dimension, seed) {
  let state = seed * 2_654_435_761 || 1
  const out = new Float32Array(count * dimension)
  for (let row = 0; row < count; row++) {
    let squares = 0
    for (let i = row * dimension; i < (row + 1) * dimension; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      out[i] = state / 2 ** 31
      squares += out[i] ** 2
    }
    for (let i = row * dimension; i < (row + 1) * dimension; i++) out[i] /= Math.sqrt(squares)
  }
  return out
}
