import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import { maxMovedFaces } from '../../../src/storage/ports/faces.ts'
import { maxMerged } from '../../../src/storage/ports/persons.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readFeed, unknownId } from './fixture.ts'

/** Moving faces and merging persons, in every database. */
export function describeMoves(under: () => DatabaseUnderTest): void {
  describe('moves and merges', () => {
    let store: Database
    let collection: Collection

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store)
    })

    const enrol = async (name: string, seeds: readonly number[], metadata = {}) => {
      const faces = seeds.map((seed) => makeFace(seed))
      const added = await store.faces.add(collection.id, { name, metadata }, faces)
      return { ...added.person, faces: added.faces.map(({ id }) => id) }
    }
    const facesOf = async (personId: string) =>
      (await store.faces.list(collection.id, { personId })).items.map(({ id }) => id)

    it('moves faces of several persons to another one, and says what became of each', async () => {
      const ann = await enrol('Ann', [1, 2])
      const ben = await enrol('Ben', [3, 1])
      const cy = await enrol('Cy', [4, 2])
      const [end] = (await readFeed(store)).slice(-1)
      const ids = [ann.faces[0]!, ben.faces[0]!, ben.faces[1]!, ann.faces[1]!, cy.faces[0]!]
      const moved = await store.faces.move(collection.id, [...ids, unknownId], cy.id)
      expect(moved.faces.map(({ outcome }) => outcome)).toEqual([
        'moved',
        'moved',
        'sameImage',
        'sameImage',
        'alreadyThere',
        'notFound',
      ])
      expect(moved).toMatchObject({ newPerson: false, emptied: [], person: { faceCount: 4 } })
      expect(await facesOf(cy.id)).toEqual([...cy.faces, ann.faces[0]!, ben.faces[0]!].sort())
      expect(await store.persons.get(collection.id, ann.id)).toMatchObject({ faceCount: 1 })
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 3, faces: 6 })
      const owners = await store.faces.getOwners(collection.id, ids.slice(0, 2))
      expect(owners.map(({ personName }) => personName)).toEqual(['Cy', 'Cy'])
      // The index has nothing to do.
      expect(await readFeed(store, { after: end!.cursor })).toEqual([])
    })

    it('moves faces to a new person, or one found by name', async () => {
      const ann = await enrol('Ann', [1, 2, 3])
      const split = await store.faces.move(collection.id, [ann.faces[0]!], { name: 'Bea' })
      expect(split).toMatchObject({ newPerson: true, person: { name: 'Bea', faceCount: 1 } })
      const again = await store.faces.move(collection.id, [ann.faces[1]!], {
        name: 'Bea',
        ifExists: 'reuse',
      })
      expect(again).toMatchObject({ newPerson: false, person: { id: split.person.id } })
      expect(await store.persons.get(collection.id, split.person.id)).toEqual(again.person)
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 2, faces: 3 })
    })

    it('leaves a person without faces, or removes it where that is asked for', async () => {
      const ann = await enrol('Ann', [1])
      const ben = await enrol('Ben', [2])
      const cy = await enrol('Cy', [3])
      const first = await store.faces.move(collection.id, ann.faces, cy.id)
      expect(first.emptied).toEqual([ann.id])
      expect(await store.persons.get(collection.id, ann.id)).toMatchObject({ faceCount: 0 })
      const how = { removeEmptied: true, undoable: true }
      const second = await store.faces.move(collection.id, ben.faces, cy.id, how)
      expect(second.emptied).toEqual([ben.id])
      await expectCode(store.persons.get(collection.id, ben.id), 'personNotFound')
      await store.history.undo(collection.id, second.entryId!)
      expect(await store.persons.get(collection.id, ben.id)).toMatchObject({ faceCount: 1 })
    })

    it('moves only faces of the person who is named', async () => {
      const ann = await enrol('Ann', [1, 2])
      const ben = await enrol('Ben', [3])
      const ids = [ann.faces[0]!, ben.faces[0]!]
      const moved = await store.faces.move(collection.id, ids, { name: 'New' }, { from: ann.id })
      expect(moved.faces.map(({ outcome }) => outcome)).toEqual(['moved', 'notFound'])
      await expectCode(
        store.faces.move(collection.id, [ben.faces[0]!], { name: 'Not' }, { from: ann.id }),
        'faceNotFound',
      )
      expect((await store.persons.list(collection.id, { exactName: 'Not' })).items).toEqual([])
    })

    it('refuses lists and persons that make no sense', async () => {
      const { faces, id } = await enrol('Ann', [1])
      const many = Array.from({ length: maxMovedFaces + 1 }, () => unknownId)
      const move = (ids: readonly string[], to: string = id) =>
        store.faces.move(collection.id, ids, to)
      await expectCode(move([]), 'invalidOption')
      await expectCode(move(many), 'invalidOption')
      await expectCode(move([faces[0]!, faces[0]!]), 'invalidOption')
      await expectCode(move([unknownId, 'x']), 'faceNotFound')
      await expectCode(move(faces, unknownId), 'personNotFound')
      await expectCode(store.faces.move(unknownId, faces, { name: 'B' }), 'collectionNotFound')
      const nothing = await move(faces)
      expect(nothing.entryId).toBeUndefined()
      expect(nothing.faces).toEqual([{ faceId: faces[0], outcome: 'alreadyThere' }])
    })

    it('merges persons into one, whose fields win', async () => {
      const ann = await enrol('Ann', [1, 2], { team: 'A', floor: 1 })
      const anna = await enrol('Anna', [3, 1], { team: 'B', badge: 7 })
      const annie = await enrol('Annie', [4, 3], { badge: 8, tags: ['x'] })
      const input = { into: ann.id, from: [anna.id, annie.id] }
      const foretold = await store.persons.mergeConsequences(collection.id, input)
      expect(foretold).toMatchObject({
        person: {
          id: ann.id,
          name: 'Ann',
          metadata: { team: 'A', floor: 1, badge: 7, tags: ['x'] },
          faceCount: 4,
          aliases: ['Anna', 'Annie'],
        },
        movedFaces: 2,
        sameImageFaces: [anna.faces[1], annie.faces[1]],
      })
      expect(foretold.merged.map(({ id }) => id)).toEqual(input.from)
      expect(foretold.lost.filter(({ field }) => field.startsWith('metadata'))).toEqual([
        { personId: anna.id, field: 'metadata.team', value: 'B' },
        { personId: annie.id, field: 'metadata.badge', value: 8 },
      ])
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 3, faces: 6 })
      const done = await store.persons.merge(collection.id, input, { undoable: true })
      const { updatedAt: _, revision: _revision, ...person } = foretold.person
      expect(done).toMatchObject({ ...foretold, person })
      expect(await store.persons.get(collection.id, ann.id)).toEqual(done.person)
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 4 })
      for (const id of input.from) {
        await expectCode(store.persons.get(collection.id, id), 'personNotFound')
      }
      await store.history.undo(collection.id, done.entryId)
      expect(await facesOf(annie.id)).toEqual(annie.faces)
      expect(await store.persons.get(collection.id, ann.id)).toMatchObject({
        metadata: { team: 'A', floor: 1 },
        faceCount: 2,
      })
    })

    it('takes name and metadata that are given', async () => {
      const ann = await enrol('Ann', [1], { a: 1 })
      const ben = await enrol('Ben', [2], { b: 2 })
      const input = { into: ann.id, from: [ben.id], name: ' Cy ', metadata: { c: 3 } }
      const { person, lost } = await store.persons.merge(collection.id, input)
      expect(person).toMatchObject({ name: 'Cy', metadata: { c: 3 } })
      expect(lost.filter(({ field }) => field.startsWith('metadata.'))).toHaveLength(2)
    })

    it('refuses a merge as a whole', async () => {
      const ann = await enrol('Ann', [1])
      const ben = await enrol('Ben', [2])
      const merge = (input: { into?: string; from: readonly string[]; name?: string }) =>
        store.persons.merge(collection.id, { into: ann.id, ...input })
      await expectCode(merge({ from: [] }), 'invalidOption')
      await expectCode(merge({ from: [ann.id] }), 'invalidOption')
      await expectCode(merge({ from: [ben.id, ben.id] }), 'invalidOption')
      await expectCode(merge({ from: Array(maxMerged + 1).fill(unknownId) }), 'invalidOption')
      await expectCode(merge({ from: [ben.id], name: '' }), 'invalidName')
      const error = await merge({ from: [ben.id, unknownId] }).catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'personNotFound', info: { personIds: [unknownId] } })
      const half = { text: 'x'.repeat(9000) }
      await store.persons.update(collection.id, ann.id, { metadata: { a: half } })
      await store.persons.update(collection.id, ben.id, { metadata: { b: half } })
      await expectCode(merge({ from: [ben.id] }), 'invalidMetadata')
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 2, faces: 2 })
    })

    it('makes kept answers and what jobs tell follow the faces', async () => {
      const ann = await enrol('Ann', [1])
      const ben = await enrol('Ben', [2])
      const answer = { person: ann, faces: [{ face: { id: ann.faces[0], personId: ann.id } }] }
      await store.answers.claim('key', 'hash')
      await store.answers.complete('key', { status: 201, body: JSON.stringify(answer) })
      const job = await store.jobs.create(
        { kind: 'test', collectionId: collection.id, input: {} },
        { leaseMs: 60_000 },
      )
      const item = { rejected: false, personId: ann.id, body: { faceId: ann.faces[0] } }
      await store.jobs.end({ id: job.id, attempt: 1 }, { state: 'done', result: {}, items: [item] })
      const kept = async () => {
        const found = await store.answers.claim('key', 'hash')
        return JSON.parse(found?.response?.body ?? '{}') as typeof answer
      }
      const input = { into: ben.id, from: [ann.id] }
      const { entryId } = await store.persons.merge(collection.id, input, { undoable: true })
      expect(await kept()).toMatchObject({
        person: { id: ben.id, name: 'Ben' },
        faces: [{ face: { id: ann.faces[0], personId: ben.id } }],
      })
      const items = async () => (await store.jobs.items(job.id)).items
      expect(await items()).toMatchObject([{ personId: ben.id }])
      await store.history.undo(collection.id, entryId)
      expect(await kept()).toMatchObject({
        person: { id: ann.id, name: 'Ann' },
        faces: [{ face: { id: ann.faces[0], personId: ann.id } }],
      })
      expect(await items()).toMatchObject([{ personId: ann.id }])
    })

    it('enrols nobody into a person who is merged at the same time', async () => {
      const second = await under().fixture.open()
      const ann = await enrol('Ann', [1])
      const ben = await enrol('Ben', [2])
      const outcomes = await Promise.allSettled([
        store.persons.merge(collection.id, { into: ann.id, from: [ben.id] }),
        second.faces.add(collection.id, ben.id, [makeFace(3)]),
        second.faces.add(collection.id, ann.id, [makeFace(4)]),
      ])
      expect(outcomes[0]).toMatchObject({ status: 'fulfilled' })
      expect(outcomes[2]).toMatchObject({ status: 'fulfilled' })
      const faces = outcomes[1].status === 'fulfilled' ? 4 : 3
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces })
      expect(await facesOf(ann.id)).toHaveLength(faces)
      expect(await store.persons.get(collection.id, ann.id)).toMatchObject({ faceCount: faces })
    })
  })
}
