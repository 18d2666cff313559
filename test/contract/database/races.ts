import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isFaceError } from '../../../src/core/errors.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import type { NewPerson } from '../../../src/storage/ports/persons.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, withoutEntry } from './fixture.ts'

const policy = { maxFpir: 0.01, possibleFpir: 0.1 }

/** What looks and then acts, by calls at once of two processes, on every gallery store. */
export function describeDatabaseRaces(
  name: string,
  createFixture: () => Promise<DatabaseFixture>,
): void {
  describe(`gallery store, calls at once: ${name}`, () => {
    let fixture: DatabaseFixture
    let one: Database
    let two: Database
    let collection: Collection

    beforeEach(async () => {
      fixture = await createFixture()
      one = await fixture.open()
      two = await fixture.open()
      collection = await makeCollection(one)
    })

    afterEach(() => fixture.dispose())

    const both = <T>(count: number, call: (store: Database, index: number) => Promise<T>) =>
      Promise.all(Array.from({ length: count }, (_, i) => call(i % 2 === 0 ? one : two, i)))

    const reuse = (name: string): NewPerson => ({ name, ifExists: 'reuse' })

    it('makes one person of a name that is reused, however many calls ask for it', async () => {
      const names = ['Ann', 'Bob', 'Zo\u00eb']
      const enrolled = await both(24, (store, i) => {
        // Accents may come decomposed, as some file systems write them.
        const name = names[i % 3]!
        const given = i % 2 === 0 ? name : ` ${name.normalize('NFD')} `
        return store.faces.add(collection.id, reuse(given), [makeFace(i)])
      })
      const { items } = await one.persons.list(collection.id)
      expect(items.map(({ name, faceCount }) => [name, faceCount]).sort()).toEqual(
        names.map((name) => [name, 8]),
      )
      expect(enrolled.filter(({ newPerson }) => newPerson)).toHaveLength(3)
      expect(await two.collections.counts(collection.id)).toEqual({ persons: 3, faces: 24 })
    })

    it('makes one person without a face of a name that is reused', async () => {
      const made = await both(12, (store) => store.persons.create(collection.id, reuse('Ann')))
      expect(new Set(made.map(({ id }) => id)).size).toBe(1)
      expect(await one.collections.counts(collection.id)).toEqual({ persons: 1, faces: 0 })
    })

    it('stores one face of an image that is enrolled twice', async () => {
      const enrolled = await both(6, (store) =>
        store.faces.add(collection.id, reuse('Ann'), [makeFace(1)]),
      )
      expect(enrolled.filter(({ faces: [face] }) => face?.alreadyEnrolled === false)).toHaveLength(
        1,
      )
      expect(await one.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
    })

    it('removes all faces of a person whose deletions come at once', async () => {
      const given = Array.from({ length: 40 }, (_, i) => makeFace(i))
      await one.faces.add(collection.id, { name: 'Ann' }, given)
      const { items } = await one.faces.list(collection.id, { limit: 100 })
      await Promise.all(items.map(({ id }) => one.faces.delete(collection.id, id)))
      expect(await two.persons.list(collection.id)).toMatchObject({ items: [{ faceCount: 0 }] })
      expect(await two.collections.counts(collection.id)).toEqual({ persons: 1, faces: 0 })
    })

    it('makes one person of a name that may not be there, and refuses the others', async () => {
      const ann = (i: number): NewPerson => ({
        name: i % 3 === 0 ? 'Ann' : ' Ann ',
        ifExists: 'refuse',
      })
      const outcomes = await Promise.allSettled(
        Array.from({ length: 12 }, (_, i) => {
          const store = i % 2 === 0 ? one : two
          if (i % 4 < 2) return store.persons.create(collection.id, ann(i))
          return store.faces.add(collection.id, ann(i), [makeFace(i)])
        }),
      )
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
      const { items } = await one.persons.list(collection.id)
      expect(items).toHaveLength(1)
      expect(failed).toHaveLength(11)
      for (const { reason } of failed) {
        expect(reason).toMatchObject({ code: 'personExists', info: { personIds: [items[0]!.id] } })
      }
    })

    it('goes on to make persons of one name for those who ask for that', async () => {
      await both(4, (store) => store.persons.create(collection.id, { name: 'Ann' }))
      const ids = (await one.persons.list(collection.id)).items.map(({ id }) => id)
      expect(ids).toHaveLength(4)
      await expect(one.faces.add(collection.id, reuse('Ann'), [makeFace(1)])).rejects.toMatchObject(
        {
          code: 'invalidOption',
          info: { personIds: ids.slice(0, 2) },
        },
      )
      const first = { name: 'Ann', ifExists: 'reuse', onAmbiguous: 'first' } as const
      expect((await two.persons.create(collection.id, first)).id).toBe(ids[0])
      expect(await one.collections.counts(collection.id)).toEqual({ persons: 4, faces: 0 })
      const another = { ...first, onAmbiguous: 'new' } as const
      const made = await two.persons.create(collection.id, another)
      expect(ids).not.toContain(made.id)
    })

    it('gives an external id to one of those who want it at once', async () => {
      const made = await both(8, (store, i) =>
        store.persons
          .create(collection.id, { name: `P${i}`, externalId: '17' })
          .catch((error: unknown) => {
            if (isFaceError(error, 'externalIdTaken')) return undefined
            throw error
          }),
      )
      const [winner] = made.filter((person) => person !== undefined)
      const { items } = await one.persons.list(collection.id)
      expect(items).toEqual([winner])
    })

    it('makes one person of an external id, whatever the names', async () => {
      const made = await both(8, (store, i) =>
        store.persons.create(collection.id, { ...reuse(`P${i}`), externalId: '17' }),
      )
      expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    })

    it('lets one of those who change a person at once win', async () => {
      const { id, revision } = await one.persons.create(collection.id, { name: 'Ann' })
      const outcomes = await both(8, (store, i) =>
        store.persons
          .update(collection.id, id, { name: `P${i}` }, { ifRevision: revision })
          .catch((error: unknown) => {
            if (isFaceError(error, 'revisionMismatch')) return undefined
            throw error
          }),
      )
      const winners = outcomes.flatMap((changed) => (changed ? [withoutEntry(changed)] : []))
      expect(winners).toEqual([await two.persons.get(collection.id, id)])
      expect(winners[0]?.revision).toBe(revision + 1)
    })

    it('follows a person that is renamed or deleted', async () => {
      const { id } = await one.persons.create(collection.id, reuse('Ann'))
      await two.persons.update(collection.id, id, { name: 'Bea' })
      expect((await one.persons.create(collection.id, reuse('Bea'))).id).toBe(id)
      const ann = await one.persons.create(collection.id, reuse('Ann'))
      expect(ann.id).not.toBe(id)
      await two.persons.delete(collection.id, ann.id)
      const again = await one.faces.add(collection.id, reuse('Ann'), [makeFace(1)])
      expect(again).toMatchObject({ newPerson: true, person: { faceCount: 1 } })
    })

    it('reuses nobody of another collection', async () => {
      const other = await makeCollection(one, { name: 'other' })
      await one.persons.create(other.id, { name: 'Ann' })
      const made = await one.faces.add(collection.id, reuse('Ann'), [makeFace(1)])
      expect(made.newPerson).toBe(true)
    })

    it('makes a collection once', async () => {
      const made = await both(8, (store) =>
        makeCollection(store, { name: 'new' }).catch((error: unknown) => {
          if (isFaceError(error, 'collectionExists')) return undefined
          throw error
        }),
      )
      expect(made.filter((it) => it !== undefined)).toHaveLength(1)
    })

    it('changes a collection only when it is still the one that was read', async () => {
      const asked = { policy: { ...policy, threshold: 0.5 } }
      const changed = await one.collections.update(collection, asked)
      expect(changed).toMatchObject(asked)
      const late = { policy, storeCrops: true }
      expect(await two.collections.update(collection, late)).toBeUndefined()
      expect(await two.collections.get('default')).toEqual(changed)
      expect(await two.collections.update(changed!, late)).toMatchObject(late)
    })

    it('lets one of those who change a policy at once win', async () => {
      const asked = Array.from({ length: 8 }, (_, i) => ({ ...policy, threshold: i / 10 }))
      const answers = await both(8, (store, i) =>
        store.collections.update(collection, { policy: asked[i]! }),
      )
      const winners = answers.filter((answer) => answer !== undefined)
      expect(winners).toEqual([await one.collections.get('default')])
    })

    it('gives one of two collections a name that both want at once', async () => {
      const made = await both(8, (store, i) => makeCollection(store, { name: `c${i}` }))
      const renamed = await both(8, (store, i) =>
        store.collections.update(made[i]!, { name: 'wanted' }).catch((error: unknown) => {
          if (isFaceError(error, 'collectionExists')) return undefined
          throw error
        }),
      )
      const winners = renamed.filter((it) => it !== undefined)
      expect(winners).toEqual([await one.collections.get('wanted')])
    })

    it('removes a collection only while nobody is in it, and loses nobody', async () => {
      for (let round = 0; round < 8; round++) {
        const name = `c${round}`
        const { id } = await makeCollection(one, { name })
        const [removed, enrolled] = await Promise.allSettled([
          one.collections.delete(name, id),
          two.faces.add(id, { name: 'Ann' }, [makeFace(round)]),
        ])
        // Either it is gone and nobody was enrolled, or it stays with who was.
        expect([removed.status, enrolled.status].sort()).toEqual(['fulfilled', 'rejected'])
        const faces = enrolled.status === 'fulfilled' ? 1 : 0
        expect(await one.collections.counts(id)).toEqual({ persons: faces, faces })
      }
      const namesake = await makeCollection(one, { name: 'namesake' })
      await expect(one.collections.delete('namesake', collection.id)).rejects.toMatchObject({
        code: 'collectionExists',
      })
      await one.collections.delete('namesake', namesake.id)
    })

    it('counts all collections together', async () => {
      expect(await one.collections.totals()).toEqual({ collections: 1, persons: 0, faces: 0 })
      const other = await makeCollection(one, { name: 'other' })
      await one.faces.add(collection.id, { name: 'Ann' }, [makeFace(1), makeFace(2)])
      await one.faces.add(other.id, { name: 'Bob' }, [makeFace(3)])
      expect(await two.collections.totals()).toEqual({ collections: 2, persons: 2, faces: 3 })
      await two.collections.delete('other')
      expect(await one.collections.totals()).toEqual({ collections: 1, persons: 1, faces: 2 })
    })
  })
}
