// Does keeping whom nobody has enrolled make identification slower, while tens of thousands of
// sightings wait and are put to strangers?
//
//   npm run bench:strangers-load -- [--lfw DIR] [--models-from DIR] [--faces 10000]
//                                   [--strangers 20000] [--waiting 50000] [--clients 4]
//                                   [--starts 4] [--seconds 15] [--quick] [--out FILE]
//
// The library identifies photographs of LFW in a gallery of made-up people, so their faces are unknown.
// Three variants take turns, in an order that changes: a collection that keeps nothing, one that keeps
// sightings, and one that keeps pictures of them, too. The last two have `--strangers` made-up strangers
// and `--waiting` made-up sightings that wait when the process starts; it is measured once it has begun to
// put them to strangers. One process runs at a time, because one that waits for its turn would go on with
// its sightings; it starts anew `--starts` times, from the same files. A quiet machine is needed.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { monotonicFactory } from 'ulid'
import { openStore } from '../dist/compose/storage.js'
import { loadConfig } from '../dist/config/load.js'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { createFaceVectors } from './face-vectors.mjs'
import { printTable, takeTurns, writeResult } from './measure.mjs'
import { startPeer } from './peers/peer.mjs'
import { findLfw, pickLfw, scaleSamples } from './photos.mjs'
import { createDataDir, fillGallery } from './service.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    'models-from': { type: 'string', default: '.cache/test-data' },
    faces: { type: 'string', default: '10000' },
    strangers: { type: 'string' },
    waiting: { type: 'string' },
    clients: { type: 'string', default: '4' },
    starts: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const strangerCount = Number(args.strangers ?? (args.quick ? 1000 : 20_000))
const waitingCount = Number(args.waiting ?? (args.quick ? 2500 : 50_000))
const startCount = Number(args.starts ?? (args.quick ? 1 : 4))
const seconds = Number(args.seconds ?? (args.quick ? 3 : 15))
const clients = Number(args.clients)
const imageCount = 200
/** Images between two looks at the clock. */
const turnImages = 40
const dimension = 512
const modelId = 'mobilefacenet'
const batch = 1000
const placingTimeoutMs = 120_000
/** The first images still wait for what the process did while it was idle. */
const warmUpMs = 2000
/** Everything that is made up and recorded is kept. */
const keepUnknown = { hours: 72, ignoredHours: 720, maxSightings: 200_000 }
const variants = [
  { id: 'off' },
  { id: 'kept', keepUnknown: { ...keepUnknown, crops: false } },
  { id: 'crops', keepUnknown: { ...keepUnknown, crops: true } },
]

const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
try {
  const lfw = findLfw(args.lfw)
  const files = lfw ? pickLfw(lfw, imageCount) : await scaleSamples(250, work)
  const source = await prepare()
  const runs = []
  for (let start = 0; start < startCount; start++) {
    const run = {}
    for (const variant of takeTurns(variants, start)) {
      run[variant.id] = await measure(variant, files)
      console.error(`start ${start + 1}, ${variant.id}: ${run[variant.id].imagesPerSecond}`)
    }
    runs.push(run)
  }
  const results = variants.map(({ id }) => summarise(id, runs))
  printTable(results)
  writeResult('strangers-load', args, {
    question: 'images a second with and without strangers that are kept, while many sightings wait',
    photographs: lfw ? 'LFW' : 'samples at 250 px',
    ...{ clients, seconds, starts: startCount, facesInGallery: Number(args.faces) },
    ...{ strangers: strangerCount, waiting: waitingCount, sightings: source },
    results,
    runs,
  })
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Fills the data directory of each variant: all have the same gallery and the same sightings. */
async function prepare() {
  const source = createFaceVectors({
    ...{ dimension, mated: 0, strangers: 0, seed: 2, cacheDir: '.cache/evaluation' },
  })
  const { founding, others } = drawSightings(source)
  const { dataDir } = createDataDir(args['models-from'], work)
  await fillGallery(dataDir, Number(args.faces))
  variants[0].dataDir = copyOf(dataDir, 'off')
  await changing(dataDir, async (store, collection) => {
    await store.collections.update(collection, { keepUnknown })
    await addStrangers(store, collection, founding)
    for (let from = 0; from < others.length; from += batch) {
      const part = others.slice(from, from + batch).map(toSighting)
      await store.strangers.record(collection.id, part)
    }
  })
  for (const variant of variants.slice(1)) {
    variant.dataDir = copyOf(dataDir, variant.id)
    await changing(variant.dataDir, (store, collection) =>
      store.collections.update(collection, { keepUnknown: variant.keepUnknown }),
    )
  }
  rmSync(dataDir, { recursive: true })
  return source.source
}

/** Opens the store of a data directory for as long as something is done to its collection. */
async function changing(dataDir, work) {
  const { config } = loadConfig({ environment: {}, flags: { dataDir } })
  const store = await openStore(config)
  try {
    await work(store, await store.collections.get('default'))
  } finally {
    await store.close()
  }
}

function copyOf(dataDir, name) {
  const copy = `${dataDir}-${name}`
  cpSync(dataDir, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** One face each of as many people as there are strangers, and further faces of them in a random order. */
function drawSightings(source) {
  const founding = []
  const rest = []
  let last
  while (founding.length < strangerCount || rest.length < waitingCount) {
    const { vectors, personOf } = source.next(batch)
    personOf.forEach((person, i) => {
      const face = vectors.slice(i * dimension, (i + 1) * dimension)
      if (person === last) rest.push(face)
      else if (founding.length < strangerCount) founding.push(face)
      else rest.push(face)
      last = person
    })
  }
  return { founding, others: shuffle(rest, createRandom(3)).slice(0, waitingCount) }
}

function toSighting(embedding) {
  return { modelId, seenAt: new Date().toISOString(), source: 'made up', embedding }
}

async function addStrangers(store, { id }, embeddings) {
  const newId = monotonicFactory()
  const holder = 'bench'
  for (let from = 0; from < embeddings.length; from += batch) {
    const part = embeddings.slice(from, from + batch)
    const sightingIds = await store.strangers.record(id, part.map(toSighting))
    const strangers = part.map((sum, i) => ({
      ...{ id: newId(), count: 1, sum, memberIds: [sightingIds[i]] },
    }))
    const placed = strangers.map((stranger, i) => ({
      ...{ sightingId: sightingIds[i], strangerId: stranger.id },
    }))
    const revision = await store.strangers.claim(id, { holder, leaseMs: 60_000 })
    const placement = { set: { id, modelId }, placed, joined: [], strangers }
    await store.strangers.place({ holder, revision }, placement)
  }
  await store.strangers.claim(id, { holder, leaseMs: 0 })
}

/** Starts a library on a copy of the variant's files, and identifies for some seconds. */
async function measure({ id, dataDir, keepUnknown: keeps }, files) {
  const copy = copyOf(dataDir, 'copy')
  const command = [process.execPath, join(import.meta.dirname, 'peers/library.mjs'), copy]
  const library = await startPeer({ id, command })
  if (library.missing) throw new Error(library.missing)
  try {
    const identify = (from) => library.ask({ files: pick(files, from, turnImages), clients })
    await identify(0)
    if (keeps !== undefined) await waitUntilPlacing(library)
    const before = await library.ask({ counts: true })
    let [images, ms, cpuMs] = [0, 0, 0]
    const warm = performance.now() + warmUpMs
    for (let turn = 0; ms < 1000 * seconds; turn++) {
      const took = await identify(turn * turnImages)
      if (performance.now() < warm) continue
      images += turnImages
      ms += took.ms
      cpuMs += took.cpuMs
    }
    const after = await library.ask({ counts: true })
    return {
      imagesPerSecond: (1000 * images) / ms,
      cpuMsPerImage: cpuMs / images,
      recorded: after.sightings - before.sightings,
      placed: after.sightings - after.waiting - (before.sightings - before.waiting),
      stillWaiting: after.waiting,
      strangers: after.strangers,
    }
  } finally {
    await library.stop()
    rmSync(copy, { recursive: true, force: true })
  }
}

function pick(files, from, count) {
  return Array.from({ length: count }, (_, i) => files[(from + i) % files.length])
}

/** By then the strangers are read. */
async function waitUntilPlacing(library) {
  const { waiting } = await library.ask({ counts: true })
  const until = performance.now() + placingTimeoutMs
  while ((await library.ask({ counts: true })).waiting >= waiting) {
    if (performance.now() > until) throw new Error('no sighting was put to a stranger')
    await sleep(100)
  }
}

/** Means over the starts; the ratio to `off` with its standard error. */
function summarise(id, runs) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const of = (field) => mean(runs.map((run) => run[id][field]))
  const ratio = (field) => {
    const logs = runs.map((run) => Math.log(run[id][field] / run.off[field]))
    const middle = mean(logs)
    const variance = mean(logs.map((log) => (log - middle) ** 2))
    const error = Math.sqrt(variance / Math.max(1, runs.length - 1))
    return [Math.exp(middle), error]
  }
  const [speed, speedError] = ratio('imagesPerSecond')
  const [cpu, cpuError] = ratio('cpuMsPerImage')
  return {
    id,
    imagesPerSecond: of('imagesPerSecond'),
    ratio: speed,
    standardError: speedError,
    slowest: Math.min(...runs.map((run) => run[id].imagesPerSecond / run.off.imagesPerSecond)),
    cpuMsPerImage: of('cpuMsPerImage'),
    cpuRatio: cpu,
    cpuStandardError: cpuError,
    placed: of('placed'),
    recorded: of('recorded'),
  }
}
