import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readFeed, readPages, unknownId } from './fixture.ts'

/** What the port `collections` does in every database. */
export function describeCollections(under: () => DatabaseUnderTest): void {
  describe('collections', () => {
    let store: Database

    beforeEach(() => {
      store = under().store
    })

    it('stores a collection and answers it by name', async () => {
      const created = await makeCollection(store, {
        policy: { maxFpir: 0.02, possibleFpir: 0.2, threshold: 0.5 },
        storeCrops: true,
      })
      expect(created).toMatchObject({
        name: 'default',
        modelId: 'test-model',
        dimension: 8,
        policy: { maxFpir: 0.02, possibleFpir: 0.2, threshold: 0.5 },
        storeCrops: true,
      })
      expect(created.id).toMatch(/^[0-9A-Z]{26}$/)
      expect(new Date(created.createdAt).toISOString()).toBe(created.createdAt)
      expect(await store.collections.get('default')).toEqual(created)
      expect(await store.collections.counts(created.id)).toEqual({ persons: 0, faces: 0 })
    })

    it('refuses a name twice and names that do not fit an address', async () => {
      await makeCollection(store)
      await expectCode(makeCollection(store), 'collectionExists')
      for (const bad of ['', 'Ann', '-a', 'a b', '../a', 'a\0b', 'ä', 'a'.repeat(65)]) {
        await expectCode(makeCollection(store, { name: bad }), 'invalidName')
      }
    })

    it('lists collections in pages', async () => {
      for (let i = 0; i < 5; i++) await makeCollection(store, { name: `c${i}` })
      const pages = await readPages((page) => store.collections.list(page), 2)
      expect(pages.map((page) => page.map((item) => item.name))).toEqual([
        ['c0', 'c1'],
        ['c2', 'c3'],
        ['c4'],
      ])
    })

    it('updates policy and crops, each alone', async () => {
      const before = await makeCollection(store)
      const policy = { maxFpir: 0.001, possibleFpir: 0.05 }
      const decided = await store.collections.update(before, { policy })
      expect(decided).toEqual({ ...before, policy })
      const cropped = await store.collections.update(decided!, { storeCrops: true })
      expect(cropped).toEqual({ ...before, policy, storeCrops: true })
      expect(await store.collections.get('default')).toEqual(cropped)
    })

    it('updates quality gates, and has none when there are none', async () => {
      const before = await makeCollection(store)
      expect(before).not.toHaveProperty('qualityGates')
      const qualityGates = { minSizePx: 80, maxYawDegrees: 'off' } as const
      const strict = await store.collections.update(before, { qualityGates })
      expect(strict).toEqual({ ...before, qualityGates })
      expect((await store.collections.list()).items).toEqual([strict])
      expect(await store.collections.update(strict!, { qualityGates: {} })).toEqual(before)
      const made = await makeCollection(store, { name: 'strict', qualityGates })
      expect(made.qualityGates).toEqual(qualityGates)
    })

    it('renames a collection, whose id, persons and faces stay', async () => {
      const before = await makeCollection(store)
      const { person } = await store.faces.add(before.id, { name: 'Ann' }, [makeFace(1)])
      const cursor = await store.feed.latestCursor()
      const renamed = await store.collections.update(before, { name: 'staff' })
      expect(renamed).toEqual({ ...before, name: 'staff' })
      expect(await store.collections.get('staff')).toEqual(renamed)
      await expectCode(store.collections.get('default'), 'collectionNotFound')
      expect(await store.persons.get(before.id, person.id)).toEqual(person)
      expect(await store.feed.latestCursor()).toBe(cursor)
      // The name before is free.
      expect((await makeCollection(store)).id).not.toBe(before.id)
    })

    it('gives no collection the name of another, or one that is none', async () => {
      const one = await makeCollection(store, { name: 'one' })
      const two = await makeCollection(store, { name: 'two' })
      await expectCode(store.collections.update(one, { name: 'two' }), 'collectionExists')
      await expectCode(store.collections.update(one, { name: 'No' }), 'invalidName')
      expect(await store.collections.update(one, { name: 'one' })).toEqual(one)
      expect((await store.collections.list()).items).toEqual([one, two])
    })

    it('changes nothing of a collection that is another by now', async () => {
      const before = await makeCollection(store)
      const changed = await store.collections.update(before, { storeCrops: !before.storeCrops })
      expect(await store.collections.update(before, { name: 'staff' })).toBeUndefined()
      expect(await store.collections.get('default')).toEqual(changed)
      await store.collections.delete('default')
      expect(await store.collections.update(changed!, { name: 'staff' })).toBeUndefined()
      expect((await store.collections.list()).items).toEqual([])
    })

    it('keeps nothing of the policy before', async () => {
      const byHand = { maxFpir: 0.01, possibleFpir: 0.1, threshold: 0.6, possibleThreshold: 0.5 }
      const before = await makeCollection(store, { policy: { ...byHand, galleryShift: true } })
      const policy = { maxFpir: 0.01, possibleFpir: 0.1 }
      await store.collections.update(before, { policy })
      expect((await store.collections.get('default')).policy).toEqual(policy)
    })

    it('knows nothing of a collection that is not there', async () => {
      await expectCode(store.collections.get('nobody'), 'collectionNotFound')
      await expectCode(store.collections.get('a\0b'), 'collectionNotFound')
      await expectCode(store.collections.delete('nobody'), 'collectionNotFound')
      await expectCode(store.persons.create(unknownId, { name: 'Ann' }), 'collectionNotFound')
      await expectCode(
        store.faces.add(unknownId, { name: 'Ann' }, [makeFace(1)]),
        'collectionNotFound',
      )
      expect(await store.collections.counts(unknownId)).toEqual({ persons: 0, faces: 0 })
      expect((await store.persons.list(unknownId)).items).toEqual([])
    })

    it('counts what all collections hold', async () => {
      expect(await store.collections.totals()).toEqual({ collections: 0, persons: 0, faces: 0 })
      const one = await makeCollection(store)
      const other = await makeCollection(store, { name: 'other' })
      await store.faces.add(one.id, { name: 'Ann' }, [makeFace(1), makeFace(2)])
      await store.persons.create(other.id, { name: 'Bob' })
      expect(await store.collections.totals()).toEqual({ collections: 2, persons: 2, faces: 2 })
      await store.collections.delete('default')
      expect(await store.collections.totals()).toEqual({ collections: 1, persons: 1, faces: 0 })
    })

    it('deletes a collection with everything in it, and its name is free for another', async () => {
      const collection = await makeCollection(store)
      const other = await makeCollection(store, { name: 'other' })
      const { person, faces } = await store.faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
      await store.faces.add(other.id, { name: 'Bob' }, [makeFace(2)])
      await store.collections.delete('default')
      await expectCode(store.collections.get('default'), 'collectionNotFound')
      await expectCode(store.persons.get(collection.id, person.id), 'personNotFound')
      await expectCode(store.faces.get(collection.id, faces[0]!.id), 'faceNotFound')
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
      expect(await store.collections.counts(other.id)).toEqual({ persons: 1, faces: 1 })
      expect((await makeCollection(store)).id).not.toBe(collection.id)
      expect((await readFeed(store)).at(-1)).toMatchObject({
        kind: 'collectionRemoved',
        collectionId: collection.id,
      })
    })
  })
}
