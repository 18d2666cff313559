import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readFeed, readPages, unknownId } from './fixture.ts'

const undoable = { undoable: true } as const
const later = '9999-01-01T00:00:00.000Z'
const crop = makeCrop(Uint8Array.of(0xff, 0xd8, 1, 2))

/** What the port `setAside` does in every database. */
export function describeSetAside(under: () => DatabaseUnderTest): void {
  describe('set-aside', () => {
    let store: Database
    let collection: Collection
    let id: string

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store, { storeCrops: true })
      id = collection.id
    })

    const enrol = async (name: string, ...seeds: readonly number[]) => {
      const faces = seeds.map((seed) => makeFace(seed, { crop }))
      const { person, faces: added } = await store.faces.add(id, { name }, faces)
      return { ...person, faces: added.map((face) => face.id) }
    }
    const outcomes = (changed: { faces: readonly { outcome: string }[] }) =>
      changed.faces.map(({ outcome }) => outcome)
    const listed = async (personId: string) =>
      (await store.setAside.list(id, personId)).items.map((face) => face.id)
    const presentFaces = async (personId: string) =>
      (await store.faces.list(id, { personId })).items.map((face) => face.id)
    const newest = async () => (await store.history.list(id)).items[0]!

    async function readGallery() {
      const persons = (await store.persons.list(id)).items.map(
        ({ updatedAt: _, revision: _revision, ...person }) => person,
      )
      const faces = await store.transfer.readFaces(id, { limit: 1000 })
      const aside = await Promise.all(
        persons.map(async (person) => (await store.setAside.list(id, person.id)).items),
      )
      return { persons, faces, aside, counts: await store.collections.counts(id) }
    }

    it('takes faces out of every list, count and look-up, and puts them back as they were', async () => {
      const ann = await enrol('Ann', 1, 2, 3)
      const before = await readGallery()
      const [end] = (await readFeed(store)).slice(-1)
      const going = ann.faces.slice(1)
      const done = await store.setAside.add(id, ann.id, going)
      expect(outcomes(done)).toEqual(['setAside', 'setAside'])
      expect(done.person).toMatchObject({ id: ann.id, faceCount: 1 })
      expect(await presentFaces(ann.id)).toEqual([ann.faces[0]])
      expect(await store.collections.counts(id)).toEqual({ persons: 1, faces: 1 })
      await expectCode(store.faces.get(id, going[0]!), 'faceNotFound')
      await expectCode(store.faces.getCrop(id, going[0]!), 'faceNotFound')
      expect((await store.faces.getEmbeddings(collection, { faceIds: going })).faceIds).toEqual([])
      expect(await store.faces.getOwners(id, going)).toEqual([])
      expect(await store.transfer.readFaces(id, { limit: 10 })).toHaveLength(1)
      const aside = (await store.setAside.list(id, ann.id)).items
      expect(aside.map((face) => face.id)).toEqual(going)
      const was = before.faces.find((face) => face.id === going[0])!
      expect(aside[0]).toMatchObject({
        ...{ personId: ann.id, modelId: 'test-model', hasCrop: true, quality: was.quality },
        ...{ box: was.box, imageHash: was.imageHash, createdAt: was.createdAt },
        setAsideAt: expect.stringMatching(/^\d{4}-.*Z$/),
      })
      expect(aside[0]).not.toHaveProperty('missingEmbedding')
      expect(await store.setAside.getCrop(id, ann.id, going[0]!)).toEqual(crop)

      const back = await store.setAside.restore(id, ann.id, going)
      expect(outcomes(back)).toEqual(['restored', 'restored'])
      expect(back.person.faceCount).toBe(3)
      expect(await readGallery()).toEqual(before)
      const changes = await readFeed(store, { after: end!.cursor })
      expect(changes.map(({ kind }) => kind)).toEqual([
        ...['faceRemoved', 'faceRemoved', 'faceAdded', 'faceAdded'],
      ])
      expect(changes[2]!.embedding).toEqual(makeEmbedding(2))
    })

    it('says what became of each face, and changes nothing for a dry run', async () => {
      const ann = await enrol('Ann', 1, 2, 3)
      const ben = await enrol('Ben', 4)
      const given = [ann.faces[0]!, ben.faces[0]!, unknownId, 'x', ann.faces[1]!, ann.faces[2]!]
      const expected = [
        ...['setAside', 'notFound', 'notFound', 'notFound', 'setAside', 'withinCap'],
      ]
      const dry = await store.setAside.add(id, ann.id, given, { keep: 1, dryRun: true })
      expect(outcomes(dry)).toEqual(expected)
      expect(dry).not.toHaveProperty('entryId')
      expect(await presentFaces(ann.id)).toEqual(ann.faces)
      const done = await store.setAside.add(id, ann.id, given, { keep: 1 })
      expect(outcomes(done)).toEqual(expected)
      expect(await newest()).toMatchObject({
        ...{ id: done.entryId, kind: 'facesSetAside', faceCount: 2, personIds: [ann.id] },
      })
      const again = await store.setAside.add(id, ann.id, given.slice(0, 2))
      expect(outcomes(again)).toEqual(['alreadySetAside', 'notFound'])
      expect(again).not.toHaveProperty('entryId')
      const back = await store.setAside.restore(id, ann.id, [
        ...[ann.faces[0]!, ann.faces[2]!, ben.faces[0]!, 'x'],
      ])
      expect(outcomes(back)).toEqual(['restored', 'alreadyThere', 'notFound', 'notFound'])
      expect(await newest()).toMatchObject({ id: back.entryId, kind: 'facesRestored' })
    })

    it('refuses lists of faces that are wrong, and persons who are not there', async () => {
      const ann = await enrol('Ann', 1)
      const { setAside } = store
      for (const call of [setAside.add, setAside.restore]) {
        await expectCode(call(id, ann.id, []), 'invalidOption')
        await expectCode(call(id, ann.id, ['x', 'x']), 'invalidOption')
        await expectCode(call(id, unknownId, ['x']), 'personNotFound')
        await expectCode(call(id, 'x', ['x']), 'personNotFound')
        await expectCode(call(unknownId, ann.id, ['x']), 'collectionNotFound')
      }
      await expectCode(setAside.list(id, unknownId), 'personNotFound')
      await expectCode(setAside.list(id, ann.id, { cursor: 'x' }), 'invalidCursor')
      await expectCode(setAside.getCrop(id, ann.id, ann.faces[0]!), 'faceNotFound')
    })

    it('lists pages', async () => {
      const ann = await enrol('Ann', 1, 2, 3, 4, 5, 6)
      await store.setAside.add(id, ann.id, ann.faces.slice(0, 5))
      const pages = await readPages((part) => store.setAside.list(id, ann.id, part), 2)
      expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
      expect(pages.flat().map((face) => face.id)).toEqual(ann.faces.slice(0, 5))
    })

    it('is taken back by an undo, and done again, with and without an undo period', async () => {
      const ann = await enrol('Ann', 1, 2)
      const before = await readGallery()
      for (const how of [undoable, {}]) {
        const done = await store.setAside.add(id, ann.id, [ann.faces[0]!])
        const aside = await readGallery()
        const undone = await store.history.undo(id, done.entryId!, how)
        expect(await readGallery()).toEqual(before)
        const again = await store.history.undo(id, undone.id, how)
        expect((await readGallery()).persons).toEqual(aside.persons)
        expect(await listed(ann.id)).toEqual([ann.faces[0]])
        await store.history.undo(id, again.id, how)
        expect(await readGallery()).toEqual(before)
      }
      const { entryId } = await store.setAside.add(id, ann.id, [ann.faces[0]!])
      const back = await store.setAside.restore(id, ann.id, [ann.faces[0]!])
      await expectCode(store.history.undo(id, entryId!, undoable), 'undoRefused')
      await store.history.undo(id, back.entryId!, undoable)
      expect(await listed(ann.id)).toEqual([ann.faces[0]])
      await store.history.undo(id, entryId!, undoable)
      expect(await readGallery()).toEqual(before)
    })

    it('stays when the time of an undo is over, and is erased with the person', async () => {
      const ann = await enrol('Ann', 1, 2, 3)
      const { entryId } = await store.setAside.add(id, ann.id, ann.faces.slice(1))
      expect(await store.history.eraseTrash(later, 100)).toBe(0)
      expect(await store.history.expire(later, 100)).toBe(1)
      expect(await store.history.get(id, entryId!)).toMatchObject({ kind: 'facesSetAside' })
      expect(await listed(ann.id)).toEqual(ann.faces.slice(1))
      await store.persons.delete(id, ann.id, undoable)
      const deletion = await newest()
      expect(deletion.faceCount).toBe(3)
      await expectCode(store.setAside.restore(id, ann.id, ann.faces), 'personNotFound')
      await expectCode(store.setAside.list(id, ann.id), 'personNotFound')
      expect(await store.faces.findByImage(id, makeFace(2).imageHash)).toEqual([])
      const undone = await store.history.undo(id, deletion.id, undoable)
      expect(await listed(ann.id)).toEqual(ann.faces.slice(1))
      expect(await presentFaces(ann.id)).toEqual([ann.faces[0]])
      await store.history.undo(id, undone.id, undoable)
      expect(await store.history.eraseTrash(later, 100)).toBe(2)
      await expectCode(store.history.undo(id, undone.id, undoable), 'undoRefused')
      expect(await store.history.expire(later, 100)).toBeGreaterThan(0)
      expect((await store.history.list(id)).items).toEqual([])
    })

    it('is erased at once with a person who is erased', async () => {
      const ann = await enrol('Ann', 1, 2)
      const done = await store.setAside.add(id, ann.id, [ann.faces[1]!])
      await store.persons.delete(id, ann.id)
      await expectCode(store.history.undo(id, done.entryId!, undoable), 'undoRefused')
      await store.history.expire(later, 100)
      expect((await store.history.list(id)).items).toEqual([])
      await expectCode(store.faces.delete(id, ann.faces[1]!), 'faceNotFound')
    })

    it('erases a face that is set aside when a deletion says so', async () => {
      const ann = await enrol('Ann', 1, 2)
      const done = await store.setAside.add(id, ann.id, [ann.faces[1]!])
      await expectCode(store.faces.delete(id, ann.faces[1]!, undoable), 'faceNotFound')
      await store.faces.delete(id, ann.faces[1]!)
      expect(await listed(ann.id)).toEqual([])
      expect(outcomes(await store.setAside.restore(id, ann.id, ann.faces))).toEqual([
        ...['alreadyThere', 'notFound'],
      ])
      expect(await newest()).toMatchObject({ kind: 'faceDeleted', faceCount: 1 })
      await expectCode(store.history.undo(id, (await newest()).id, undoable), 'undoRefused')
      await expectCode(store.history.undo(id, done.entryId!, undoable), 'undoRefused')
    })

    it('follows the person in a merge, and goes back when that is undone', async () => {
      const ann = await enrol('Ann', 1)
      const anna = await enrol('Anna', 2, 3)
      await store.setAside.add(id, anna.id, [anna.faces[1]!])
      const before = await readGallery()
      for (const how of [undoable, {}]) {
        const merge = { into: ann.id, from: [anna.id] }
        const merged = await store.persons.merge(id, merge, how)
        expect(await listed(ann.id)).toEqual([anna.faces[1]])
        expect((await store.setAside.list(id, ann.id)).items[0]!.personId).toBe(ann.id)
        if (how !== undoable) continue
        const undone = await store.history.undo(id, merged.entryId, how)
        expect(await readGallery()).toEqual(before)
        await store.history.undo(id, undone.id, how)
        expect(await listed(ann.id)).toEqual([anna.faces[1]])
        await store.history.undo(id, (await newest()).id, how)
        expect(await readGallery()).toEqual(before)
      }
      const back = await store.setAside.restore(id, ann.id, [anna.faces[1]!])
      expect(back.person.faceCount).toBe(3)
      expect((await store.faces.get(id, anna.faces[1]!)).personId).toBe(ann.id)
      expect(await store.faces.getCrop(id, anna.faces[1]!)).toEqual(crop)
    })

    it('says in the way of which undo it is', async () => {
      const ann = await enrol('Ann', 1, 2)
      const added = await newest()
      await store.setAside.add(id, ann.id, [ann.faces[1]!])
      await expect(store.history.undo(id, added.id, undoable)).rejects.toMatchObject({
        code: 'undoRefused',
        message: expect.stringContaining('set aside since'),
      })
      const ben = await store.persons.create(id, { name: 'Ben' })
      const made = await newest()
      const { faces } = await store.faces.add(id, ben.id, [makeFace(5)])
      await store.setAside.add(id, ben.id, [faces[0]!.id])
      await expect(store.history.undo(id, made.id, undoable)).rejects.toMatchObject({
        message: expect.stringContaining('other faces'),
      })
    })

    it('keeps a person whose other faces are moved away', async () => {
      const ann = await enrol('Ann', 1, 2)
      const ben = await enrol('Ben', 3)
      await store.setAside.add(id, ann.id, [ann.faces[1]!])
      const moving = { ...undoable, removeEmptied: true }
      const moved = await store.faces.move(id, [ann.faces[0]!], ben.id, moving)
      expect(moved.emptied).toEqual([])
      expect(await listed(ann.id)).toEqual([ann.faces[1]])
    })

    it('does not store a photograph that is set aside a second time', async () => {
      const ann = await enrol('Ann', 1, 2)
      await store.setAside.add(id, ann.id, [ann.faces[1]!])
      const { imageHash } = makeFace(2)
      const again = await store.faces.add(id, ann.id, [makeFace(2), makeFace(9)])
      expect(
        again.faces.map((face) => [face.alreadyEnrolled, face.setAsideAt !== undefined]),
      ).toEqual([
        [true, true],
        [false, false],
      ])
      expect(again.faces[0]!.id).toBe(ann.faces[1])
      expect(again.person.faceCount).toBe(2)
      expect(await store.faces.findByImage(id, imageHash)).toMatchObject([
        { id: ann.faces[1], personId: ann.id, setAsideAt: expect.any(String) },
      ])
      // Of another person it is a face like any other.
      const ben = await store.faces.add(id, { name: 'Ben' }, [makeFace(2)])
      expect(ben.faces[0]!.alreadyEnrolled).toBe(false)
      await store.persons.merge(id, { into: ann.id, from: [ben.person.id] }, undoable)
      const back = await store.setAside.restore(id, ann.id, [ann.faces[1]!])
      expect(outcomes(back)).toEqual(['sameImage'])
      expect(await listed(ann.id)).toEqual([ann.faces[1]])
      await store.faces.delete(id, ben.faces[0]!.id, undoable)
      expect(outcomes(await store.setAside.restore(id, ann.id, [ann.faces[1]!]))).toEqual([
        'restored',
      ])
      // The deleted face would be the second of its photograph.
      await expectCode(
        store.history.undo(id, (await store.history.list(id)).items[1]!.id),
        'undoRefused',
      )
    })

    it('leaves faces that something was said of', async () => {
      const ann = await enrol('Ann', 1, 2)
      const ben = await enrol('Ben', 3)
      const [stated] = ann.faces
      const reject = (faceId: string) =>
        store.statements.add(id, ben.id, { kind: 'rejection', of: { faceId } })
      await reject(stated!)
      expect(outcomes(await store.setAside.add(id, ann.id, ann.faces))).toEqual([
        ...['stated', 'setAside'],
      ])
      const back = await store.setAside.restore(id, ann.id, [ann.faces[1]!])
      await reject(ann.faces[1]!)
      // An undo takes what was said along, for as long as the face is set aside.
      await store.history.undo(id, back.entryId!, undoable)
      const rejections = async () =>
        (await store.statements.list(id, { personId: ben.id })).items.map(({ faceId }) => faceId)
      expect(await rejections()).toEqual([stated])
      expect(await store.history.eraseTrash(later, 100)).toBe(0)
      await store.setAside.restore(id, ann.id, [ann.faces[1]!])
      expect(await rejections()).toEqual([stated, ann.faces[1]])
    })

    it('comes back without an embedding where the collection has another model by then', async () => {
      const ann = await enrol('Ann', 1, 2)
      await store.setAside.add(id, ann.id, [ann.faces[1]!])
      const second = { modelId: 'other-model', dimension: 8, policy: collection.policy }
      const begun = await store.secondModels.begin(id, second)
      const set = { id, modelId: 'other-model' }
      expect(await store.secondModels.countLacking(set)).toBe(1)
      await store.secondModels.fill(set, [{ faceId: ann.faces[0]!, embedding: makeEmbedding(21) }])
      const switched = await store.secondModels.switchTo(begun)
      const ended = await store.secondModels.end(switched!)
      expect((await store.setAside.list(id, ann.id)).items).toMatchObject([
        { id: ann.faces[1], modelId: 'other-model', missingEmbedding: true },
      ])
      await store.setAside.restore(id, ann.id, [ann.faces[1]!])
      expect(await store.faces.get(id, ann.faces[1]!)).toMatchObject({ missingEmbedding: true })
      const lacking = await store.secondModels.lacking({ ...ended!, id }, { limit: 10 })
      expect(lacking).toMatchObject([{ faceId: ann.faces[1], crop }])
      const filled = [{ faceId: ann.faces[1]!, embedding: makeEmbedding(22) }]
      expect(await store.secondModels.fill(set, filled)).toBe(1)
      expect(await store.faces.get(id, ann.faces[1]!)).not.toHaveProperty('missingEmbedding')
    })

    it('does it once for callers at once, also on two nodes', async () => {
      const other = await under().fixture.open()
      const ann = await enrol('Ann', 1, 2, 3, 4, 5)
      const nodes = [store, other, store, other]
      const done = await Promise.all(
        nodes.map((node) => node.setAside.add(id, ann.id, ann.faces, { keep: 2 })),
      )
      const all = done.flatMap(outcomes)
      expect(all.filter((outcome) => outcome === 'setAside')).toHaveLength(3)
      expect(await presentFaces(ann.id)).toHaveLength(2)
      const aside = await listed(ann.id)
      const back = await Promise.all(nodes.map((node) => node.setAside.restore(id, ann.id, aside)))
      expect(back.flatMap(outcomes).filter((outcome) => outcome === 'restored')).toHaveLength(3)
      expect(await presentFaces(ann.id)).toEqual(ann.faces)
      expect(await store.collections.counts(id)).toEqual({ persons: 1, faces: 5 })
      const mixed = await Promise.all([
        store.setAside.add(id, ann.id, [ann.faces[0]!]),
        other.faces.delete(id, ann.faces[0]!, undoable).catch(() => undefined),
        other.faces.add(id, ann.id, [makeFace(1)]),
      ])
      expect(mixed[0].person.id).toBe(ann.id)
      const { faceCount } = await store.persons.get(id, ann.id)
      expect(await presentFaces(ann.id)).toHaveLength(faceCount)
      await other.close()
    })

    it('goes with its collection', async () => {
      const ann = await enrol('Ann', 1, 2)
      await store.setAside.add(id, ann.id, [ann.faces[0]!])
      await store.collections.delete('default')
      const again = await makeCollection(store)
      await expectCode(store.setAside.list(again.id, ann.id), 'personNotFound')
      await expectCode(store.setAside.list(id, ann.id), 'personNotFound')
    })
  })
}
