// How long does it take to find people by name, and to list them, in a collection of 100,000, and how
// much memory does it take? On the SQLite store, whose thread is part of this process.
//
//   npm run bench:persons -- [--persons 100000] [--rounds 5] [--quick] [--out FILE]
//
// A round asks every query once, in an order of its own: what people type (the beginning of a given
// name, of a family name, of both; one letter; nobody's name), and what makes a search work hardest
// (letters that thousands have and hardly anybody together, a word of everybody, fifty words, filters,
// persons who are all at the end of the order, pages far behind), in every order of the list.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { monotonicFactory } from 'ulid'
import { createRandom } from '../dist/platform/random.js'
import { createSqliteStore } from '../dist/storage/sqlite/sqlite-store.js'
import { median, printTable, rotate, time, toLatency, writeResult } from './measure.mjs'

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
const dimension = 8
const sorts = ['created', 'name', 'faceCount', 'lastSeen', 'updated']
const orders = ['asc', 'desc']
const everyOrder = sorts.flatMap((sort) => orders.map((order) => ({ sort, order })))
/** Kinds that are not searches by words, and are left out of their figure. */
const otherKinds = new Set(['list', 'filter', 'contained'])

const newId = monotonicFactory()
const random = createRandom(20)
const pick = (list) => list[Math.floor(random() * list.length)]
const several = (count, make) => Array.from({ length: count }, (_, i) => make(i))
const syllables =
  'ka lo mi ne ra su te vi zo an el is or un ba de fi go hu ja li mo pa re sa ti'.split(' ')
const word = (length) => several(length, () => pick(syllables)).join('')
const accented = (name) => name.replace('o', 'ö').replace('i', 'İ')
// Names of people are few and unequally common: a third have one of the 20 most common given names.
const givenNames = several(2000, (i) => accented(word(2 + (i % 2))))
const familyNames = several(20_000, (i) => word(2 + (i % 3)))
const characters = [
  ...'山田太郎佐藤鈴木高橋伊渡辺中村小林加吉美子明王李張劉陳楊黄趙周徐孫馬朱胡林郭何',
]
const pickUnequally = (list) => list[Math.floor(list.length * random() ** 3)]
const toName = () => `${pickUnequally(givenNames)} ${pickUnequally(familyNames)}`
const unspacedName = () => several(4, () => pickUnequally(characters)).join('')

const directory = mkdtempSync(join(tmpdir(), 'face-watcher-bench-'))
const file = join(directory, 'gallery.db')
const store = await createSqliteStore({ file })
try {
  const { id } = await store.collections.create({
    ...{ name: 'default', modelId: 'none', dimension, storeCrops: false },
    policy: { maxFpir: 0.01, possibleFpir: 0.1 },
  })
  const emptyMiB = residentMiB()
  const created = []
  for (let made = 0; made < persons; made += madeTogether) {
    const some = several(madeTogether, (i) => toPerson(made + i))
    const [ms] = await time(() => store.transfer.restorePersons(id, some))
    created.push(ms / madeTogether)
    await store.transfer.restoreFaces(
      id,
      some.flatMap((person, i) => several(faceCountOf(made + i), () => toFace(person.id))),
    )
    if ((made + madeTogether) % 20_000 === 0) console.error(`${made + madeTogether} persons`)
  }
  const filledMiB = residentMiB()

  const letters = [...'abklmszi']
  const deep = await findDeepCursors()
  const search = (kind, query, options = {}) => ({ kind, options: { ...options, query } })
  const inEveryOrder = (kind, query, options) =>
    everyOrder.map((order) => search(kind, query, { ...options, ...order }))
  const typed = [
    ...several(20, () => search('given name', pickUnequally(givenNames).slice(0, 3))),
    ...several(20, () => search('family name', pickUnequally(familyNames))),
    ...several(20, () => search('both', toName())),
    ...several(20, () => search('beginnings of both', toBeginnings(toName(), 2))),
    ...letters.map((letter) => search('one letter', letter)),
    ...several(10, () => search('part of an unspaced name', unspacedName().slice(0, 2))),
    ...several(5, () => search('nobody', `q${word(3)}`)),
  ].map(({ kind, options }, i) => ({ kind, options: { ...options, ...everyOrder[i % 10] } }))
  const hard = [
    ...inEveryOrder('two letters', 'k m'),
    ...inEveryOrder('two letters', 'a b'),
    ...inEveryOrder('two letters twice', 'ka mi'),
    ...inEveryOrder('two letters twice', 'an te'),
    ...inEveryOrder('many letters', 'a b d e f g h k'),
    ...inEveryOrder('everybody', 'membership'),
    ...inEveryOrder('everybody, and a letter', 'membership q'),
    ...inEveryOrder('everybody, filtered', 'membership', { hidden: true }),
    ...inEveryOrder('everybody, filtered', 'membership', { faces: 'none' }),
    ...inEveryOrder('letter, filtered', 'k', { favourite: true, faces: 'one' }),
    ...inEveryOrder('at the end of an order', 'latecomer'),
    ...inEveryOrder('at the end of an order', 'z'),
    ...inEveryOrder(
      'fifty words',
      several(50, (i) => `${letters[i % 8]}${syllables[i % 26]}`).join(' '),
    ),
    ...deep.map((options) => search('far behind', 'k', options)),
  ]
  const lists = everyOrder.map((options) => ({ kind: 'list', options }))
  const filters = [
    ...[{ faces: 'one' }, { faces: 'none' }, { hidden: true }, { hidden: false }],
    ...[{ favourite: true }, { changedSince: new Date().toISOString() }],
    { faces: 'one', hidden: false, favourite: false },
  ].flatMap((filter) =>
    everyOrder.map((order) => ({ kind: 'filter', options: { ...filter, ...order } })),
  )
  const contained = { kind: 'contained', options: { name: word(2) } }

  const measured = new Map()
  const note = (kind, ms, cpuMs) => {
    const { all, cpu } = measured.get(kind) ?? { all: [], cpu: [] }
    measured.set(kind, { all: [...all, ms], cpu: [...cpu, cpuMs] })
  }
  for (let round = 0; round <= rounds; round++) {
    const queries = [...typed, ...hard, ...lists, ...filters, contained]
    for (const { kind, options } of rotate(queries, round * 17)) {
      const [page, ms, cpuMs] = await measure(options)
      // The first round warms up.
      if (round === 0) continue
      note(kind, ms, cpuMs)
      if (!otherKinds.has(kind)) note('all searches', ms, cpuMs)
      if (page.nextCursor === undefined) continue
      const [, nextMs, nextCpuMs] = await measure({ ...options, cursor: page.nextCursor })
      note(`${kind}, next page`, nextMs, nextCpuMs)
    }
    console.error(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`)
  }
  const latencies = (times) =>
    Object.fromEntries([...measured].map(([kind, one]) => [kind, toLatency(one[times])]))
  printTable(
    Object.fromEntries(
      [...measured].map(([kind, { all, cpu }]) => [
        kind,
        {
          ...{ asked: all.length, ...toLatency(all), most: Math.max(...all) },
          'p95 of CPU': toLatency(cpu).p95,
        },
      ]),
    ),
  )
  const memoryMiB = { empty: emptyMiB, filled: filledMiB, asked: residentMiB(), peak: peakMiB() }
  console.log('MiB of memory:', memoryMiB, 'ms to make a person:', median(created))
  writeResult('persons', args, {
    question:
      'milliseconds of searches by words and of lists among many persons, on SQLite, and memory',
    ...{ persons, rounds, latenciesMs: latencies('all'), latenciesOfCpuMs: latencies('cpu') },
    ...{ createMs: median(created), memoryMiB },
    fileMiB: statSync(file).size / 2 ** 20,
  })

  /** @returns the page, and milliseconds of the clock and of all threads */
  async function measure(options) {
    const before = process.cpuUsage()
    const [ms, page] = await time(() => store.persons.list(id, options))
    const { user, system } = process.cpuUsage(before)
    return [page, ms, (user + system) / 1000]
  }

  /** Where the second half of each order begins. */
  async function findDeepCursors() {
    const found = []
    for (const order of everyOrder) {
      let cursor
      for (let passed = 0; passed < persons / 2; passed += 1000) {
        const options = { ...order, limit: 1000, ...(cursor === undefined ? {} : { cursor }) }
        cursor = (await store.persons.list(id, options)).nextCursor
      }
      found.push({ ...order, cursor })
    }
    return found
  }
} finally {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
}

/** Everybody has one word; the last fifth another one, which is at an end of three orders. */
function toPerson(number) {
  const now = new Date(number).toISOString()
  const isLate = number >= 0.8 * persons
  const aliases = [
    'Membership',
    ...(isLate ? ['Latecomer'] : []),
    ...(random() < 0.1 ? [word(3)] : []),
  ]
  return {
    ...{ id: newId(), name: random() < 0.1 ? unspacedName() : toName(), aliases },
    ...{ metadata: { team: word(2) }, hidden: random() < 0.02, favourite: random() < 0.05 },
    ...{ lastSeenAt: new Date(Math.floor((isLate ? 1.1 : random()) * 1e12)).toISOString() },
    ...{ revision: 1, createdAt: now, updatedAt: now },
  }
}

/** One of ten persons has no face, three have two, the others one. */
function faceCountOf(number) {
  return [0, 2, 2, 2][number % 10] ?? 1
}

function toFace(personId) {
  const embedding = new Float32Array(dimension)
  embedding[0] = 1
  const id = newId()
  return {
    ...{ id, personId, modelId: 'none', embedding, createdAt: new Date(0).toISOString() },
    ...{
      imageHash: id
        .toLowerCase()
        .padStart(64, '0')
        .replaceAll(/[^0-9a-f]/g, 'a'),
    },
  }
}

function toBeginnings(name, length) {
  return name
    .split(' ')
    .map((part) => part.slice(0, length))
    .join(' ')
}

function residentMiB() {
  return process.memoryUsage.rss() / 2 ** 20
}

function peakMiB() {
  return process.resourceUsage().maxRSS / 2 ** 10
}
