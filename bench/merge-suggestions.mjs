// How long does it take to find persons who are there twice, and what memory? A gallery of persons with
// one face each, some of whom are there twice, examined through the use cases of the library.
//
//   npm run bench:merges -- [--persons 100000] [--doubled 200] [--index exact] [--data-dir DIR]
//                           [--cache DIR] [--out FILE]
//
// Embeddings are mixtures of the differences between LFW's people and within them (face-vectors.mjs),
// where --cache has LFW's embeddings.
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createFaceWatcher } from '../dist/index.js'
import { createFaceVectors } from './face-vectors.mjs'
import { printTable, time, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    persons: { type: 'string', default: '100000' },
    doubled: { type: 'string', default: '200' },
    index: { type: 'string', default: 'exact' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    out: { type: 'string' },
  },
})
const persons = Number(args.persons)
const doubled = Number(args.doubled)
const modelId = 'mobilefacenet'
const dimension = 512
const batch = 1000

const source = createFaceVectors({
  ...{ dimension, mated: 0, strangers: 0, seed: 1, cacheDir: args.cache },
})
const dataDir = await mkdtemp(join(tmpdir(), 'face-watcher-merges-'))
await symlink(resolve(args['data-dir'], 'models'), join(dataDir, 'models'))
const index = { kind: args.index }
const watcher = await createFaceWatcher({ dataDir, installModels: false, index })
try {
  const faceOf = (embedding, i) => ({ fileName: String(i), modelId, embedding })
  const twins = []
  let made = 0
  let last = -1
  while (made < persons) {
    const { vectors, personOf } = source.next(batch)
    const first = []
    for (let row = 0; row < batch; row++) {
      const embedding = vectors.slice(row * dimension, (row + 1) * dimension)
      if (personOf[row] !== last) {
        last = personOf[row]
        first.push(embedding)
      } else if (twins.length < doubled && twins.at(-1)?.person !== last) {
        twins.push({ person: last, embedding })
      }
    }
    await Promise.all(
      first.slice(0, persons - made).map((embedding, i) =>
        watcher.enroll('default', { name: `person ${made + i}` }, [faceOf(embedding, i)], {
          duplicates: 'ignore',
        }),
      ),
    )
    made += Math.min(first.length, persons - made)
    if (made % 10_000 < 250) console.error(`${made} persons`)
  }
  for (const [i, { embedding }] of twins.entries()) {
    await watcher.enroll('default', { name: `twin ${i}` }, [faceOf(embedding, i)], {
      duplicates: 'ignore',
    })
  }
  console.error('enrolled')
  let peak = 0
  const meter = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 100)
  const before = process.memoryUsage.rss()
  const [mergesMs, merges] = await time(() => watcher.examination.merges('default'))
  const [reportMs, report] = await time(() => watcher.examination.gallery('default'))
  clearInterval(meter)
  const results = {
    persons: merges.persons,
    faces: merges.faces,
    doubled: twins.length,
    suggested: merges.found,
    mergesSeconds: mergesMs / 1000,
    reportSeconds: reportMs / 1000,
    alikePairs: report.alikePairs,
    rssBeforeMiB: before / 2 ** 20,
    rssPeakMiB: peak / 2 ** 20,
  }
  printTable([results])
  writeResult(
    'merge-suggestions',
    { ...args, out: args.out ?? 'bench/results/merge-suggestions.json' },
    {
      question:
        'how long finding persons who are there twice takes, and the report about a gallery',
      embedder: modelId,
      index: args.index,
      source: source.source,
      results,
    },
  )
} finally {
  await watcher.close()
  await rm(dataDir, { recursive: true, force: true })
}
