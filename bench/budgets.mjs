// Does the server stay within its budgets of memory and of stalls?
//
//   npm run bench:budgets -- [--parts idle,stalls,memory]
//                            [--models-from DIR] [--quick] [--out FILE]
//
// Exit 1 where a budget is exceeded:
//   idle    300 MB of resident memory, 30 s after the start with an empty gallery;
//   stalls  100 ms of the event loop, for the largest request of each shape that openapi.json allows
//           or that has to be refused; of three tries the least, since other programs only add;
//   memory  two of the largest images at once with the smallest `minFaceSize`: 1.5 GB at the peak, and
//           back to within 100 MB of what the server held after ordinary photographs.
// `--quick` takes images of half the side.
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { listLargestImages } from './largest-images.mjs'
import { largestBodyBytes, makeLargestRequests, padImage } from './largest-requests.mjs'
import { printTable, writeResult } from './measure.mjs'
import { prepareModels } from './peers/prepare.mjs'
import { createDataDir, parseMetrics, startService } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    parts: { type: 'string', default: 'idle,stalls,memory' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const bars = { idleBytes: 300e6, stallMs: 100, peakBytes: 1.5e9, remainingBytes: 100e6 }
const idlePauseMs = 30_000
const settleMs = 5000
const tries = 3
const warmUpRounds = 10
const samplePhoto = 'node_modules/@vladmandic/face-api/demo/sample1.jpg'

prepareModels(args['models-from'], {})
const photo = readFileSync(samplePhoto)
const parts = { idle: measureIdle, stalls: measureStalls, memory: measureMemory }
const results = {}
const exceeded = []
for (const name of args.parts.split(',')) {
  const { dataDir, remove } = createDataDir(args['models-from'])
  const service = await startService(dataDir)
  try {
    results[name] = await parts[name](service)
  } finally {
    await service.stop()
    remove()
  }
}
writeResult('budgets', args, {
  question: 'budgets of memory and of stalls',
  ...{ bars, ...results },
})
for (const line of exceeded) console.error(`exceeded: ${line}`)
if (exceeded.length > 0) process.exitCode = 1

function hold(what, value, bar, unit) {
  if (value > bar) exceeded.push(`${what}: ${Math.round(value)} ${unit}, the budget is ${bar}`)
}

async function measureIdle(service) {
  const { readyMs } = service
  await sleep(idlePauseMs)
  const residentBytes = service.residentBytes()
  const where = readMappings(service.pid)
  printTable([{ readyMs, residentMB: residentBytes / 1e6, ...where }])
  hold('idle', residentBytes, bars.idleBytes, 'bytes')
  return { readyMs, pauseMs: idlePauseMs, residentBytes, residentMBByMapping: where }
}

/** MB of resident memory by what is mapped; glibc's arenas lie at multiples of 64 MiB. */
function readMappings(pid) {
  const arenaBytes = 64 * 2 ** 20
  const sums = { files: 0, mallocMain: 0, mallocThreads: 0, otherAnonymous: 0 }
  const text = readFileSync(`/proc/${pid}/smaps`, 'utf8')
  for (const mapping of text.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const [, from, to, path] = /^([0-9a-f]+)-([0-9a-f]+) (?:\S+\s+){4}(.*)$/m.exec(mapping)
    const bytes = Number(/^Rss:\s+(\d+)/m.exec(mapping)[1]) * 1024
    const [start, end] = [from, to].map((digits) => Number.parseInt(digits, 16))
    if (path.startsWith('/')) sums.files += bytes
    else if (path === '[heap]') sums.mallocMain += bytes
    else if (start % arenaBytes === 0 && end - start <= arenaBytes) sums.mallocThreads += bytes
    else sums.otherAnonymous += bytes
  }
  return Object.fromEntries(Object.entries(sums).map(([name, bytes]) => [name, bytes / 1e6]))
}

async function measureStalls(service) {
  const path = await createPathFiller(service)
  const document = JSON.parse(readFileSync('openapi.json', 'utf8'))
  const image = padImage(photo)
  const rows = []
  for (const request of makeLargestRequests(document, {
    ...{ bodyBytes: largestBodyBytes, image, path },
  })) {
    const row = { shape: request.label, stallMs: Number.POSITIVE_INFINITY }
    for (let i = 0; i < tries && row.stallMs > bars.stallMs; i++) {
      const body = request.body?.()
      await readStall(service)
      const { status } = await service.client.send({ ...request, body })
      Object.assign(row, { status, stallMs: Math.min(row.stallMs, await readStall(service)) })
      row.megabytes = (body?.length ?? 0) / 1e6
    }
    rows.push(row)
    hold(row.shape, row.stallMs, bars.stallMs, 'ms')
  }
  rows.sort((a, b) => b.stallMs - a.stallMs)
  printTable(rows.slice(0, 12))
  return { requests: rows.length, longestMs: rows[0]?.stallMs, longest: rows.slice(0, 12) }
}

/** A person and a face, so that addresses lead somewhere. */
async function createPathFiller({ client }) {
  const post = async (path, value) => {
    const body = Buffer.from(JSON.stringify(value))
    return JSON.parse(
      (await client.send({ method: 'POST', path, type: 'application/json', body })).text,
    )
  }
  const persons = '/v1/collections/default/persons'
  const { id } = await post(persons, { name: 'Ann' })
  const query = 'faces=largest&skipQualityGates=true'
  const { faces } = await post(`${persons}/${id}/faces?${query}`, {
    image: photo.toString('base64'),
  })
  const ids = { collection: 'default', person: id, face: faces[0]?.id ?? 'none' }
  return (template) => template.replace(/\{(\w+)\}/g, (_, name) => ids[name])
}

/** Milliseconds of the longest delay since the last reading. */
async function readStall({ client }) {
  const { text } = await client.send({ path: '/metrics' })
  return 1000 * parseMetrics(text).get('face_watcher_event_loop_delay_seconds{quantile="1"}')
}

async function measureMemory(service) {
  const analyze = (image, query = '') =>
    service.client.send({
      ...{ method: 'POST', path: `/v1/embed${query}`, type: 'application/json' },
      body: Buffer.from(JSON.stringify({ image: image.toString('base64') })),
    })
  for (let i = 0; i < warmUpRounds; i++) await Promise.all([analyze(photo), analyze(photo)])
  await sleep(settleMs)
  const before = service.residentBytes()
  const rows = []
  for (const { kind, make } of listLargestImages(photo, args.quick ? 0.5 : 1)) {
    const file = await make()
    // Sets the high-water mark back.
    writeFileSync(`/proc/${service.pid}/clear_refs`, '5')
    const begun = performance.now()
    const answers = await Promise.all([1, 2].map(() => analyze(file, '?minFaceSize=12')))
    const seconds = (performance.now() - begun) / 1000
    const peak = service.highWaterBytes()
    await sleep(settleMs)
    const after = service.residentBytes()
    const status = answers.map((answer) => answer.status).join(' ')
    rows.push({ kind, status, seconds, before, peak, after, remains: after - before })
    hold(`${kind}, peak`, peak, bars.peakBytes, 'bytes')
    hold(`${kind}, remaining`, after - before, bars.remainingBytes, 'bytes')
    printTable(rows.slice(-1))
  }
  return rows
}
