// What do the stores and the kinds of index cost, and what do they give? Prints JSON.
//
//   node bench/backends.mjs --out bench/results/backends.json
//     [--faces 100000] [--probes 1000] [--strangers 500] [--clients 8] [--seed 1]
//     [--only mongodb+exact,...] [--mongod PATH] [--milvus PATH] [--cache .cache/evaluation]
//     [--shared]      other work ran on the machine; the result says so
//
// A fresh server and data directory for each variant, a fresh process for each step: enrol everyone
// (many clients, several faces a person), restart from the snapshot and search, build the index from
// the store anew. The embeddings are those of face-vectors.mjs.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openIndexProvider, openStore } from '../dist/compose/storage.js'
import { loadConfig } from '../dist/config/load.js'
import { createGallery } from '../dist/gallery/gallery.js'
import { createExactProvider } from '../dist/search/exact/provider.js'
import { createFaceVectors } from './face-vectors.mjs'
import { inParallel, machine, percentile, time } from './measure.mjs'
import { startMilvus, startMongod } from './servers.mjs'

const variants = {
  'sqlite+projected': { store: 'sqlite', index: { kind: 'projected' } },
  'sqlite+exact': { store: 'sqlite', index: { kind: 'exact' } },
  'mongodb+exact': { store: 'mongodb', index: { kind: 'exact' } },
  'mongodb+projected': { store: 'mongodb', index: { kind: 'projected' } },
  'mongodb+faiss-Flat': { store: 'mongodb', index: { kind: 'faiss', faiss: { factory: 'Flat' } } },
  'mongodb+faiss-HNSW32': {
    store: 'mongodb',
    index: { kind: 'faiss', faiss: { factory: 'HNSW32' } },
  },
  'mongodb+milvus-HNSW': {
    store: 'mongodb',
    index: { kind: 'milvus', milvus: { indexType: 'HNSW' } },
  },
}

const milvusServer =
  process.env.FACE_WATCHER_TEST_MILVUS_SERVER ?? '.cache/test-servers/milvus/bin/milvus-server'
const dimension = 512
const quantiles = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

const { values: args } = parseArgs({
  options: {
    faces: { type: 'string', default: '100000' },
    probes: { type: 'string', default: '1000' },
    strangers: { type: 'string', default: '500' },
    clients: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: Object.keys(variants).join() },
    mongod: { type: 'string', default: '.cache/test-servers/mongod' },
    milvus: { type: 'string', default: milvusServer },
    cache: { type: 'string', default: '.cache/evaluation' },
    shared: { type: 'boolean', default: false },
    out: { type: 'string' },
    // One step of one variant, in a process of its own.
    step: { type: 'string' },
    work: { type: 'string' },
    flags: { type: 'string' },
  },
})

if (args.step === undefined) await runAll()
else {
  const result = await runStep(args.step, args.work, JSON.parse(args.flags))
  console.log(JSON.stringify(result))
}

async function runAll() {
  const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
  try {
    const description = await prepare(work)
    const results = []
    for (const name of args.only.split(',')) {
      results.push(await runVariant(name, work))
      // After each, so that a run that is stopped leaves what it has.
      if (args.out !== undefined) {
        mkdirSync(dirname(args.out), { recursive: true })
        writeFileSync(args.out, `${toText(description, results)}\n`)
      }
    }
    console.log(toText(description, results))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function toText(description, results) {
  const result = {
    question: 'enrolment, search, restart and size of each store and kind of index',
    command: `node bench/backends.mjs ${process.argv.slice(2).join(' ')}`.trim(),
    ...machine(),
    ...(args.shared ? { note: 'Other work ran on this machine at the same time.' } : {}),
    ...description,
    results,
  }
  return JSON.stringify(result, undefined, 2)
}

/** Writes the embeddings and what an exact search finds for the probes. */
async function prepare(work) {
  const gallery = createFaceVectors({
    dimension,
    mated: Number(args.probes),
    strangers: Number(args.strangers),
    seed: Number(args.seed),
    cacheDir: args.cache,
  })
  const { vectors, personOf } = gallery.next(Number(args.faces))
  const { probes, owners } = gallery.probes()
  const mated = owners.filter((owner) => owner >= 0).length
  const persons = []
  for (const [row, person] of personOf.entries()) {
    persons[person] ??= []
    persons[person].push(row)
  }
  writeFileSync(join(work, 'vectors'), vectors)
  writeFileSync(join(work, 'probes'), probes)
  const provider = createExactProvider()
  const index = await provider.open('oracle', dimension)
  const ids = Array.from({ length: vectors.length / dimension }, (_, row) => String(row))
  await index.upsert(ids, vectors.slice())
  const nearest = []
  for (let from = 0; from < probes.length; from += 50 * dimension) {
    const found = await index.search(probes.slice(from, from + 50 * dimension), 1)
    for (const [{ faceId, similarity }] of found) nearest.push([Number(faceId), similarity])
  }
  await provider.close()
  writeFileSync(join(work, 'data.json'), JSON.stringify({ dimension, persons, mated, nearest }))
  return {
    faces: ids.length,
    persons: persons.length,
    dimension,
    embeddings: gallery.source,
    probes: { ofEnrolled: mated, ofStrangers: probes.length / dimension - mated },
    clients: Number(args.clients),
    seed: Number(args.seed),
  }
}

async function runVariant(name, work) {
  const variant = variants[name]
  if (!variant) throw new Error(`${name} is none of ${Object.keys(variants).join(', ')}`)
  const dataDir = mkdtempSync(join(work, 'data-'))
  const servers = []
  try {
    const flags = { dataDir, store: { kind: variant.store }, index: structuredClone(variant.index) }
    let milvus
    if (variant.store === 'mongodb') {
      servers.push(await startMongod(args.mongod))
      flags.store.url = servers[0].url
    }
    if (variant.index.kind === 'milvus') {
      milvus = await startMilvus(args.milvus)
      servers.push(milvus)
      flags.index.milvus.address = milvus.address
    }
    const emptyMilvus = milvus?.residentBytes()
    const step = (step) => inFreshProcess(step, work, flags)
    const enrolment = step('enrol')
    const { search, indexSearch, ...restart } = step('restart')
    const serverBytes = milvus && (milvus.residentBytes() - emptyMilvus) / Number(args.faces)
    const rebuild = step('rebuild')
    const result = {
      variant: name,
      enrolment,
      search,
      indexSearch,
      restart: { ...restart, rebuildMs: rebuild.readyMs },
      ...(milvus ? { milvusResidentBytesPerFace: serverBytes } : {}),
    }
    console.error(JSON.stringify(result))
    return result
  } catch (error) {
    // A kind that is not installed is a result, too, with its reason.
    console.error(`${name}: ${error.stderr ?? error.message}`)
    return {
      variant: name,
      failed: String(error.stderr ?? error.message)
        .trim()
        .split('\n')[0],
    }
  } finally {
    for (const server of servers) await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function inFreshProcess(step, work, flags) {
  const self = fileURLToPath(import.meta.url)
  const own = ['--step', step, '--work', work, '--flags', JSON.stringify(flags)]
  const output = execFileSync(
    process.execPath,
    ['--expose-gc', self, ...own, '--clients', args.clients],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 },
  )
  return JSON.parse(output.trim().split('\n').at(-1))
}

async function runStep(step, work, flags) {
  const { config } = loadConfig({ environment: {}, flags })
  const data = JSON.parse(readFileSync(join(work, 'data.json'), 'utf8'))
  const store = await openStore(config)
  try {
    return await { enrol, restart, rebuild }[step]({ config, store, data, work })
  } finally {
    await store.close()
  }
}

async function enrol({ config, store, data, work }) {
  const vectors = readFloats(join(work, 'vectors'))
  const gallery = await createGallery({ store, provider: await openIndexProvider(config) })
  const collection = await gallery.collections.create({
    name: 'bench',
    modelId: 'mobilefacenet',
    dimension: data.dimension,
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
    storeCrops: false,
  })
  const faceIds = []
  const callMs = []
  const start = performance.now()
  await inParallel(data.persons, Number(args.clients), async (rows, person) => {
    const faces = rows.map((row) => toFace(row, vectors, data.dimension))
    const begun = performance.now()
    const stored = await gallery.faces.add(collection.id, { name: `Person ${person}` }, faces)
    callMs.push(performance.now() - begun)
    for (const [i, row] of rows.entries()) faceIds[row] = stored.faces[i].id
  })
  const ms = performance.now() - start
  writeFileSync(join(config.dataDir, 'face-ids.json'), JSON.stringify(faceIds))
  const [closeMs] = await time(() => gallery.close())
  return {
    facesPerSecond: faceIds.length / (ms / 1000),
    callP50Ms: percentile(callMs, 0.5),
    callP99Ms: percentile(callMs, 0.99),
    closeMs,
    storeBytesPerFace: (await measureStore(config)) / faceIds.length,
  }
}

async function restart({ config, store, data, work }) {
  const probes = readFloats(join(work, 'probes'))
  const faceIds = JSON.parse(readFileSync(join(config.dataDir, 'face-ids.json'), 'utf8'))
  const collection = await store.collections.get('bench')
  gc()
  const before = process.memoryUsage.rss()
  const { gallery, readyMs } = await openReady(config, store)
  const one = (i) => probes.slice(i * data.dimension, (i + 1) * data.dimension)
  const searchOne = (i) => gallery.search(collection, one(i), { persons: 5 })
  const count = probes.length / data.dimension
  for (let i = 0; i < Math.min(20, count); i++) await searchOne(i)
  gc()
  const resident = (process.memoryUsage.rss() - before) / faceIds.length

  const searchMs = []
  const right = { mated: 0, strangers: 0 }
  for (let i = 0; i < count; i++) {
    const [ms, [ranked]] = await time(() => searchOne(i))
    searchMs.push(ms)
    const [row, similarity] = data.nearest[i]
    // Several faces may be equally near, within the rounding of float32.
    const found = ranked[0]
    if (found && (found.faceId === faceIds[row] || found.similarity > similarity - 1e-6)) {
      right[i < data.mated ? 'mated' : 'strangers']++
    }
  }
  const all = Array.from({ length: count }, (_, i) => i)
  const [parallelMs] = await time(() => inParallel(all, Number(args.clients), searchOne))
  await gallery.close()
  const indexMs = await timeIndex(config, collection, { one, count })
  return {
    indexSearch: {
      quantilesMs: Object.fromEntries(quantiles.map((p) => [p, percentile(indexMs, p)])),
    },
    search: {
      p50Ms: percentile(searchMs, 0.5),
      p99Ms: percentile(searchMs, 0.99),
      manyClientsPerSecond: count / (parallelMs / 1000),
      recallAt1: right.mated / data.mated,
      recallAt1OfStrangers: right.strangers / (count - data.mated),
    },
    fromSnapshotMs: readyMs,
    nodeResidentBytesPerFace: resident,
    snapshotBytesPerFace: sizeOf(join(config.dataDir, 'indexes')) / faceIds.length,
  }
}

async function rebuild({ config, store }) {
  const { id, dimension } = await store.collections.get('bench')
  const provider = await openIndexProvider(config)
  await (await provider.open(id, dimension)).destroy()
  await provider.close()
  const { gallery, readyMs } = await openReady(config, store)
  await gallery.close()
  return { readyMs }
}

/** Searches of the index alone, without the store: what one partition of a larger one would do. */
async function timeIndex(config, { id, dimension }, { one, count }) {
  const provider = await openIndexProvider(config)
  const index = await provider.open(id, dimension)
  await index.load()
  const all = []
  for (let i = 0; i < count + 20; i++) {
    const [ms] = await time(() => index.search(one(i % count), 20))
    if (i >= 20) all.push(ms)
  }
  await provider.close()
  return all
}

/** Opens the gallery and waits until it is ready. */
async function openReady(config, store) {
  const [readyMs, gallery] = await time(async () => {
    const opened = await createGallery({ store, provider: await openIndexProvider(config) })
    while (!(await opened.stats()).ready) await sleep(5)
    return opened
  })
  return { gallery, readyMs }
}

/** Bytes on disk, of data and indexes. */
async function measureStore({ store: { kind, url, database }, dataDir }) {
  if (kind === 'sqlite') {
    const files = readdirSync(dataDir).filter((name) => name.startsWith('gallery.sqlite'))
    return files.reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0)
  }
  const { MongoClient } = await import('mongodb')
  const client = new MongoClient(url)
  try {
    await client.db('admin').command({ fsync: 1 })
    return (await client.db(database).stats()).totalSize
  } finally {
    await client.close()
  }
}

function toFace(row, vectors, dimension) {
  const point = (x, y) => ({ x, y })
  return {
    embedding: vectors.slice(row * dimension, (row + 1) * dimension),
    modelId: 'mobilefacenet',
    quality: {
      sizePx: 112,
      sharpness: 300,
      brightness: 0.5,
      pose: { yaw: 0, pitch: 0, roll: 0 },
      confidence: 0.99,
    },
    box: { x: 10, y: 20, width: 112, height: 140 },
    landmarks: [point(40, 60), point(90, 60), point(65, 90), point(45, 120), point(85, 120)],
    imageHash: createHash('sha256').update(`image ${row}`).digest('hex'),
  }
}

function readFloats(file) {
  const bytes = readFileSync(file)
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}

function sizeOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return 0
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
