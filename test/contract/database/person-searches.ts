import { beforeEach, describe, expect, it } from 'vitest'
import { isFaceError } from '../../../src/core/errors.ts'
import { createRandom } from '../../../src/platform/random.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import {
  type Person,
  type PersonListOptions,
  personSorts,
  sortOrders,
} from '../../../src/storage/ports/persons.ts'
import { sortValueOf } from '../../../src/storage/rules/person-lists.ts'
import { toQueryWords, toWords } from '../../../src/storage/rules/person-words.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readPages } from './fixture.ts'

/** Words that persons are made of: some begin alike, some are common, some are written without spaces. */
const words = [
  'Ann',
  'Anna',
  'Änne',
  'Bo',
  'Bob',
  'İda',
  'Kim',
  '山田',
  '田中',
  'Zoë',
  'Z',
  'ana-lu',
  'xu',
]
const queries = [
  'a',
  'an',
  'ann',
  'b',
  'bo an',
  'z',
  'z k',
  'k a b',
  '田',
  '山 a',
  'q',
  'ida',
  '%',
  'a 田 z',
]

/** Searches and lists of persons, compared with a filter over all of them, in every database. */
export function describePersonSearches(under: () => DatabaseUnderTest): void {
  describe('searches of persons', () => {
    let store: Database
    let collection: Collection

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store)
    })

    const pickFrom = (random: () => number) => {
      const below = (count: number) => Math.floor(random() * count)
      const pick = <T>(list: readonly T[]) => list[below(list.length)] as T
      const several = (count: number) => Array.from({ length: count }, () => pick(words))
      return { below, pick, several }
    }

    /** A third have a word in common, as have those who came last. */
    async function fill(count: number, random: () => number): Promise<Person[]> {
      const { below, several } = pickFrom(random)
      const other = await makeCollection(store, { name: 'other' })
      await store.persons.create(other.id, { name: 'Ann Bob Kim' })
      for (let i = 0; i < count; i++) {
        const name = several(1 + below(3)).join(' ')
        const aliases = [`all${below(3)}`, ...(i > 0.8 * count ? ['late'] : [])]
        const faces = Array.from({ length: below(3) }, (_, k) => makeFace(10 * i + k))
        const fields = { aliases, hidden: random() < 0.1, favourite: random() < 0.3 }
        const { id } = await store.persons.create(collection.id, { name, ...fields })
        if (faces.length > 0) await store.faces.add(collection.id, id, faces)
        const at = `2026-01-0${1 + below(9)}T00:00:00.000Z`
        if (random() < 0.5) await store.persons.seen(collection.id, [{ personId: id, at }])
      }
      const pages = await readPages((page) => store.persons.list(collection.id, page), 1000)
      return pages.flat()
    }

    it('are what a filter over all persons gives, in its order', async () => {
      const random = createRandom(5)
      const { below, pick } = pickFrom(random)
      const all = await fill(150, random)
      let found = 0
      for (let round = 0; round < 300; round++) {
        const options: PersonListOptions = {
          ...{ sort: pick(personSorts), order: pick(sortOrders) },
          ...(random() < 0.8 && { query: pick([...queries, 'all', 'all1', 'late', 'late a']) }),
          ...(random() < 0.2 && { hidden: random() < 0.7 }),
          ...(random() < 0.2 && { favourite: random() < 0.7 }),
          ...(random() < 0.2 && { faces: pick(['none', 'one'] as const) }),
          ...(random() < 0.2 && { changedSince: pick(all).updatedAt }),
          ...(random() < 0.1 && { exactName: pick(all).name }),
          ...(random() < 0.1 && { name: pick(['an', 'b', '田']) }),
        }
        const expected = filter(all, options).map(({ id }) => id)
        const list = (page: PersonListOptions) =>
          store.persons.list(collection.id, { ...options, ...page })
        const paged = await readPages(list, pick([1 + below(10), 200]))
        expect(
          paged.flat().map(({ id }) => id),
          JSON.stringify(options),
        ).toEqual(expected)
        found += expected.length
      }
      expect(found).toBeGreaterThan(1000)
    })

    it.each(personSorts.flatMap((sort) => sortOrders.map((order) => [sort, order] as const)))(
      'by %s, %s, miss and repeat nobody who stays, while persons come, go and change',
      async (sort, order) => {
        const random = createRandom(7)
        const { below, pick, several } = pickFrom(random)
        const before = await fill(40, random)
        const moved = new Set<string>()
        const seen: string[] = []
        const undoable: string[] = []
        const latest = async () =>
          (await store.history.list(collection.id, { limit: 1 })).items[0]?.id as string

        /** Whoever is touched may appear twice or not at all if that changes where they are. */
        async function disturb(): Promise<void> {
          const one = pick(before).id
          const isThere = await store.persons.get(collection.id, one).then(
            () => true,
            () => false,
          )
          switch (below(7)) {
            case 0:
              await store.persons.create(collection.id, { name: several(2).join(' ') })
              return
            case 1:
              if (!isThere) return
              await store.persons.delete(collection.id, one, { undoable: true })
              undoable.push(await latest())
              break
            case 2:
              if (!isThere) return
              await store.persons.update(collection.id, one, { name: several(2).join(' ') })
              undoable.push(await latest())
              if (sort === 'faceCount' || sort === 'created' || sort === 'lastSeen') return
              break
            case 3: {
              if (!isThere) return
              await store.faces.add(collection.id, one, [makeFace(5000 + below(1e6))])
              if (sort !== 'faceCount') return
              break
            }
            case 4: {
              if (!isThere) return
              const at = `2026-02-0${1 + below(9)}T00:00:00.000Z`
              await store.persons.seen(collection.id, [{ personId: one, at }])
              if (sort !== 'lastSeen') return
              break
            }
            default: {
              const entry = undoable.pop()
              if (entry === undefined) return
              const { personIds } = await store.history.get(collection.id, entry)
              // What it needs may not be there any more.
              await store.history.undo(collection.id, entry, { undoable: true }).catch(allowRefusal)
              for (const personId of personIds) moved.add(personId)
              return
            }
          }
          moved.add(one)
        }

        let cursor: string | undefined
        do {
          const page = await store.persons.list(collection.id, {
            ...{ sort, order, limit: 3 },
            ...(cursor === undefined ? {} : { cursor }),
          })
          seen.push(...page.items.map(({ id }) => id))
          cursor = page.nextCursor
          for (let i = 0; i < 2; i++) await disturb()
        } while (cursor !== undefined && seen.length < 500)
        expect(moved.size).toBeGreaterThan(2)
        for (const { id } of before) {
          if (!moved.has(id)) expect(seen.filter((one) => one === id)).toHaveLength(1)
        }
        const untouched = seen.filter((id) => !moved.has(id))
        expect(new Set(untouched).size).toBe(untouched.length)
      },
    )
  })
}

function allowRefusal(error: unknown): void {
  if (!isFaceError(error, 'undoRefused')) throw error
}

/** What a list gives, by reading all. */
function filter(all: readonly Person[], options: PersonListOptions): readonly Person[] {
  const { query = '', sort = 'created', order = 'asc', hidden, favourite, faces } = options
  const wanted = toQueryWords(query)
  const passing = all.filter((person) => {
    const own = toWords([person.name, ...person.aliases])
    return (
      wanted.every((word) => own.some((one) => one.startsWith(word))) &&
      (hidden === undefined || person.hidden === hidden) &&
      (favourite === undefined || person.favourite === favourite) &&
      (faces === undefined || person.faceCount === (faces === 'none' ? 0 : 1)) &&
      person.updatedAt >= (options.changedSince ?? '') &&
      person.name.toLowerCase().includes(options.name ?? '') &&
      person.name === (options.exactName ?? person.name)
    )
  })
  const isBefore = (a: Person, b: Person): boolean => {
    const [x, y] = [sortValueOf(a, sort), sortValueOf(b, sort)]
    return x < y || (x === y && a.id < b.id)
  }
  passing.sort((a, b) => (isBefore(a, b) ? -1 : 1))
  return order === 'asc' ? passing : passing.reverse()
}
