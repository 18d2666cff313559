// Does one rejection last? People of LFW are enrolled; strangers who are taken for one of them at a
// lenient threshold are rejected, once, by one photograph, through the use cases of the library.
//
//   npm run bench:rejections -- --lfw DIR [--embedder ID] [--pairs 200] [--fmr 0.001]
//                               [--data-dir DIR] [--cache DIR] [--out FILE]
//
// DIR has one folder of photographs a person; --data-dir holds models/. Measured are, for each pair of
// a stranger and a person: whether the person is no candidate any more for the rejected photograph and
// for those of the stranger's other photographs whose candidate the person was, among five; whether the
// name is gone from those of them that had it; and whether the person's other photographs that were
// found are found still. First each rejection alone, then all together.
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { similarityAtFmr } from '../dist/core/fmr.js'
import { createFaceWatcher } from '../dist/index.js'
import { loadManifest } from '../dist/models/manifest.js'
import { createRandom, shuffle } from '../dist/platform/random.js'
import { embedSets } from './labelled-sets.mjs'
import { printTable, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    lfw: { type: 'string' },
    embedder: { type: 'string', default: 'mobilefacenet' },
    pairs: { type: 'string', default: '200' },
    fmr: { type: 'string', default: '0.001' },
    'data-dir': { type: 'string', default: '.cache/test-data' },
    cache: { type: 'string', default: '.cache/evaluation' },
    out: { type: 'string' },
  },
})
if (args.lfw === undefined) {
  console.error('usage: npm run bench:rejections -- --lfw DIR')
  process.exit(2)
}
const wanted = Number(args.pairs)
/** Enough for a search to be one, few enough that strangers with several photographs are left. */
const enrolledPersons = 800
/** Photographs that a person is enrolled by at most; the others are looked up. */
const enrolledEach = 5

const { models } = await loadManifest()
const { fmrCurve } = models.find(({ id }) => id === args.embedder)
const { lfw } = await embedSets(['lfw'], args, models)
const { dimension, embeddings } = lfw.embedded
const modelId = args.embedder
const probeOf = (row) => ({
  modelId,
  embedding: embeddings.slice(row * dimension, (row + 1) * dimension),
})
const several = lfw.people
  .map(({ rows }) => rows.filter((row) => row >= 0))
  .filter((rows) => rows.length >= 2)
const drawn = shuffle(several, createRandom(1))
const people = drawn.slice(0, enrolledPersons).map((rows) => {
  const enrolled = Math.min(enrolledEach, Math.ceil(rows.length / 2))
  return { enrolled: rows.slice(0, enrolled), others: rows.slice(enrolled) }
})
const strangers = drawn.slice(enrolledPersons)

const dataDir = await mkdtemp(join(tmpdir(), 'face-watcher-rejections-'))
await symlink(resolve(args['data-dir'], 'models'), join(dataDir, 'models'))
const watcher = await createFaceWatcher({ dataDir, installModels: false })
try {
  const threshold = similarityAtFmr(fmrCurve, Number(args.fmr)).value
  const name = 'lfw'
  await watcher.collections.create({ name, modelId, policy: { threshold } })
  for (const [i, person] of people.entries()) {
    const images = person.enrolled.map((row) => ({ fileName: String(row), ...probeOf(row) }))
    const options = { duplicates: 'ignore' }
    const { person: made } = await watcher.enroll(name, { name: `person ${i}` }, images, options)
    person.id = made.id
  }
  const personOf = new Map(people.map((person) => [person.id, person]))
  const look = async (row) => (await watcher.identify(name, probeOf(row))).faces[0]
  const namedOf = async (row) => {
    const { decision, candidates } = await look(row)
    return decision === 'match' ? candidates[0].personId : undefined
  }
  const isCandidate = async (row, id) =>
    (await look(row)).candidates.some(({ personId }) => personId === id)

  const wrong = []
  for (const rows of strangers) {
    const seen = new Set()
    for (const row of rows) {
      const { decision, candidates } = await look(row)
      const [{ personId, similarity }] = candidates
      if (decision !== 'match' || seen.has(personId)) continue
      seen.add(personId)
      wrong.push({ row, rows, personId, similarity })
    }
  }
  const pairs = shuffle(wrong, createRandom(2)).slice(0, wanted)
  const before = new Map()
  for (const { personId } of pairs) {
    if (before.has(personId)) continue
    const found = []
    for (const row of personOf.get(personId).others) {
      if ((await namedOf(row)) === personId) found.push(row)
    }
    before.set(personId, found)
  }

  const tally = () => ({ rejected: [0, 0], others: [0, 0], named: [0, 0], own: [0, 0] })
  const count = (pair, holds) => {
    pair[1]++
    if (holds) pair[0]++
  }
  const measure = async (counts, { row, rows, personId, namedBefore, candidateBefore }) => {
    count(counts.rejected, !(await isCandidate(row, personId)))
    for (const other of rows) {
      if (other === row) continue
      if (candidateBefore.has(other)) count(counts.others, !(await isCandidate(other, personId)))
      if (namedBefore.has(other)) count(counts.named, (await namedOf(other)) !== personId)
    }
  }
  const measureOwn = async (counts, personId) => {
    for (const own of before.get(personId)) count(counts.own, (await namedOf(own)) === personId)
  }
  for (const pair of pairs) {
    pair.namedBefore = new Set()
    pair.candidateBefore = new Set()
    for (const other of pair.rows) {
      if ((await namedOf(other)) === pair.personId) pair.namedBefore.add(other)
      if (await isCandidate(other, pair.personId)) pair.candidateBefore.add(other)
    }
  }
  const alone = tally()
  for (const pair of pairs) {
    const said = await watcher.rejections.add(name, pair.personId, probeOf(pair.row))
    await measure(alone, pair)
    await measureOwn(alone, pair.personId)
    await watcher.rejections.revoke(name, pair.personId, said.statement.id)
  }
  const together = tally()
  for (const { personId, row } of pairs) await watcher.rejections.add(name, personId, probeOf(row))
  for (const pair of pairs) await measure(together, pair)
  for (const personId of before.keys()) await measureOwn(together, personId)

  const toShares = (counts) =>
    Object.fromEntries(
      Object.entries(counts).map(([key, [held, of]]) => [key, { held, of, share: held / of }]),
    )
  const results = { alone: toShares(alone), together: toShares(together) }
  printTable(
    Object.entries(results).map(([rejections, shares]) => ({
      rejections,
      'rejected photograph': shares.rejected.share,
      "stranger's other photographs": shares.others.share,
      of: shares.others.of,
      'of those named before': shares.named.share,
      'of them': shares.named.of,
      'own photographs found': shares.own.share,
      own: shares.own.of,
    })),
  )
  const standardOut = `bench/results/rejections-${args.embedder}.json`
  writeResult(
    'rejections',
    { ...args, out: args.out ?? standardOut },
    {
      question:
        'does one rejection take the wrong name from a stranger, and leave the person their own photographs',
      embedder: args.embedder,
      threshold,
      fmr: Number(args.fmr),
      persons: people.length,
      faces: people.reduce((sum, { enrolled }) => sum + enrolled.length, 0),
      strangers: strangers.length,
      wrongPairs: wrong.length,
      pairs: pairs.length,
      results,
    },
  )
} finally {
  await watcher.close()
  await rm(dataDir, { recursive: true, force: true })
}
