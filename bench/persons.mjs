// How long does it take to find people by name, and to list them, in a collection of 100,000, and how
// much memory does it take? On the SQLite store, whose thread is part of this process.
//
//   npm run bench:persons -- [--persons 100000] [--rounds 5] [--quick] [--out FILE]
//
// A round asks every query once, in an order of its own: what people type (the beginning of a given
// name, of a family name, of both; one letter; nobody's name), in every order of the list, first pages
// and later ones.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { monotonicFactory } from 'ulid'
import { createRandom } from '../dist/platform/random.js'
import { createSqliteStore } from '../dist/storage/sqlite/sqlite-store.js'
import { printTable, rotate, time, toLatency, writeResult } from './measure.mjs'

const { values: args } = parseArgs({
  options: {
    persons: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const persons = Number(args.persons ?? (args.quick ? 10_000 : 100_000))
const rounds = Number(args.rounds ?? (args.quick ? 2 : 5))
/** Persons made in one transaction. */
const madeTogether = 500
const sorts = ['created', 'name', 'faceCount', 'lastSeen', 'updated']
const orders = ['asc', 'desc']

const newId = monotonicFactory()
const random = createRandom(20)
const pick = (list) => list[Math.floor(random() * list.length)]
const syllables =
  'ka lo mi ne ra su te vi zo an el is or un ba de fi go hu ja li mo pa re sa ti'.split(' ')
const word = (length) => Array.from({ length }, () => pick(syllables)).join('')
const accented = (name) => name.replace('o', 'ö').replace('i', 'İ')
// Names of people are few and unequally common: a third have one of the 20 most common given names.
const givenNames = Array.from({ length: 2000 }, (_, i) => accented(word(2 + (i % 2))))
const familyNames = Array.from({ length: 20_000 }, (_, i) => word(2 + (i % 3)))
const pickUnequally = (list) => list[Math.floor(list.length * random() ** 3)]
const toName = () => `${pickUnequally(givenNames)} ${pickUnequally(familyNames)}`

const directory = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
const file = join(directory, 'gallery.db')
const store = await createSqliteStore({ file })
try {
  const { id } = await store.collections.create({
    ...{ name: 'default', modelId: 'none', dimension: 8, storeCrops: false },
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
  })
  const emptyMiB = residentMiB()
  const begun = performance.now()
  for (let made = 0; made < persons; made += madeTogether) {
    const now = new Date(made).toISOString()
    await store.transfer.restorePersons(
      id,
      Array.from({ length: madeTogether }, () => ({
        ...{ id: newId(), name: toName(), aliases: random() < 0.1 ? [word(3)] : [] },
        ...{ metadata: { team: word(2) }, hidden: false, favourite: false, revision: 1 },
        ...{ lastSeenAt: new Date(Math.floor(random() * 1e12)).toISOString() },
        ...{ createdAt: now, updatedAt: now },
      })),
    )
  }
  const madeMs = performance.now() - begun
  const filledMiB = residentMiB()

  const queries = [
    ...Array.from({ length: 20 }, () => ['given name', pickUnequally(givenNames).slice(0, 3)]),
    ...Array.from({ length: 20 }, () => ['family name', pickUnequally(familyNames)]),
    ...Array.from({ length: 20 }, () => ['both', toName()]),
    ...Array.from({ length: 10 }, () => [
      'beginnings of both',
      toName()
        .split(' ')
        .map((part) => part.slice(0, 2))
        .join(' '),
    ]),
    ...[...'abklmszi'].map((letter) => ['one letter', letter]),
    ...Array.from({ length: 5 }, () => ['nobody', `q${word(3)}`]),
  ].map(([kind, query], i) => ({
    kind,
    options: { query, sort: sorts[i % sorts.length], order: orders[i % 2] },
  }))
  const lists = sorts.flatMap((sort) =>
    orders.map((order) => ({ kind: 'list', options: { sort, order } })),
  )
  const filters = [
    { faces: 'one' },
    { hidden: true },
    { favourite: true },
    { changedSince: new Date().toISOString() },
    { name: word(2) },
  ].map((options) => ({ kind: 'name' in options ? 'contained' : 'filter', options }))

  const times = new Map()
  const note = (kind, ms) => times.set(kind, [...(times.get(kind) ?? []), ms])
  for (let round = 0; round <= rounds; round++) {
    for (const { kind, options } of rotate([...queries, ...lists, ...filters], round * 17)) {
      const [ms, page] = await time(() => store.persons.list(id, options))
      // The first round warms up.
      if (round === 0) continue
      note(kind, ms)
      if (kind !== 'contained' && kind !== 'filter' && kind !== 'list') note('all searches', ms)
      if (page.nextCursor === undefined) continue
      const [nextMs] = await time(() =>
        store.persons.list(id, { ...options, cursor: page.nextCursor }),
      )
      note(`${kind}, next page`, nextMs)
    }
  }
  const latencies = Object.fromEntries([...times].map(([kind, all]) => [kind, toLatency(all)]))
  printTable(
    Object.fromEntries(
      Object.entries(latencies).map(([kind, latency]) => [
        kind,
        { asked: times.get(kind).length, ...latency },
      ]),
    ),
  )
  const memoryMiB = { empty: emptyMiB, filled: filledMiB, asked: residentMiB() }
  console.log(memoryMiB)
  writeResult('persons', args, {
    question:
      'milliseconds of searches by words and of lists among many persons, on SQLite, and memory',
    ...{ persons, rounds, latenciesMs: latencies, createMs: madeMs / persons, memoryMiB },
    fileMiB: statSync(file).size / 2 ** 20,
  })
} finally {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
}

function residentMiB() {
  return process.memoryUsage.rss() / 2 ** 20
}
