// How long does it take to find persons who are there twice, what memory does it take, and how much do
// identifications and a cancelled job wait for it? A gallery of persons with one to three faces, one in
// a hundred of whom is there twice, examined through the use cases of the library.
//
//   npm run bench:merge-suggestions -- [--persons 100000] [--report] [--index exact] [--data-dir DIR]
//                           [--cache DIR] [--quick] [--out FILE]
//
// Embeddings are mixtures of the differences between LFW's people and within them (face-vectors.mjs),
// where --cache has LFW's embeddings; otherwise of random ones, of which about 93 dimensions count, as
// of the model's. --report adds the report about the gallery, which compares each face with all others.
import { createHash } from 'node:crypto'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { monotonicFactory } from 'ulid'
import { createFaceWatcher } from '../dist/index.js'
import { createSqliteStore } from '../dist/storage/sqlite/sqlite-store.js'
import { createFaceVectors } from './face-vectors.mjs'
import { readLfw } from './lfw-embeddings.mjs'
import { printTable, time, toLatency, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    persons: { type: 'string' },
    report: { type: 'boolean', default: false },
    index: { type: 'string', default: 'exact' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const persons = Number(args.persons ?? (args.quick ? 10_000 : 100_000))
const modelId = 'mobilefacenet'
const dimension = 512
const batch = 1000
const policy = { maxFpir: 0.01, possibleFpir: 0.1 }
/** The spectrum of random differences; the sum of its shares, squared, over that of their squares is 93. */
const power = readLfw(args.cache, modelId) === undefined ? 0.75 : undefined
/** Between the identifications that a job is measured with. Milliseconds. */
const identifyEveryMs = 100

const dataDir = await mkdtemp(join(tmpdir(), 'face-watcher-merges-'))
await symlink(resolve(args['data-dir'], 'models'), join(dataDir, 'models'))
try {
  const [madeMs, made] = await time(fill)
  const index = { kind: args.index }
  const options = { dataDir, installModels: false, index }
  const [startMs, watcher] = await time(() => createFaceWatcher(options))
  try {
    console.error(
      `made in ${Math.round(madeMs / 1000)} s, opened in ${Math.round(startMs / 1000)} s`,
    )
    await measure(watcher, made)
  } finally {
    await watcher.close()
  }
} finally {
  await rm(dataDir, { recursive: true, force: true })
}

async function measure(watcher, { faces, twins, probes, source }) {
  const { examination } = watcher
  const identify = async (i) => {
    const probe = { modelId, embedding: probes[i % probes.length] }
    return (await time(() => watcher.identify('default', probe)))[0]
  }
  const alone = []
  for (let i = 0; i < 50; i++) alone.push(await identify(i))

  const cancelMs = await measureCancel(examination)
  const before = process.memoryUsage.rss()
  const during = []
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let isOver = false
  const meter = (async () => {
    for (let i = 0; !isOver; i++) {
      during.push(await identify(i))
      await wait(identifyEveryMs)
    }
  })()
  const onProgress = createProgress('merges')
  const [mergesMs, merges] = await time(() => examination.merges('default', { onProgress }))
  isOver = true
  await meter
  delay.disable()
  const results = {
    ...{ persons: merges.persons, faces, doubled: twins, suggested: merges.found },
    mergesSeconds: mergesMs / 1000,
    cancelMs,
    identifyAloneMs: toLatency(alone),
    identifyDuringMs: toLatency(during),
    eventLoopDelayMs: { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 },
    rssBeforeMiB: before / 2 ** 20,
    rssPeakMiB: process.resourceUsage().maxRSS / 2 ** 10,
  }
  if (args.report) {
    const onFace = createProgress('report')
    const [ms, report] = await time(() => examination.gallery('default', { onProgress: onFace }))
    Object.assign(results, { reportSeconds: ms / 1000, alikePairs: report.alikePairs })
  }
  console.log(results)
  printTable({
    'identify alone, ms': toLatency(alone),
    'identify beside it, ms': toLatency(during),
  })
  writeResult('merge-suggestions', args, {
    question: 'how long finding persons who are there twice takes, and what waits for it',
    ...{ embedder: modelId, index: args.index, source, results },
  })
}

/** @returns milliseconds from a cancellation in the middle until the job has ended */
async function measureCancel(examination) {
  const controller = new AbortController()
  const { promise, resolve: halfway } = Promise.withResolvers?.() ?? withResolvers()
  const onProgress = (done, total) => done > 0.05 * total && halfway()
  const ended = examination
    .merges('default', { signal: controller.signal, onProgress })
    .catch(() => undefined)
  await Promise.race([promise, ended])
  controller.abort()
  return (await time(() => ended))[0]
}

function withResolvers() {
  let resolvePromise
  const promise = new Promise((done) => {
    resolvePromise = done
  })
  return { promise, resolve: resolvePromise }
}

function createProgress(name) {
  let told = 0
  return (done, total) => {
    const tenth = Math.floor((10 * done) / total)
    if (tenth <= told) return
    told = tenth
    console.error(`${name}: ${10 * tenth} %`)
  }
}

/** Writes the gallery into the store: one face of three of four people, two or three of the others. */
async function fill() {
  const vectors = createFaceVectors({
    ...{ dimension, mated: 0, strangers: 0, seed: 1, cacheDir: args.cache, power },
  })
  const store = await createSqliteStore({ file: join(dataDir, 'gallery.sqlite') })
  const newId = monotonicFactory()
  const createdAt = new Date().toISOString()
  const { id } = await store.collections.create({
    ...{ name: 'default', modelId, dimension, storeCrops: false, policy },
  })
  const probes = []
  let [made, faces, twins, last, facesOfLast] = [0, 0, 0, -1, 0]
  let personId
  while (made < persons) {
    const { vectors: rows, personOf } = vectors.next(batch)
    const newPersons = []
    const newFaces = []
    const addPerson = () => {
      personId = newId()
      const fields = { aliases: [], metadata: {}, hidden: false, favourite: false, revision: 1 }
      const times = { createdAt, updatedAt: createdAt }
      newPersons.push({ id: personId, name: `Person ${made++}`, ...fields, ...times })
    }
    const addFace = (row) => {
      const embedding = rows.slice(row * dimension, (row + 1) * dimension)
      newFaces.push(toFace({ id: newId(), personId, embedding, createdAt, number: faces++ }))
    }
    personOf.forEach((person, row) => {
      if (person !== last) {
        if (made >= persons) return
        last = person
        facesOfLast = 0
        addPerson()
      }
      facesOfLast++
      const facesWanted = [1, 1, 1, 2, 1, 1, 1, 3][person % 8]
      if (facesOfLast <= facesWanted) addFace(row)
      else if (facesOfLast === 4 && person % 100 === 0 && made < persons) {
        addPerson()
        addFace(row)
        twins++
      } else if (probes.length < 100) {
        probes.push(rows.slice(row * dimension, (row + 1) * dimension))
      }
    })
    await store.transfer.restorePersons(id, newPersons)
    await store.transfer.restoreFaces(id, newFaces)
    if (made % 10_000 < newPersons.length) console.error(`${made} persons`)
  }
  await store.close()
  return { faces, twins, probes, source: vectors.source }
}

function toFace({ number, ...face }) {
  const point = (x, y) => ({ x, y })
  return {
    ...face,
    modelId,
    quality: {
      ...{ sizePx: 112, sharpness: 300, brightness: 0.5, confidence: 0.99 },
      pose: { yaw: 0, pitch: 0, roll: 0 },
    },
    box: { x: 10, y: 20, width: 112, height: 140 },
    landmarks: [point(40, 60), point(90, 60), point(65, 90), point(45, 120), point(85, 120)],
    imageHash: createHash('sha256').update(`image ${number}`).digest('hex'),
    hasCrop: false,
  }
}
