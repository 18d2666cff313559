// How many images a second, through the library and over HTTP, and what happens when it is too much?
//
//   npm run bench:throughput -- [--lfw DIR] [--models-from DIR] [--python FILE] [--faces 10000]
//                               [--clients 1,2,4,8,32] [--images 200] [--rounds 5] [--quick]
//                               [--before DIR [--starts 6]] [--out FILE]
//
// Library, a real server and OpenCV (a process a core) run at the same time and take turns, in an
// order that changes with every round; the client that sends the requests has its share of the same
// cores. Images are LFW's where they are there. Every image is decoded, its faces are found,
// embedded and looked up in a gallery of `--faces`; OpenCV does the same without the gallery, and so
// does the bare pipeline in a process a core, which is the most that library and server can reach.
// `--before`: another checkout of this project, built, with its models in DIR/.cache/test-data: only
// library and server of the two are compared, which start anew `--starts` times.
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  inParallel,
  median,
  printTable,
  rotate,
  takeTurns,
  time,
  toLatency,
  writeResult,
} from './measure.mjs'
import { startPeers } from './peers/peer.mjs'
import { prepareModels, prepareOpencvModels, preparePython } from './peers/prepare.mjs'
import { findLfw, pickLfw, scaleSamples } from './photos.mjs'
import {
  createDataDir,
  fillGallery,
  identifyRequest,
  parseMetrics,
  startService,
} from './service.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    python: { type: 'string' },
    faces: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '1,2,4,8,32' },
    images: { type: 'string' },
    rounds: { type: 'string' },
    before: { type: 'string' },
    starts: { type: 'string', default: '6' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const rounds = Number(args.rounds ?? (args.quick ? 1 : 5))
const imageCount = Number(args.images ?? (args.quick ? 30 : 200))
const clientCounts = args.clients.split(',').map(Number)
const cores = availableParallelism()
const startCount = Number(args.starts)
/** Of a program before the other one's turn, where two checkouts are compared. */
const turnImages = 20
/** More than the default queue holds. */
const overloadClients = 400
const overloadRequests = 2000

prepareModels(args['models-from'], {})
const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
const lfw = findLfw(args.lfw)
const images = repeat(lfw ? pickLfw(lfw, imageCount) : await scaleSamples(250, work), imageCount)
const requests = images.map(identifyRequest)
try {
  await (args.before === undefined ? compareWithPeers() : compareWithBefore(args.before))
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function compareWithPeers() {
  const python = preparePython(args.python)
  const { yunet, sface } = await prepareOpencvModels()
  // A gallery each: two processes at one database would have to look for each other's changes.
  const [forLibrary, forServer] = [work, work].map((at) => createDataDir(args['models-from'], at))
  for (const { dataDir } of [forLibrary, forServer]) await fillGallery(dataDir, Number(args.faces))
  const peer = (name) => join(import.meta.dirname, 'peers', name)
  const bare = [process.execPath, peer('face-watcher.mjs'), args['models-from'], 'mobilefacenet']
  const contestants = [
    { id: 'library', command: [process.execPath, peer('library.mjs'), forLibrary.dataDir] },
    // With as many workers as the server has, so that both give a lone image the same cores.
    { id: 'pipeline', command: [...bare, String(cores)] },
    // What the cores can do at most, without threads that share anything, queue and search.
    ...Array.from({ length: cores }, (_, i) => ({ id: `bare-${i}`, command: bare })),
    ...Array.from({ length: cores }, (_, i) => ({
      id: `opencv-${i}`,
      needs: [yunet, sface],
      command: [python, peer('opencv.py'), yunet, sface, '1'],
    })),
  ]
  const { peers, programs, stop } = await startPeers(contestants)
  let service
  try {
    service = await startService(forServer.dataDir)
    const byId = new Map(peers.map((one) => [one.id, one]))
    const processes = (name) => peers.filter(({ id }) => id.startsWith(`${name}-`))
    const idleBytes = service.residentBytes()
    const results = await measureThroughput([
      ...clientCounts.map((clients) => toLibraryStep('library', byId.get('library'), clients)),
      ...clientCounts.map((clients) => toHttpStep('http', service, clients)),
      ...['bare', 'opencv'].flatMap((id) => toProcessesStep(id, processes(id))),
    ])
    const overhead = await measureOverhead(byId, service)
    const highWaterBytes = service.highWaterBytes()
    const overload = await measureOverload(service)
    const memory = { idleBytes, highWaterBytes, afterOverloadBytes: service.highWaterBytes() }
    printResults(results)
    console.log({ overhead, overload, memory })
    writeResult('throughput', args, {
      question: 'images a second, and what HTTP, JSON and search add to an image',
      ...conditions(programs),
      results,
      overhead,
      overload,
      memory,
    })
  } finally {
    await service?.stop()
    await stop()
  }
}

/**
 * Each checkout fills galleries of its own kind and runs its own library and server. A process is up
 * to 5 % faster or slower than another one of the same program for as long as it lives, so all of
 * them start anew several times, and the ratio is the mean over the starts.
 */
async function compareWithBefore(before) {
  const checkouts = [
    { name: 'now', root: join(import.meta.dirname, '..'), models: args['models-from'] },
    { name: 'before', root: resolve(before), models: join(before, '.cache/test-data') },
  ]
  for (const each of checkouts) {
    const own = await import(join(each.root, 'bench/service.mjs'))
    each.forLibrary = createDataDir(each.models, work).dataDir
    each.forServer = createDataDir(each.models, work).dataDir
    for (const dataDir of [each.forLibrary, each.forServer]) {
      await own.fillGallery(dataDir, Number(args.faces))
    }
  }
  const starts = []
  let programs
  for (let start = 0; start < startCount; start++) {
    const order = start % 2 === 0 ? checkouts : [...checkouts].reverse()
    const {
      peers,
      programs: versions,
      stop,
    } = await startPeers(
      order.map(({ name, root, forLibrary }) => ({
        id: name,
        command: [process.execPath, join(root, 'bench/peers/library.mjs'), forLibrary],
      })),
    )
    programs ??= versions
    const services = []
    try {
      for (const { name, root, forServer } of order) {
        const service = await startService(forServer, join(root, 'dist/cli/main.js'))
        services.push({ name, service })
      }
      const ways = {
        library: peers.map(({ id, ask }) => ({
          name: id,
          run: async (from, to, clients) =>
            (await ask({ files: images.slice(from, to), clients })).ms,
        })),
        http: services.map(({ name, service }) => ({
          name,
          run: async (from, to, clients) =>
            (await toHttpStep(name, service, clients, requests.slice(from, to)).run()).ms,
        })),
      }
      const rates = {}
      for (const clients of clientCounts) {
        for (const [way, pair] of Object.entries(ways)) {
          rates[`${way} ${clients}`] = await measurePair(pair, clients)
        }
      }
      starts.push(rates)
    } finally {
      for (const { service } of services) await service.stop()
      await stop()
    }
  }
  const results = Object.keys(starts[0]).map((id) =>
    summarisePair(
      id,
      starts.map((one) => one[id]),
    ),
  )
  printTable(results)
  writeResult('throughput-change', args, {
    question: 'images a second of this checkout and of another, in turns',
    ...conditions(programs),
    starts: startCount,
    results,
  })
}

/** Images a second of both, which take turns after a few images. Round -1 warms up. */
async function measurePair(pair, clients) {
  const ms = { now: 0, before: 0 }
  for (let round = -1; round < rounds; round++) {
    for (let from = 0; from < images.length; from += turnImages) {
      const to = Math.min(from + turnImages, images.length)
      for (const { name, run } of takeTurns(pair, round + 1 + from / turnImages)) {
        // The first images after another program's turn take longer.
        await run(from, Math.min(from + 2, to), clients)
        const took = await run(from, to, clients)
        if (round >= 0) ms[name] += took
      }
    }
  }
  const rate = (name) => (1000 * rounds * images.length) / ms[name]
  return { now: rate('now'), before: rate('before') }
}

/** Means over the starts, and the standard error of the ratio. */
function summarisePair(id, rates) {
  const [way, clients] = id.split(' ')
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const logs = rates.map(({ now, before }) => Math.log(now / before))
  const middle = mean(logs)
  const variance = mean(logs.map((log) => (log - middle) ** 2))
  return {
    way,
    clients: Number(clients),
    imagesPerSecond: mean(rates.map(({ now }) => now)),
    before: mean(rates.map(({ before }) => before)),
    ratio: Math.exp(middle),
    standardError: Math.sqrt(variance / Math.max(1, rates.length - 1)),
  }
}

function conditions(programs) {
  return {
    images: images.length,
    photographs: lfw ? 'LFW' : 'samples at 250 px',
    facesInGallery: Number(args.faces),
    rounds,
    programs,
  }
}

function printResults(results) {
  printTable(results.map(({ latencyMs, eventLoopDelayMs, ...rest }) => ({ ...rest, ...latencyMs })))
}

function toLibraryStep(id, library, clients) {
  return { id, clients, run: () => library.ask({ files: images, clients }) }
}

function toHttpStep(id, service, clients, sent = requests) {
  const run = async () => {
    const latencies = []
    await readMetrics(service)
    const [ms] = await time(() =>
      inParallel(sent, clients, async (request) => {
        const answer = await service.client.send(request)
        if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`)
        latencies.push(answer.ms)
      }),
    )
    const metrics = await readMetrics(service)
    const delay = (quantile) =>
      1000 * metrics.get(`face_watcher_event_loop_delay_seconds{quantile="${quantile}"}`)
    return { ms, latencies, delayMs: { p99: delay(0.99), max: delay(1) } }
  }
  return { id, clients, run }
}

/** @returns none where no process could start */
function toProcessesStep(id, processes) {
  if (processes.length === 0) return []
  const run = async () => {
    const files = [...images]
    const latencies = []
    const [ms] = await time(() =>
      Promise.all(
        processes.map(async ({ ask }) => {
          for (let file = files.pop(); file !== undefined; file = files.pop()) {
            latencies.push((await ask({ file })).ms)
          }
        }),
      ),
    )
    return { ms, latencies }
  }
  return [{ id, clients: processes.length, run }]
}

async function measureThroughput(kinds) {
  const steps = kinds.map((step) => ({ ...step, rates: [], latencies: [], delays: [] }))
  // Round -1 warms up, with the fewest clients.
  for (let round = -1; round < rounds; round++) {
    for (const step of takeTurns(steps, round + 1)) {
      const { ms, latencies, delayMs } = await step.run()
      if (round < 0) continue
      step.rates.push(images.length / (ms / 1000))
      step.latencies.push(...latencies)
      if (delayMs !== undefined) step.delays.push(delayMs)
    }
  }
  return steps.map(({ id, clients, rates, latencies, delays }) => ({
    id,
    clients,
    imagesPerSecond: median(rates),
    slowestRound: Math.min(...rates),
    fastestRound: Math.max(...rates),
    latencyMs: toLatency(latencies),
    ...(delays.length > 0
      ? {
          eventLoopDelayMs: {
            p99: median(delays.map(({ p99 }) => p99)),
            max: Math.max(...delays.map(({ max }) => max)),
          },
        }
      : {}),
  }))
}

/** One image at a time: what comes on top of the bare pipeline, image by image. */
async function measureOverhead(byId, service) {
  const ways = {
    pipeline: async (i) => (await byId.get('pipeline').ask({ file: images[i] })).ms,
    library: async (i) =>
      (await byId.get('library').ask({ files: [images[i]], clients: 1 })).latencies[0],
    http: async (i) => (await service.client.send(requests[i])).ms,
  }
  const names = Object.keys(ways)
  const times = Object.fromEntries(names.map((name) => [name, images.map(() => [])]))
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < images.length; i++) {
      for (const name of rotate(names, round + i + 1)) {
        const ms = await ways[name](i)
        if (round >= 0) times[name][i].push(ms)
      }
    }
  }
  const medians = Object.fromEntries(names.map((name) => [name, times[name].map(median)]))
  const over = (name) => median(medians[name].map((ms, i) => ms - medians.pipeline[i]))
  return {
    p50Ms: Object.fromEntries(names.map((name) => [name, median(medians[name])])),
    overPipelineMs: { library: over('library'), http: over('http') },
  }
}

/** For a while many more requests than may wait; who is refused tries again at once. */
async function measureOverload(service) {
  const before = countAnswers(await readMetrics(service))
  const answers = []
  const sent = Array.from({ length: overloadRequests }, (_, i) => requests[i % requests.length])
  await inParallel(sent, overloadClients, async (request) => {
    answers.push(...(await Promise.allSettled([service.client.send(request)])))
  })
  const answered = answers.filter(({ status }) => status === 'fulfilled').map(({ value }) => value)
  const ok = answered.filter(({ status }) => status === 200)
  const refused = answered.filter(({ status }) => status === 503)
  const after = countAnswers(await readMetrics(service))
  const afterwards = await service.client.send(requests[0])
  return {
    clients: overloadClients,
    sent: answers.length,
    answered: ok.length,
    refusedWith503: refused.length,
    refusedWithRetryAfter: refused.filter(({ retryAfter }) => Number(retryAfter) >= 1).length,
    otherAnswers: answered.length - ok.length - refused.length,
    lostConnections: answers.length - answered.length,
    countedByServer: { ok: after.ok - before.ok, refused: after.refused - before.refused },
    refusedAfterMs: toLatency(refused.map(({ ms }) => ms)),
    answeredAfterMs: toLatency(ok.map(({ ms }) => ms)),
    nextRequest: afterwards.status,
  }
}

function countAnswers(metrics) {
  const count = (status) =>
    [...metrics]
      .filter(([name]) => name.includes('http_requests_total') && name.includes('/identify'))
      .filter(([name]) => name.includes(`status="${status}"`))
      .reduce((sum, [, value]) => sum + value, 0)
  return { ok: count(200), refused: count(503) }
}

async function readMetrics(service) {
  return parseMetrics((await service.client.send({ path: '/metrics' })).text)
}

function repeat(list, count) {
  return Array.from({ length: count }, (_, i) => list[i % list.length])
}
