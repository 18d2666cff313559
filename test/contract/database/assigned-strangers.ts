import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import { makeCollection, makeEmbedding, makeFace } from '../../helpers/faces.ts'
import type { DatabaseUnderTest } from './fixture.ts'

const undoable = { undoable: true }

/** How strangers that are persons follow what becomes of these, in every database. */
export function describeAssignedStrangers(under: () => DatabaseUnderTest): void {
  describe('strangers that are persons', () => {
    let store: Database
    let collection: Collection
    let seen = 0

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store)
    })

    const enrol = async (name: string, seeds: readonly number[]) => {
      const faces = seeds.map((seed) => makeFace(seed))
      const added = await store.faces.add(collection.id, { name }, faces)
      return { id: added.person.id, faces: added.faces.map(({ id }) => id) }
    }

    /** A stranger of one sighting that is assigned; answers its id. */
    async function assign(personId: string, anchorId: string): Promise<string> {
      seen++
      const id = `01ARZ3NDEKTSV4RRFFQ69${String(seen).padStart(5, '0')}`
      const embedding = makeEmbedding(seen)
      const sighting = { modelId: 'test-model', seenAt: new Date(seen).toISOString(), embedding }
      const [sightingId] = await store.strangers.record(collection.id, [sighting])
      const holder = 'node-1'
      const revision = await store.strangers.claim(collection.id, { holder, leaseMs: 60_000 })
      const placement = {
        ...{ set: collection, joined: [] },
        placed: [{ sightingId: sightingId!, strangerId: id }],
        strangers: [{ id, count: 1, sum: embedding, memberIds: [sightingId!] }],
      }
      await store.strangers.place({ holder, revision: revision! }, placement)
      await store.strangers.assign(collection.id, id, { personId, anchorId })
      return id
    }

    const whose = (ids: readonly string[]) =>
      Promise.all(
        ids.map(async (id) => (await store.strangers.get(collection.id, id)).personId ?? 'nobody'),
      )
    const seenOf = async (personId: string) =>
      (await store.strangers.sightings(collection.id, { personId })).items.length
    const undo = (entryId: string) => store.history.undo(collection.id, entryId, undoable)

    it('are the survivor of a merge, whatever they were assigned with, until it is undone', async () => {
      const into = await enrol('Ann', [1, 2])
      // One of the photographs is the survivor's, too.
      const from = await enrol('Anna', [1, 3, 4])
      const [same, moved, deleted] = from.faces as [string, string, string]
      const ids: string[] = []
      for (const anchorId of [same, moved, deleted, from.id]) {
        ids.push(await assign(from.id, anchorId))
      }
      await store.faces.delete(collection.id, deleted, undoable)
      const own = await assign(into.id, into.faces[0]!)
      const all = (personId: string) => ids.map(() => personId)

      const input = { into: into.id, from: [from.id] }
      let { entryId } = await store.persons.merge(collection.id, input, undoable)
      for (let round = 0; round < 2; round++) {
        expect(await whose(ids)).toEqual(all(into.id))
        expect([await seenOf(into.id), await seenOf(from.id)]).toEqual([5, 0])
        ;({ id: entryId } = await undo(entryId))
        expect(await whose(ids)).toEqual(all(from.id))
        expect([await seenOf(into.id), await seenOf(from.id)]).toEqual([1, 4])
        ;({ id: entryId } = await undo(entryId))
      }
      expect(await whose([...ids, own])).toEqual([...all(into.id), into.id])
      const entry = await store.history.get(collection.id, entryId)
      expect(entry).not.toHaveProperty('strangers')
      expect((await store.history.list(collection.id)).items[0]).not.toHaveProperty('strangers')
    })

    it('stay with the survivor when somebody has said again who they are', async () => {
      const [into, from] = [await enrol('Ann', [1]), await enrol('Anna', [2])]
      const id = await assign(from.id, from.id)
      const input = { into: into.id, from: [from.id] }
      const { entryId } = await store.persons.merge(collection.id, input, undoable)
      await store.strangers.unassign(collection.id, id)
      await store.strangers.assign(collection.id, id, { personId: into.id, anchorId: into.id })
      await undo(entryId)
      expect(await whose([id])).toEqual([into.id])
    })

    it('are not erased with persons who are merged for good', async () => {
      const [into, from] = [await enrol('Ann', [1]), await enrol('Anna', [1, 2])]
      const ids = [await assign(from.id, from.faces[0]!), await assign(from.id, from.id)]
      await store.persons.merge(collection.id, { into: into.id, from: [from.id] })
      expect(await whose(ids)).toEqual([into.id, into.id])
      expect(await seenOf(into.id)).toBe(2)
    })

    it('follow the face that they were assigned with, and no other', async () => {
      const [ann, bob] = [await enrol('Ann', [1, 2, 3]), await enrol('Bob', [4])]
      const [first, second, third] = ann.faces as [string, string, string]
      const ids = [await assign(ann.id, first), await assign(ann.id, ann.id)]
      await store.faces.move(collection.id, [second], bob.id)
      expect(await whose(ids)).toEqual([ann.id, ann.id])
      const { entryId } = await store.faces.move(collection.id, [first], bob.id)
      expect(await whose(ids)).toEqual([bob.id, ann.id])
      const { id } = await undo(entryId!)
      expect(await whose(ids)).toEqual([ann.id, ann.id])
      await undo(id)
      expect(await whose(ids)).toEqual([bob.id, ann.id])
      // Also one that is assigned with a face which has moved meanwhile.
      await store.faces.move(collection.id, [third], bob.id)
      expect(await whose([await assign(ann.id, third)])).toEqual([bob.id])
    })

    it('are shown again when who they are is undone behind a merge that was undone', async () => {
      const into = await enrol('Ann', [1])
      const from = await enrol('Anna', [2])
      const [enrolment] = (await store.history.list(collection.id)).items
      const ids = [await assign(from.id, from.faces[0]!), await assign(from.id, from.id)]
      const input = { into: into.id, from: [from.id] }
      const { entryId } = await store.persons.merge(collection.id, input, undoable)
      await undo(entryId)
      const { id } = await undo(enrolment!.id)
      expect(await whose(ids)).toEqual(['nobody', 'nobody'])
      await undo(id)
      expect(await whose(ids)).toEqual([from.id, from.id])
    })

    it('are nobody left behind when they are assigned while the person is merged', async () => {
      const into = await enrol('Ann', [1])
      for (const seed of [2, 3, 4]) {
        const from = await enrol('Anna', [seed])
        const [id] = [await assign(from.id, from.id)]
        await store.strangers.unassign(collection.id, id!)
        const as = { personId: from.id, anchorId: from.id }
        const [, assigned] = await Promise.allSettled([
          store.persons.merge(collection.id, { into: into.id, from: [from.id] }, undoable),
          store.strangers.assign(collection.id, id!, as),
        ])
        const expected = assigned.status === 'fulfilled' ? into.id : 'nobody'
        expect(await whose([id!])).toEqual([expected])
      }
    })
  })
}
