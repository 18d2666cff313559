// How long is a search for persons, from the probe to the ranked persons, in a gallery on SQLite?
//
//   node bench/search.mjs [--sizes 1000,10000,100000] [--kinds exact,projected] [--dist DIR]
//                         [--searches 400] [--counts] [--seed 1] [--out FILE]
//
// --dist: another build of the program, to compare with.
// --counts: ask for the number of faces beside, as identify did before searches counted them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ulid } from 'ulid'
import { createFaceVectors } from './face-vectors.mjs'
import { percentile, printTable, toLatency, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    kinds: { type: 'string', default: 'exact,projected' },
    dist: { type: 'string', default: 'dist' },
    searches: { type: 'string', default: '400' },
    counts: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
})
const dimension = 512
const written = 1000
const probeCount = 100
const load = (path) => import(resolve(args.dist, path))
const [{ createSqliteStore }, { createGallery }, { createExactProvider }, projected] =
  await Promise.all([
    load('gallery/stores/sqlite/sqlite-store.js'),
    load('gallery/gallery.js'),
    load('gallery/indexes/exact.js'),
    load('gallery/indexes/projected.js'),
  ])
const providers = { exact: createExactProvider, projected: projected.createProjectedProvider }

const results = []
for (const size of args.sizes.split(',').map(Number)) {
  for (const kind of args.kinds.split(',')) results.push(await measure(size, kind))
}
printTable(results)
if (args.out !== undefined) {
  writeResult('search', args, { question: 'time of a search for persons over SQLite', results })
}

async function measure(size, kind) {
  const work = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
  const store = await createSqliteStore({ file: join(work, 'gallery.db') })
  const collection = await store.createCollection({
    ...{ name: 'bench', modelId: 'bench', dimension, storeCrops: false },
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
  })
  const source = createFaceVectors({
    ...{ dimension, mated: probeCount / 2, strangers: probeCount / 2 },
    ...{ seed: Number(args.seed), cacheDir: 'none' },
  })
  await fill(store, collection.id, source, size)
  const gallery = await createGallery({ store, provider: providers[kind]() })
  try {
    await gallery.catchUp()
    if (kind === 'projected') await gallery.rebuildIndex(collection)
    const { probes } = source.probes()
    const count = probes.length / dimension
    const times = []
    for (let i = 0; i < Number(args.searches) + count; i++) {
      const at = i % count
      const probe = probes.slice(at * dimension, (at + 1) * dimension)
      const begun = performance.now()
      const search = gallery.search(collection, probe, { persons: 5 })
      // Builds that do not count the faces in the search did it beside.
      if (args.counts) await Promise.all([search, gallery.counts(collection.id)])
      else await search
      // The first round warms up.
      if (i >= count) times.push(performance.now() - begun)
    }
    return { faces: size, kind, p10: percentile(times, 0.1), ...toLatency(times) }
  } finally {
    await gallery.close()
    await store.close()
    rmSync(work, { recursive: true, force: true })
  }
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
    await store.restorePersons(collectionId, added)
    await store.restoreFaces(collectionId, faces)
  }
}
