// How fast is the projected index beside the exact one, how often do they agree, and what does a
// face cost? Prints JSON.
//
//   node bench/index-projected.mjs [--faces 100000] [--threads 2] [--rounds 60]
//     [--cache .cache/evaluation] > bench/results/index-projected.json
//
// Both indexes hold the same gallery, and their searches alternate. The gallery is that of
// face-vectors.mjs; the agreement is counted with its real probes.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createExactProvider } from '../dist/gallery/indexes/exact.js'
import { createProjectedProvider } from '../dist/gallery/indexes/projected.js'
import { createFaceVectors } from './face-vectors.mjs'
import { machine, percentile } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    faces: { type: 'string', default: '100000' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '60' },
    cache: { type: 'string', default: '.cache/evaluation' },
  },
})
const faces = Number(args.faces)
const rounds = Number(args.rounds)
/** Generated at a time. */
const partFaces = 50_000
const [mated, strangers] = [1500, 1000]

const directory = await mkdtemp(join(tmpdir(), 'face-watcher-bench-'))
const projectedProvider = createProjectedProvider({ directory, threads: Number(args.threads) })
const exactProvider = createExactProvider()
const projected = await projectedProvider.open('bench', 512)
const exact = await exactProvider.open('bench', 512)

const gallery = createFaceVectors({
  dimension: 512,
  mated,
  strangers,
  seed: 1,
  cacheDir: args.cache,
})
const upsertMs = { projected: 0, exact: 0 }
for (let from = 0; from < faces; from += partFaces) {
  const { vectors } = gallery.next(Math.min(partFaces, faces - from))
  const ids = Array.from({ length: vectors.length / 512 }, (_, i) => toId(from + i))
  upsertMs.exact += await time(() => exact.upsert(ids, vectors))
  upsertMs.projected += await time(() => projected.upsert(ids, vectors))
}
const { probes, owners } = gallery.probes()
const enrolled = owners.filter((owner) => owner >= 0).length
const probe = (i, count = 1) => probes.slice(i * 512, (i + count) * 512)

const backgroundMs = await time(async () => {
  while ((await projected.status()).learning) await new Promise((done) => setTimeout(done, 50))
})
const learnMs = await time(() => projected.optimize())

const agreement = { mated: 0, strangers: 0, recallAt10: 0 }
for (let i = 0; i < owners.length; i += 50) {
  const found = await projected.search(probe(i, 50), 10)
  const expected = await exact.search(probe(i, 50), 10)
  expected.forEach((list, j) => {
    const known = new Set(found[j].map(({ faceId }) => faceId))
    agreement.recallAt10 += list.filter(({ faceId }) => known.has(faceId)).length / 10
    if (found[j][0].faceId !== list[0].faceId) return
    agreement[i + j < enrolled ? 'mated' : 'strangers']++
  })
}

const searchMs = {}
for (const [name, count, k] of [
  ['one probe, k 4', 1, 4],
  ['one probe, k 20', 1, 20],
  ['64 probes, k 4', 64, 4],
]) {
  const times = { projected: [], exact: [] }
  for (let round = -5; round < rounds / Math.sqrt(count); round++) {
    const some = probe((round + 5) % 1000, count)
    for (const [kind, index] of Object.entries({ projected, exact })) {
      const ms = await time(() => index.search(some, k))
      if (round >= 0) times[kind].push(ms)
    }
  }
  const toSummary = (list) => ({
    p50: percentile(list, 0.5),
    p99: percentile(list, 0.99),
    min: Math.min(...list),
  })
  searchMs[name] = { projected: toSummary(times.projected), exact: toSummary(times.exact) }
}

await exactProvider.close()
const status = await projected.status()
const saveMs = await time(() => projected.save('cursor'))
const { size } = await stat(join(directory, 'bench', 'projected.snapshot'))
const rssBefore = process.memoryUsage.rss()
const loadMs = await time(() => projected.load())
const firstSearchMs = await time(() => projected.search(probe(0), 4))
await projectedProvider.close()
const residentBytesPerFace = (rssBefore - process.memoryUsage.rss()) / faces
await rm(directory, { recursive: true })

console.log(
  JSON.stringify(
    {
      command: `node bench/index-projected.mjs ${process.argv.slice(2).join(' ')}`.trim(),
      ...machine(),
      source: gallery.source,
      faces,
      threads: Number(args.threads),
      status,
      agreement: {
        probes: { mated: enrolled, strangers: owners.length - enrolled },
        mated: agreement.mated / enrolled,
        strangers: agreement.strangers / (owners.length - enrolled),
        recallAt10: agreement.recallAt10 / owners.length,
      },
      searchMs,
      upsertMs,
      untilBackgroundLearningEndedMs: backgroundMs,
      learnMs,
      saveMs,
      snapshotBytesPerFace: size / faces,
      loadMs,
      firstSearchMs,
      residentBytesPerFace,
    },
    undefined,
    2,
  ),
)

function toId(row) {
  return String(row).padStart(26, '0')
}

async function time(action) {
  const start = performance.now()
  await action()
  return performance.now() - start
}
