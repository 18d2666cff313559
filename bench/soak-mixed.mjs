// Do memory, descriptors and threads stay where they are under mixed traffic?
//
//   npm run bench:soak-mixed -- [--minutes 20] [--clients 4] [--seed 1]
//                               [--models-from DIR] [--quick] [--out FILE]
//
// Clients send images from thumbnails to the largest that is accepted, of all formats, damaged and
// hostile files and uploads that break off. Once a minute they pause, the server comes to rest, and
// what it holds is read. The verdict is on the second half, after heaps and allocator have settled:
// exit 1 where a slope is more than two standard errors above zero, or an answer was 5xx besides 503.
// `--quick` takes three minutes, in steps of ten seconds.
import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { fitLine, printTable, writeResult } from './measure.mjs'
import { createMixedTraffic, readSamples, sendMixed } from './mixed-traffic.mjs'
import { prepareModels } from './peers/prepare.mjs'
import { createDataDir, fillGallery, parseMetrics, startService } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    minutes: { type: 'string' },
    clients: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const minutes = Number(args.minutes ?? (args.quick ? 3 : 20))
const stepMs = args.quick ? 10_000 : 60_000
/** For an image in work to end, and for what it took to be given back. */
const restMs = 120_000
const settleMs = 2000
/** Sides that just fit the default budget with a `minFaceSize` of 12. */
const largest = { jpeg: 9700, png: 9700, avif: 6700 }

prepareModels(args['models-from'], {})
const photos = readSamples('node_modules/@vladmandic/face-api/demo')
const traffic = await createMixedTraffic(photos, { seed: Number(args.seed), largest })
const { dataDir, remove } = createDataDir(args['models-from'])
await fillGallery(dataDir, 1000)
const service = await startService(dataDir)
const agent = new http.Agent({ keepAlive: true })
try {
  const { samples, answers, kinds } = await load()
  const half = samples.slice(Math.floor(samples.length / 2))
  const slopeOf = (value) => {
    const { slope, error } = fitLine(half.map((each) => [each.minute, value(each)]))
    return { perHour: 60 * slope, standardError: 60 * error, isAboveNoise: slope > 2 * error }
  }
  const slopes = {
    residentMiB: slopeOf((each) => each.residentBytes / 2 ** 20),
    descriptors: slopeOf((each) => each.descriptors),
    threads: slopeOf((each) => each.threads),
  }
  const faults = Object.entries(answers).filter(([status]) => status >= 500 && status !== '503')
  const failed = Object.entries(slopes).filter(([, { isAboveNoise }]) => isAboveNoise)
  printTable(samples)
  console.log({ kinds, answers, highWaterMiB: service.highWaterBytes() / 2 ** 20 })
  printTable(slopes)
  writeResult('soak-mixed', args, {
    question: 'memory, descriptors and threads over time under mixed traffic',
    ...{ minutes, clients: Number(args.clients), seed: Number(args.seed), kinds, answers, slopes },
    highWaterBytes: service.highWaterBytes(),
    samples,
  })
  for (const [name] of failed) console.error(`${name}: the slope is above noise`)
  for (const [status, times] of faults) console.error(`${times} answers of ${status}`)
  if (failed.length + faults.length > 0) process.exitCode = 1
} finally {
  agent.destroy()
  await service.stop()
  remove()
}

async function load() {
  const samples = []
  const answers = {}
  const kinds = {}
  const count = (counts, key) => {
    counts[key] = (counts[key] ?? 0) + 1
  }
  const begun = performance.now()
  while (performance.now() - begun < minutes * 60_000) {
    const until = performance.now() + stepMs
    const client = async () => {
      while (performance.now() < until) {
        const next = traffic.draw()
        count(kinds, next.kind)
        count(answers, await sendMixed({ port: service.port, agent }, next))
      }
    }
    await Promise.all(Array.from({ length: Number(args.clients) }, client))
    await rest()
    samples.push({ minute: (performance.now() - begun) / 60_000, ...readHeld() })
    console.log(JSON.stringify(samples.at(-1)))
  }
  return { samples, answers, kinds }
}

/** Aborted uploads may have images in work. */
async function rest() {
  const running = async () => {
    const { text } = await service.client.send({ path: '/metrics' })
    return parseMetrics(text).get('face_watcher_analysis_running')
  }
  const end = performance.now() + restMs
  while ((await running()) > 0 && performance.now() < end) await sleep(200)
  await sleep(settleMs)
}

function readHeld() {
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8')
  return {
    residentBytes: service.residentBytes(),
    descriptors: readdirSync(`/proc/${service.pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)[1]),
  }
}
