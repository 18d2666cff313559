import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import {
  type NewPerson,
  type Person,
  type PersonListOptions,
  personSorts,
  sortOrders,
} from '../../../src/storage/ports/persons.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readPages } from './fixture.ts'

/** How the port `persons` lists and searches in every database. */
export function describePersonLists(under: () => DatabaseUnderTest): void {
  describe('lists of persons', () => {
    let store: Database
    let collection: Collection

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store)
    })

    const make = (name: string, fields: Partial<NewPerson> = {}): Promise<Person> =>
      store.persons.create(collection.id, { name, ...fields })

    const names = async (options: PersonListOptions): Promise<readonly string[]> =>
      (await store.persons.list(collection.id, options)).items.map(({ name }) => name)

    it('finds persons by the beginnings of words of names and aliases', async () => {
      await make('İstanbul Kaya', { aliases: ['Konstantin Opel'] })
      await make('Ann Smith-Jones')
      await make('山田太郎')
      const other = await makeCollection(store, { name: 'other' })
      await store.persons.create(other.id, { name: 'Ann Smith' })
      expect(await names({ query: 'istanbul' })).toEqual(['İstanbul Kaya'])
      expect(await names({ query: 'ISTAN' })).toEqual(['İstanbul Kaya'])
      expect(await names({ query: 'kaya kon' })).toEqual(['İstanbul Kaya'])
      expect(await names({ query: 'jon ANN' })).toEqual(['Ann Smith-Jones'])
      expect(await names({ query: '太' })).toEqual(['山田太郎'])
      expect(await names({ query: 'mith' })).toEqual([])
      expect(await names({ query: 'ann kaya' })).toEqual([])
      // A range would be met by two words, one before and one behind it.
      expect(await names({ query: 'm' })).toEqual([])
      expect(await names({ query: ' "% ' })).toHaveLength(3)
    })

    it('follows changes of names and aliases, and deletions', async () => {
      const ann = await make('Ann', { aliases: ['Bea'] })
      await store.persons.update(collection.id, ann.id, { name: 'Cid' })
      expect(await names({ query: 'ann' })).toEqual([])
      expect(await names({ query: 'bea' })).toEqual(['Cid'])
      await store.persons.update(collection.id, ann.id, { aliases: ['Dan'] })
      expect(await names({ query: 'bea' })).toEqual([])
      expect(await names({ query: 'dan cid' })).toEqual(['Cid'])
      await store.persons.delete(collection.id, ann.id)
      expect(await names({ query: 'dan' })).toEqual([])
    })

    it('filters', async () => {
      const ann = await make('Ann', { hidden: true, externalId: 'e1' })
      await make('Bob', { favourite: true })
      await store.faces.add(collection.id, { name: 'Cid' }, [makeFace(1)])
      await store.faces.add(collection.id, { name: 'Dan' }, [makeFace(2), makeFace(3)])
      expect(await names({ hidden: true })).toEqual(['Ann'])
      expect(await names({ hidden: false })).toEqual(['Bob', 'Cid', 'Dan'])
      expect(await names({ favourite: true })).toEqual(['Bob'])
      expect(await names({ favourite: false, hidden: false })).toEqual(['Cid', 'Dan'])
      expect(await names({ faces: 'none' })).toEqual(['Ann', 'Bob'])
      expect(await names({ faces: 'one' })).toEqual(['Cid'])
      expect(await names({ externalId: ' e1' })).toEqual(['Ann'])
      expect(await names({ externalId: 'e1\0' })).toEqual([])
      expect(await names({ query: 'a', faces: 'one' })).toEqual([])
      await new Promise((resolve) => setTimeout(resolve, 5))
      const changed = await store.persons.update(collection.id, ann.id, { notes: 'x' })
      expect(await names({ changedSince: changed.updatedAt })).toEqual(['Ann'])
      expect(await names({ changedSince: '2001-01-01' })).toHaveLength(4)
    })

    it.each(personSorts.flatMap((sort) => sortOrders.map((order) => [sort, order] as const)))(
      'sorts by %s, %s, and goes on where a page ended while persons come and go',
      async (sort, order) => {
        const given = ['Zoë', 'ann', 'Álvaro', 'Bob', 'bob', 'Øyvind', 'Cid', 'dan']
        const persons: Person[] = []
        for (const [i, name] of given.entries()) {
          const { person } = await store.faces.add(
            collection.id,
            { name },
            Array.from({ length: i % 3 }, (_, k) => makeFace(10 * i + k)),
          )
          persons.push(person)
        }
        await store.persons.seen(
          collection.id,
          persons.slice(0, 5).map(({ id: personId }, i) => ({
            personId,
            at: `2026-01-0${1 + ((i * 2) % 3)}T00:00:00.000Z`,
          })),
        )
        const expected = await Promise.all(
          persons.map(({ id }) => store.persons.get(collection.id, id)),
        )
        const keyOf: Record<typeof sort, (person: Person) => string | number> = {
          created: ({ id }) => id,
          name: ({ name }) =>
            name
              .normalize('NFD')
              .toLowerCase()
              .replace(/\u0301|\u0308/g, '')
              .replace('ø', 'o'),
          faceCount: ({ faceCount }) => faceCount,
          lastSeen: ({ lastSeenAt = '' }) => lastSeenAt,
          updated: ({ updatedAt }) => updatedAt,
        }
        const key = keyOf[sort]
        const isBefore = (a: Person, b: Person) =>
          key(a) < key(b) || (key(a) === key(b) && a.id < b.id) ? -1 : 1
        expected.sort((a, b) => (order === 'asc' ? isBefore(a, b) : isBefore(b, a)))
        const list = (page: PersonListOptions) =>
          store.persons.list(collection.id, { ...page, sort, order })
        expect((await list({})).items).toEqual(expected)
        for (const limit of [1, 3]) {
          expect((await readPages(list, limit)).flat()).toEqual(expected)
        }
        const first = await list({ limit: 3 })
        await store.persons.delete(collection.id, expected[2]!.id)
        await store.persons.delete(collection.id, expected[1]!.id)
        await store.persons.delete(collection.id, expected[4]!.id)
        const rest = await list({ cursor: first.nextCursor! })
        expect(rest.items).toEqual([expected[3], ...expected.slice(5)])
      },
    )

    it('searches in every order, in pages', async () => {
      for (let i = 0; i < 30; i++) await make(`Ann ${i % 7} P${i}`, { aliases: [`Kim ${i}`] })
      for (const query of ['ann', 'kim p2', 'ann 3', 'ki 1']) {
        const all = await names({ query, limit: 1000 })
        for (const sort of personSorts) {
          const list = (page: PersonListOptions) =>
            store.persons.list(collection.id, { ...page, query, sort, order: 'desc' })
          const paged = (await readPages(list, 4)).flat().map(({ name }) => name)
          expect([...paged].sort()).toEqual([...all].sort())
        }
      }
      expect(await names({ query: 'ann 3' })).toHaveLength(4 + 0)
    })

    it('refuses options and cursors that it does not know', async () => {
      await make('Ann')
      await make('Bob')
      const { nextCursor: byName } = await store.persons.list(collection.id, {
        ...{ sort: 'name', limit: 1 },
      })
      const { nextCursor: byId } = await store.persons.list(collection.id, { limit: 1 })
      const refuse = (options: object, code: 'invalidOption' | 'invalidCursor') =>
        expectCode(store.persons.list(collection.id, options as PersonListOptions), code)
      await refuse({ sort: 'age' }, 'invalidOption')
      await refuse({ order: 'up' }, 'invalidOption')
      await refuse({ faces: 'two' }, 'invalidOption')
      await refuse({ changedSince: 'soon' }, 'invalidOption')
      await refuse({ query: 'x'.repeat(401) }, 'invalidOption')
      await refuse({ cursor: byName }, 'invalidCursor')
      await refuse({ cursor: byId, sort: 'name' }, 'invalidCursor')
      await refuse({ cursor: byName, sort: 'name', order: 'desc' }, 'invalidCursor')
      await refuse({ cursor: byName, sort: 'updated' }, 'invalidCursor')
      const forged = (value: unknown) =>
        Buffer.from(JSON.stringify(['name', 'asc', value, '01ARZ3NDEKTSV4RRFFQ69G5FAV'])).toString(
          'base64url',
        )
      for (const value of [7, null, { $gt: '' }, 'a\0']) {
        await refuse({ cursor: forged(value), sort: 'name' }, 'invalidCursor')
      }
      expect(await names({ cursor: forged('b'), sort: 'name' })).toEqual(['Bob'])
    })
  })
}
