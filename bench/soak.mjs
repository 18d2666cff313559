// Do memory and latency stay where they are under steady load?
//
//   npm run bench:soak -- [--minutes 30] [--clients 8] [--faces 10000] [--lfw DIR]
//                         [--models-from DIR] [--quick] [--out FILE]
//
// So many clients identify without a pause over HTTP. Memory and latency are taken every half
// minute; the slopes are least squares with their standard error, without the first tenth. Memory of
// one half minute is much like that of the one before, so the error allows for it. `--quick` takes one
// minute, in steps of three seconds.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { fitLine, printTable, toLatency, writeResult } from './measure.mjs'
import { prepareModels } from './peers/prepare.mjs'
import { findLfw, pickLfw, scaleSamples } from './photos.mjs'
import { createDataDir, fillGallery, identifyRequest, startService } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    minutes: { type: 'string' },
    clients: { type: 'string', default: '8' },
    faces: { type: 'string', default: '10000' },
    lfw: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const minutes = Number(args.minutes ?? (args.quick ? 1 : 30))
const stepMs = args.quick ? 3000 : 30_000
const warmUpShare = 0.1

prepareModels(args['models-from'], {})
const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
const lfw = findLfw(args.lfw)
const images = lfw ? pickLfw(lfw, 200) : await scaleSamples(250, work)
const requests = images.map(identifyRequest)
const { dataDir } = createDataDir(args['models-from'], work)
await fillGallery(dataDir, Number(args.faces))
const service = await startService(dataDir)
try {
  const { samples, failures } = await load()
  const steady = samples.slice(Math.ceil(samples.length * warmUpShare))
  const slopeOf = (value) => fitLine(steady.map((sample) => [sample.minute, value(sample)]))
  const slopes = {
    residentMiBPerHour: toHour(slopeOf(({ residentBytes }) => residentBytes / 2 ** 20)),
    p50MsPerHour: toHour(slopeOf(({ latencyMs }) => latencyMs.p50)),
  }
  printTable(samples.map(({ latencyMs, ...rest }) => ({ ...rest, ...latencyMs })))
  console.log({ failures, ...slopes })
  writeResult('soak', args, {
    question: 'memory and latency over time at full load',
    minutes,
    clients: Number(args.clients),
    facesInGallery: Number(args.faces),
    photographs: lfw ? 'LFW' : 'samples at 250 px',
    requests: samples.reduce((sum, sample) => sum + sample.requests, 0),
    failures,
    slopes,
    highWaterBytes: service.highWaterBytes(),
    samples,
  })
} finally {
  await service.stop()
  rmSync(work, { recursive: true, force: true })
}

async function load() {
  const samples = []
  let latencies = []
  let failures = 0
  let next = 0
  let going = true
  const begun = performance.now()
  const client = async () => {
    while (going) {
      const answer = await service.client.send(requests[next++ % requests.length])
      if (answer.status === 200) latencies.push(answer.ms)
      else failures++
    }
  }
  const clients = Promise.all(Array.from({ length: Number(args.clients) }, client))
  const sampling = async () => {
    while (performance.now() - begun < minutes * 60_000) {
      await sleep(stepMs)
      samples.push({
        minute: (performance.now() - begun) / 60_000,
        requests: latencies.length,
        residentBytes: service.residentBytes(),
        latencyMs: toLatency(latencies),
      })
      latencies = []
    }
  }
  await Promise.race([clients, sampling()])
  going = false
  await clients
  return { samples, failures }
}

function toHour({ slope, error }) {
  return { slope: slope * 60, standardError: error * 60 }
}
