// How long is a search for persons, from the probe to the ranked persons, in a gallery on SQLite?
//
//   node bench/search.mjs [--sizes 1000,10000,100000] [--kinds exact,projected] [--against DIR]
//                         [--searches 400] [--seed 1] [--out FILE]
//
// --against: dist/ of another checkout, over the same file. Both search in turns, so what else the
// machine does meets both. `cpu`: processor milliseconds a search of all threads.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ulid } from 'ulid'
import { createFaceVectors } from './face-vectors.mjs'
import { percentile, printTable, rotate, toLatency, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    kinds: { type: 'string', default: 'exact,projected' },
    against: { type: 'string' },
    searches: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
})
const dimension = 512
const written = 1000
const probeCount = 100
/** Searches of one build before the other's turn. */
const turn = 10
const builds = await Promise.all(['dist', args.against].filter(Boolean).map(loadBuild))

const results = []
for (const size of args.sizes.split(',').map(Number)) {
  for (const kind of args.kinds.split(',')) results.push(...(await measure(size, kind)))
}
printTable(results)
if (args.out !== undefined) {
  writeResult('search', args, { question: 'time of a search for persons over SQLite', results })
}

async function loadBuild(dist) {
  const load = (path) => import(resolve(dist, path))
  const [{ createSqliteStore }, { createGallery }, { createExactProvider }, projected] =
    await Promise.all([
      load('storage/sqlite/sqlite-store.js'),
      load('gallery/gallery.js'),
      load('search/exact/provider.js'),
      load('search/projected/provider.js'),
    ])
  const providers = { exact: createExactProvider, projected: projected.createProjectedProvider }
  const name =
    dist === 'dist'
      ? 'this'
      : execFileSync('git', ['-C', dist, 'rev-parse', '--short', 'HEAD'], {
          encoding: 'utf8',
        }).trim()
  return { name, createSqliteStore, createGallery, providers }
}

/** One result a build. */
async function measure(size, kind) {
  const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
  const file = join(work, 'gallery.db')
  const source = createFaceVectors({
    ...{ dimension, mated: probeCount / 2, strangers: probeCount / 2 },
    ...{ seed: Number(args.seed), cacheDir: 'none' },
  })
  const opened = []
  try {
    let collection
    for (const build of builds) {
      const store = await build.createSqliteStore({ file })
      collection ??= await createFilled(store, source, size)
      const gallery = await build.createGallery({ store, provider: build.providers[kind]() })
      opened.push({ build: build.name, store, gallery, times: [], cpu: 0 })
      await gallery.catchUp()
      if (kind === 'projected') await gallery.rebuildIndex(collection)
    }
    const { probes } = source.probes()
    const search = ({ gallery }, i) => {
      const at = (i % (probes.length / dimension)) * dimension
      const probe = probes.slice(at, at + dimension)
      return gallery.search(collection, probe, { persons: 5 })
    }
    // The first round warms up.
    for (let from = -probeCount; from < Number(args.searches); from += turn) {
      for (const one of rotate(opened, (from + probeCount) / turn)) {
        const cpu = process.cpuUsage()
        for (let i = from; i < from + turn; i++) {
          const begun = performance.now()
          await search(one, i + probeCount)
          if (from >= 0) one.times.push(performance.now() - begun)
        }
        const { user, system } = process.cpuUsage(cpu)
        if (from >= 0) one.cpu += (user + system) / 1000
      }
    }
    return opened.map(({ build, times, cpu }) => ({
      ...{
        faces: size,
        kind,
        build,
        p10: percentile(times, 0.1),
        ...toLatency(times),
        cpu: cpu / times.length,
      },
    }))
  } finally {
    for (const { gallery, store } of opened) {
      await gallery.close()
      await store.close()
    }
    rmSync(work, { recursive: true, force: true })
  }
}

async function createFilled(store, source, size) {
  const collection = await store.collections.create({
    ...{ name: 'bench', modelId: 'bench', dimension, storeCrops: false },
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
  })
  await fill(store, collection.id, source, size)
  return collection
}

async function fill(store, collectionId, source, size) {
  const createdAt = new Date().toISOString()
  const persons = new Map()
  const zero = { x: 0, y: 0 }
  for (let from = 0; from < size; from += written) {
    const count = Math.min(written, size - from)
    const { vectors, personOf } = source.next(count)
    const added = []
    const faces = []
    for (let row = 0; row < count; row++) {
      if (!persons.has(personOf[row])) {
        const id = ulid()
        persons.set(personOf[row], id)
        added.push({
          ...{ id, name: `Person ${personOf[row]}`, metadata: { department: 'somewhere' } },
          ...{ aliases: [], hidden: false, favourite: false, revision: 1 },
          ...{ createdAt, updatedAt: createdAt },
        })
      }
      faces.push({
        id: ulid(),
        personId: persons.get(personOf[row]),
        modelId: 'bench',
        quality: {
          ...{ sizePx: 100, sharpness: 100, brightness: 0.5, confidence: 1 },
          pose: { yaw: 0, pitch: 0, roll: 0 },
        },
        box: { x: from + row, y: 0, width: 1, height: 1 },
        landmarks: [zero, zero, zero, zero, zero],
        imageHash: (from + row).toString(16).padStart(64, '0'),
        hasCrop: false,
        createdAt,
        embedding: vectors.slice(row * dimension, (row + 1) * dimension),
      })
    }
    await store.transfer.restorePersons(collectionId, added)
    await store.transfer.restoreFaces(collectionId, faces)
  }
}
