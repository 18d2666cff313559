import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import type { HistoryEntry } from '../../../src/storage/ports/history.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeCrop, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readFeed, readPages, unknownId } from './fixture.ts'

const undoable = { undoable: true } as const
const later = '9999-01-01T00:00:00.000Z'
const crop = makeCrop(Uint8Array.of(0xff, 0xd8, 1, 2))

/** What the port `history` does in every database. */
export function describeHistory(under: () => DatabaseUnderTest): void {
  describe('history', () => {
    let store: Database
    let collection: Collection

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store, { storeCrops: true })
    })

    const entries = async (personId?: string) =>
      (
        await store.history.list(collection.id, {
          limit: 1000,
          ...(personId === undefined ? {} : { personId }),
        })
      ).items
    const newest = async (): Promise<HistoryEntry> => (await entries())[0] as HistoryEntry
    const undo = (entry: Pick<HistoryEntry, 'id'>) =>
      store.history.undo(collection.id, entry.id, undoable)
    const enrol = async (name: string, ...seeds: readonly number[]) => {
      const faces = seeds.map((seed) => makeFace(seed, { crop }))
      const { person, faces: added } = await store.faces.add(collection.id, { name }, faces)
      return { ...person, faces: added.map(({ id }) => id) }
    }

    /** Everything that a gallery is, but for the times of changes. */
    async function readGallery() {
      const persons = (await store.persons.list(collection.id)).items.map(
        ({ updatedAt: _, revision: _revision, ...person }) => person,
      )
      const faces = await store.transfer.readFaces(collection.id, { limit: 1000 })
      return { persons, faces, counts: await store.collections.counts(collection.id) }
    }

    it('has an entry of every change, newest first, with who asked', async () => {
      const actor = { kind: 'apiKey', id: 'k', name: 'Front desk' } as const
      const { persons, faces } = store.as({ actor })
      const ann = await persons.create(collection.id, { name: 'Ann' })
      const { faces: added } = await faces.add(collection.id, ann.id, [makeFace(1), makeFace(2)])
      await persons.update(collection.id, ann.id, { name: 'Anna' })
      await faces.delete(collection.id, added[0]!.id)
      await persons.delete(collection.id, ann.id, undoable)
      const found = await entries()
      expect(found.map(({ kind, faceCount }) => [kind, faceCount])).toEqual([
        ['personDeleted', 1],
        ['faceDeleted', 1],
        ['personUpdated', 0],
        ['facesAdded', 2],
        ['personCreated', 0],
      ])
      for (const entry of found) expect(entry).toMatchObject({ actor, personIds: [ann.id] })
      const update = await store.history.get(collection.id, found[2]!.id)
      expect(update.transitions).toEqual([
        { record: 'person', id: ann.id, before: { name: 'Ann' }, after: { name: 'Anna' } },
      ])
      const deletion = await store.history.get(collection.id, found[0]!.id)
      expect(deletion.transitions).toEqual([
        { record: 'person', id: ann.id, before: { name: 'Anna' }, after: null },
        { record: 'face', id: added[1]!.id, before: { personId: ann.id }, after: null },
      ])
    })

    it('names the entry of a deletion', async () => {
      const ann = await enrol('Ann', 1, 2)
      const { persons, faces } = store
      const face = await faces.delete(collection.id, ann.faces[0]!, undoable)
      const person = await persons.delete(collection.id, ann.id, undoable)
      const found = (await entries()).slice(0, 2).map(({ id }) => id)
      expect([person.entryId, face.entryId]).toEqual(found)
      // Only what is kept of them is erased.
      expect((await faces.delete(collection.id, ann.faces[0]!)).entryId).toBeUndefined()
      expect((await persons.delete(collection.id, ann.id)).entryId).toBeUndefined()
    })

    it('names the entry of a change and of an enrolment', async () => {
      const { persons, faces } = store
      const made = await faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
      const { id } = made.person
      const more = await faces.add(collection.id, id, [makeFace(1), makeFace(2)])
      const changed = await persons.update(collection.id, id, { favourite: true })
      const found = (await entries()).map((entry) => entry.id)
      expect([changed.entryId, more.entryId, made.entryId]).toEqual(found)
      const forGood = { undoable: false }
      const told = await persons.update(collection.id, id, { name: 'Anna' }, forGood)
      expect(told.entryId).toBe((await newest()).id)
    })

    it('has no entry of what changed nothing, or was refused', async () => {
      const ann = await enrol('Ann', 1)
      const same = { name: 'Ann', metadata: {}, hidden: false }
      const unchanged = await store.persons.update(collection.id, ann.id, same)
      expect(unchanged).not.toHaveProperty('entryId')
      const again = await store.faces.add(collection.id, ann.id, [makeFace(1)])
      expect(again).not.toHaveProperty('entryId')
      await store.persons.create(collection.id, { name: 'Ann', ifExists: 'reuse' })
      await expectCode(store.persons.update(collection.id, ann.id, { name: '' }), 'invalidName')
      await expectCode(store.persons.delete(collection.id, unknownId), 'personNotFound')
      expect(await entries()).toHaveLength(1)
    })

    it('lists pages, of all and of one person', async () => {
      const ann = await enrol('Ann', 1)
      const ben = await enrol('Ben', 2)
      for (const name of ['A', 'B', 'C'])
        await store.persons.update(collection.id, ann.id, { name })
      const all = await entries()
      expect(all).toHaveLength(5)
      const pages = await readPages((part) => store.history.list(collection.id, part), 2)
      expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
      expect(pages.flat()).toEqual(all)
      const anns = await readPages(
        (part) => store.history.list(collection.id, { ...part, personId: ann.id }),
        3,
      )
      expect(anns.flat()).toEqual(all.filter(({ personIds }) => personIds.includes(ann.id)))
      expect(await entries(ben.id)).toHaveLength(1)
      expect(await entries(unknownId)).toEqual([])
      const other = await makeCollection(store, { name: 'other' })
      expect((await store.history.list(other.id)).items).toEqual([])
      await expectCode(store.history.get(other.id, all[0]!.id), 'historyEntryNotFound')
      await expectCode(store.history.undo(other.id, all[0]!.id), 'historyEntryNotFound')
      await expectCode(store.history.get(collection.id, 'x'), 'historyEntryNotFound')
      await expectCode(store.history.list(collection.id, { cursor: 'x' }), 'invalidCursor')
    })

    it('puts a deleted person back, with faces, embeddings and crops', async () => {
      const ann = await enrol('Ann', 1, 2)
      await enrol('Ben', 3)
      const before = await readGallery()
      const [end] = (await readFeed(store)).slice(-1)
      await store.persons.delete(collection.id, ann.id, undoable)
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
      await expectCode(store.faces.get(collection.id, ann.faces[0]!), 'faceNotFound')
      const set = { faceIds: ann.faces }
      expect((await store.faces.getEmbeddings(collection, set)).faceIds).toEqual([])
      const undoing = await undo(await newest())
      expect(undoing).toMatchObject({ kind: 'undone', faceCount: 2, personIds: [ann.id] })
      expect(await readGallery()).toEqual(before)
      expect(await store.faces.getCrop(collection.id, ann.faces[1]!)).toEqual(crop)
      const changes = await readFeed(store, { after: end!.cursor })
      expect(changes.map(({ kind, faceId }) => [kind, faceId]).sort()).toEqual(
        ann.faces
          .flatMap((id) => [
            ['faceAdded', id],
            ['faceRemoved', id],
          ])
          .sort(),
      )
      for (const change of changes.filter(({ kind }) => kind === 'faceAdded')) {
        expect(change.embedding).toBeDefined()
      }
    })

    it('takes each kind of change back, and does it again', async () => {
      const ann = await enrol('Ann', 1, 2)
      const ben = await enrol('Ben', 3)
      const changes: readonly (() => Promise<unknown>)[] = [
        () => store.persons.create(collection.id, { name: 'New', metadata: { a: 1 } }),
        () => store.persons.update(collection.id, ann.id, { name: 'Anna', metadata: { b: [2] } }),
        () => store.faces.add(collection.id, ann.id, [makeFace(4, { crop })]),
        () => store.faces.add(collection.id, { name: 'Cy' }, [makeFace(5), makeFace(6)]),
        () => store.faces.delete(collection.id, ann.faces[0]!, undoable),
        () => store.faces.move(collection.id, [ann.faces[1]!], ben.id, undoable),
        () => store.faces.move(collection.id, [ann.faces[1]!], { name: 'Split' }, undoable),
        () => store.persons.merge(collection.id, { into: ben.id, from: [ann.id] }, undoable),
        () => store.persons.delete(collection.id, ben.id, undoable),
      ]
      const states = [await readGallery()]
      for (const change of changes) {
        await change()
        states.push(await readGallery())
      }
      for (const entry of (await entries()).slice(0, changes.length)) {
        const after = states.pop()
        const before = states.at(-1)
        const undoing = await undo(entry)
        expect(await readGallery(), entry.kind).toEqual(before)
        const redoing = await undo(undoing)
        expect(await readGallery(), entry.kind).toEqual(after)
        await undo(redoing)
        expect(await readGallery(), entry.kind).toEqual(before)
      }
    })

    it('gives a person back the cover that was out of sight when a merge set another', async () => {
      const ann = await enrol('Ann', 1, 2)
      const ben = await enrol('Ben', 3)
      const cy = await enrol('Cy', 4)
      const cover = async () => (await store.persons.get(collection.id, ann.id)).coverFaceId
      await store.persons.update(collection.id, ann.id, { coverFaceId: ann.faces[0]! })
      await store.faces.move(collection.id, ann.faces.slice(0, 1), ben.id, undoable)
      const move = await newest()
      const input = { into: ann.id, from: [cy.id], coverFaceId: cy.faces[0]! }
      await store.persons.merge(collection.id, input, undoable)
      expect(await cover()).toBe(cy.faces[0])
      await undo(await newest())
      expect(await cover()).toBeUndefined()
      await undo(move)
      expect(await cover()).toBe(ann.faces[0])
    })

    it('keeps no earlier values of who is merged or undone without an undo', async () => {
      const ann = await enrol('Ann', 1)
      const ben = await enrol('Ben', 2)
      const expectNoName = async (personId: string) => {
        for (const { id } of await entries(personId)) {
          const { transitions } = await store.history.get(collection.id, id)
          expect(JSON.stringify(transitions)).not.toMatch(/Ann|Ben|Cy/)
        }
      }
      await store.persons.update(collection.id, ann.id, { name: 'Anna', notes: 'Ann Smith' })
      await store.persons.merge(collection.id, { into: ann.id, from: [ben.id] })
      await expectNoName(ann.id)
      const cy = await enrol('Cy', 3)
      await store.persons.update(collection.id, cy.id, { name: 'Cyrus' })
      await store.history.undo(collection.id, (await newest()).id)
      expect((await store.persons.get(collection.id, cy.id)).name).toBe('Cy')
      await expectNoName(cy.id)
    })

    it('says which entry took one back, and refuses to do it twice', async () => {
      const ann = await store.persons.create(collection.id, { name: 'Ann' })
      await store.persons.update(collection.id, ann.id, { name: 'Anna' })
      const entry = await newest()
      const undoing = await undo(entry)
      expect(undoing).toMatchObject({ undoes: entry.id })
      expect((await store.persons.get(collection.id, ann.id)).name).toBe('Ann')
      expect(await store.history.get(collection.id, entry.id)).toMatchObject({
        undoneBy: undoing.id,
      })
      await expectCode(undo(entry), 'undoRefused')
      expect(await entries()).toHaveLength(3)
    })

    it('of two who undo at once, lets one', async () => {
      const ann = await enrol('Ann', 1)
      await store.persons.delete(collection.id, ann.id, undoable)
      const entry = await newest()
      const second = await under().fixture.open()
      const outcomes = await Promise.allSettled([
        undo(entry),
        second.history.undo(collection.id, entry.id, undoable),
      ])
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
    })

    it('leaves what others changed since, where the entry did not change it', async () => {
      const ann = await store.persons.create(collection.id, { name: 'Ann' })
      await store.persons.update(collection.id, ann.id, { name: 'Anna' })
      const entry = await newest()
      await store.persons.update(collection.id, ann.id, { metadata: { since: true } })
      await undo(entry)
      expect(await store.persons.get(collection.id, ann.id)).toMatchObject({
        name: 'Ann',
        metadata: { since: true },
      })
    })

    it('says why a change cannot be taken back', async () => {
      const refused = async (entry: HistoryEntry, reason: string) => {
        const before = await readGallery()
        const error = await undo(entry).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'undoRefused', detail: reason })
        expect(await readGallery()).toEqual(before)
      }
      const ann = await enrol('Ann', 1)
      const enrolment = await newest()
      await store.persons.update(collection.id, ann.id, { name: 'Anna' })
      const rename = await newest()
      await store.persons.update(collection.id, ann.id, { name: 'Annabel' })
      await refused(rename, 'The person was renamed again since; undo that first.')
      await store.faces.add(collection.id, ann.id, [makeFace(2)])
      await refused(enrolment, 'The person has other faces by now.')
      const ben = await enrol('Ben', 3)
      await store.faces.move(collection.id, ann.faces, ben.id)
      await refused(enrolment, 'A face was moved to another person since; undo that first.')
      await store.faces.delete(collection.id, ann.faces[0]!, undoable)
      const deletion = await newest()
      await refused(enrolment, 'A face was deleted since; undo that first.')
      await store.faces.add(collection.id, ben.id, [makeFace(1)])
      await refused(deletion, 'The person has another face of the same photograph by now.')
      await store.persons.delete(collection.id, ben.id, undoable)
      await refused(
        deletion,
        'The person was deleted since, or merged into another one; undo that first.',
      )
      const end = await newest()
      await store.persons.delete(collection.id, ben.id)
      await refused(end, 'The person was erased.')
      await refused(deletion, 'The face was erased.')
    })

    it('erases at once what was deleted so, and what the history says of it', async () => {
      const ann = await enrol('Ann', 1, 2)
      await store.persons.update(collection.id, ann.id, { name: 'Anna', metadata: { a: 'b' } })
      await store.faces.delete(collection.id, ann.faces[0]!, undoable)
      await store.persons.delete(collection.id, ann.id)
      const found = await entries(ann.id)
      expect(found).toHaveLength(4)
      for (const { id } of found) {
        const { transitions } = await store.history.get(collection.id, id)
        expect(JSON.stringify(transitions)).not.toMatch(/Ann|metadata/)
        await expectCode(undo({ id }), 'undoRefused')
      }
      expect(await store.history.eraseTrash(later, 10)).toBe(0)
    })

    it('erases at once what is in the trash', async () => {
      const ann = await enrol('Ann', 1)
      const ben = await enrol('Ben', 2, 3)
      await store.persons.delete(collection.id, ann.id, undoable)
      await store.faces.delete(collection.id, ben.faces[0]!, undoable)
      await store.persons.delete(collection.id, ann.id)
      await store.faces.delete(collection.id, ben.faces[0]!)
      await expectCode(store.persons.delete(collection.id, ann.id), 'personNotFound')
      await expectCode(store.faces.delete(collection.id, ben.faces[0]!), 'faceNotFound')
      expect(await store.history.eraseTrash(later, 10)).toBe(0)
    })

    it('erases the trash of before a time, in parts', async () => {
      const ann = await enrol('Ann', 1, 2)
      const ben = await enrol('Ben', 3)
      await store.persons.delete(collection.id, ann.id, undoable)
      await store.faces.delete(collection.id, ben.faces[0]!, undoable)
      const before = (await newest()).at
      expect(await store.history.eraseTrash('2000-01-01T00:00:00.000Z', 10)).toBe(0)
      expect(before < later).toBe(true)
      expect(await store.history.eraseTrash(later, 3)).toBe(3)
      expect(await store.history.eraseTrash(later, 3)).toBe(1)
      expect(await store.history.eraseTrash(later, 3)).toBe(0)
      for (const { id } of (await entries(ann.id)).filter(({ kind }) => kind !== 'undone')) {
        const { transitions } = await store.history.get(collection.id, id)
        expect(JSON.stringify(transitions)).not.toContain('Ann')
        await expectCode(undo({ id }), 'undoRefused')
      }
      expect(await store.persons.get(collection.id, ben.id)).toMatchObject({ faceCount: 0 })
    })

    it('expires entries that keep nothing', async () => {
      const ann = await enrol('Ann', 1)
      await store.persons.delete(collection.id, ann.id, undoable)
      expect(await store.history.expire('2000-01-01T00:00:00.000Z', 10)).toBe(0)
      expect(await store.history.expire(later, 10)).toBe(1)
      expect((await entries()).map(({ kind }) => kind)).toEqual(['personDeleted'])
      await undo(await newest())
      expect(await store.history.expire(later, 10)).toBe(2)
      expect(await entries()).toEqual([])
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
    })

    it('goes away with its collection', async () => {
      const ann = await enrol('Ann', 1)
      await store.persons.delete(collection.id, ann.id, undoable)
      await store.collections.delete('default')
      await expect(undo({ id: unknownId })).rejects.toMatchObject({ status: 404 })
      await expect.poll(() => store.history.eraseTrash(later, 10)).toBe(0)
      expect(await entries()).toEqual([])
    })

    it('puts back embeddings of the models that the collection has then', async () => {
      const second = { modelId: 'second-model', dimension: 4, policy: collection.policy }
      await store.secondModels.begin(collection.id, second)
      const embedding = Float32Array.of(1, 0, 0, 0)
      const face = makeFace(1, { second: { modelId: 'second-model', embedding } })
      const { person } = await store.faces.add(collection.id, { name: 'Ann' }, [face])
      await store.persons.delete(collection.id, person.id, undoable)
      await undo(await newest())
      const set = { id: collection.id, modelId: 'second-model' }
      expect(await store.secondModels.countLacking(set)).toBe(0)
      await store.persons.delete(collection.id, person.id, undoable)
      await store.secondModels.end(await store.collections.get('default'))
      await undo(await newest())
      expect((await store.feed.embeddings(set, { limit: 10 })).faceIds).toEqual([])
      expect((await store.feed.embeddings(collection, { limit: 10 })).faceIds).toHaveLength(1)
    })
  })
}
