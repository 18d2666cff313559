import { beforeEach, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../src/core/errors.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readPages, unknownId } from './fixture.ts'

/** What the port `faces` does in every database. */
export function describeFaces(under: () => DatabaseUnderTest): void {
  describe('faces', () => {
    let store: Database
    let collection: Collection

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store, { storeCrops: true })
    })

    it('stores a new person with faces and answers all that was given', async () => {
      const crop = makeCrop(Uint8Array.from([255, 0, 1, 2]))
      const given = makeFace(1, { crop })
      const { person, faces } = await store.faces.add(
        collection.id,
        { name: 'Ann', metadata: { a: 1 } },
        [given, makeFace(2)],
      )
      expect(person).toMatchObject({ name: 'Ann', metadata: { a: 1 }, faceCount: 2 })
      const [face, second] = faces
      expect(face).toMatchObject({
        personId: person.id,
        modelId: 'test-model',
        quality: given.quality,
        box: given.box,
        landmarks: given.landmarks,
        imageHash: given.imageHash,
        hasCrop: true,
        alreadyEnrolled: false,
      })
      expect(second!.hasCrop).toBe(false)
      const { alreadyEnrolled: _, ...stored } = face!
      expect(await store.faces.get(collection.id, face!.id)).toEqual(stored)
      expect(await store.faces.getCrop(collection.id, face!.id)).toEqual(crop)
      expect(await store.faces.getCrop(collection.id, second!.id)).toBeUndefined()
      expect(await store.persons.get(collection.id, person.id)).toEqual(person)
    })

    it('keeps embeddings to the bit and answers them by face, by person and in batches', async () => {
      const ann = await store.faces.add(collection.id, { name: 'Ann' }, [makeFace(1), makeFace(2)])
      const bob = await store.faces.add(collection.id, { name: 'Bob' }, [makeFace(3)])
      const ids = [...ann.faces, ...bob.faces].map((face) => face.id)
      const all = await store.feed.embeddings(collection, { limit: 10 })
      expect(all.faceIds).toEqual(ids)
      for (const [row, seed] of [1, 2, 3].entries()) {
        expectClose(all.embeddings.subarray(row * 8, row * 8 + 8), makeEmbedding(seed))
      }
      const person = await store.faces.getEmbeddings(collection, { personId: ann.person.id })
      expect(person.faceIds).toEqual(ids.slice(0, 2))
      expect(person.embeddings).toEqual(all.embeddings.slice(0, 16))
      const face = await store.faces.getEmbeddings(collection, { faceId: ids[2]! })
      expect(face.embeddings).toEqual(all.embeddings.slice(16))
      const rest = await store.feed.embeddings(collection, { after: ids[0]!, limit: 1 })
      expect(rest.faceIds).toEqual([ids[1]])
      const none = await store.feed.embeddings(collection, { after: ids[2]!, limit: 1 })
      expect(none).toEqual({ faceIds: [], embeddings: new Float32Array(0) })
      const empty = await store.persons.create(collection.id, { name: 'Nobody' })
      const of = { personId: empty.id }
      expect((await store.faces.getEmbeddings(collection, of)).faceIds).toEqual([])
    })

    it('does not store the same face of the same image twice', async () => {
      const { person, faces } = await store.faces.add(collection.id, { name: 'Ann' }, [
        makeFace(1),
        makeFace(1),
      ])
      expect(faces.map((face) => face.alreadyEnrolled)).toEqual([false, true])
      expect(faces[1]!.id).toBe(faces[0]!.id)
      const cursor = await store.feed.latestCursor()
      const again = await store.faces.add(collection.id, person.id, [makeFace(1), makeFace(2)])
      expect(again.faces.map((face) => face.alreadyEnrolled)).toEqual([true, false])
      expect(again.person.faceCount).toBe(2)
      expect(await store.feed.changes(cursor, 10)).toHaveLength(1)
      const box = { x: 0, y: 0, width: 5, height: 5 }
      const otherBox = await store.faces.add(collection.id, person.id, [makeFace(1, { box })])
      expect(otherBox.faces[0]!.alreadyEnrolled).toBe(false)
      const otherPerson = await store.faces.add(collection.id, { name: 'Bob' }, [makeFace(1)])
      expect(otherPerson.faces[0]!.alreadyEnrolled).toBe(false)
    })

    it.each<[string, ErrorCode, Parameters<typeof makeFace>[1]]>([
      ['another model', 'modelMismatch', { modelId: 'other' }],
      ['another dimension', 'dimensionMismatch', { embedding: makeEmbedding(1, 9) }],
      ['NaN', 'invalidEmbedding', { embedding: new Float32Array(8).fill(Number.NaN) }],
      ['infinity', 'invalidEmbedding', { embedding: new Float32Array(8).fill(1e38) }],
      ['zeros', 'invalidEmbedding', { embedding: new Float32Array(8) }],
      ['a norm of 2', 'invalidEmbedding', { embedding: makeEmbedding(1).map((v) => 2 * v) }],
      ['a bad image hash', 'invalidOption', { imageHash: 'x' }],
    ])('stores nothing when one of the faces has %s', async (_, code, bad) => {
      const cursor = await store.feed.latestCursor()
      const faces = [makeFace(1), makeFace(2, bad), makeFace(3)]
      await expectCode(store.faces.add(collection.id, { name: 'Ann' }, faces), code)
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
      expect(await store.feed.changes(cursor, 10)).toEqual([])
    })

    it('normalises an embedding that is nearly of length 1', async () => {
      const embedding = makeEmbedding(1).map((value) => value * 1.0005)
      const { faces } = await store.faces.add(collection.id, { name: 'A' }, [
        makeFace(1, { embedding }),
      ])
      const stored = await store.faces.getEmbeddings(collection, { faceId: faces[0]!.id })
      // observed 6e-8, bound 1e-6
      expect(Math.abs(Math.hypot(...stored.embeddings) - 1)).toBeLessThan(1e-6)
    })

    it('keeps no crop in a collection that does not store crops', async () => {
      const other = await makeCollection(store, { name: 'no-crops' })
      const crop = makeCrop(Uint8Array.from([1]))
      const { faces } = await store.faces.add(other.id, { name: 'A' }, [makeFace(1, { crop })])
      expect(faces[0]!.hasCrop).toBe(false)
      expect(await store.faces.getCrop(other.id, faces[0]!.id)).toBeUndefined()
    })

    it('deletes a face, which is a change', async () => {
      const { person, faces } = await store.faces.add(collection.id, { name: 'A' }, [
        makeFace(1, { crop: { bytes: Uint8Array.from([1]) } }),
        makeFace(2),
      ])
      const cursor = await store.feed.latestCursor()
      await store.faces.delete(collection.id, faces[0]!.id)
      await expectCode(store.faces.get(collection.id, faces[0]!.id), 'faceNotFound')
      await expectCode(store.faces.getCrop(collection.id, faces[0]!.id), 'faceNotFound')
      await expectCode(store.faces.delete(collection.id, faces[0]!.id), 'faceNotFound')
      const of = { faceId: faces[0]!.id }
      await expectCode(store.faces.getEmbeddings(collection, of), 'faceNotFound')
      expect((await store.persons.get(collection.id, person.id)).faceCount).toBe(1)
      expect(await store.feed.changes(cursor, 10)).toMatchObject([
        { kind: 'faceRemoved', collectionId: collection.id, faceId: faces[0]!.id },
      ])
      const again = await store.faces.add(collection.id, person.id, [makeFace(1)])
      expect(again.faces[0]!.alreadyEnrolled).toBe(false)
      expect(again.faces[0]!.id).not.toBe(faces[0]!.id)
    })

    it('lists faces in pages, of all or of one person', async () => {
      const ann = await store.faces.add(
        collection.id,
        { name: 'A' },
        [1, 2, 3].map((i) => makeFace(i)),
      )
      const bob = await store.faces.add(collection.id, { name: 'B' }, [makeFace(4)])
      const all = await readPages((page) => store.faces.list(collection.id, page), 3)
      expect(all.map((page) => page.length)).toEqual([3, 1])
      const personId = ann.person.id
      const own = await readPages(
        (page) => store.faces.list(collection.id, { ...page, personId }),
        2,
      )
      expect(own.flat().map((face) => face.id)).toEqual(ann.faces.map((face) => face.id))
      expect(all[1]![0]!.personId).toBe(bob.person.id)
      expect((await store.faces.list(collection.id, { personId: 'x\0' })).items).toEqual([])
    })

    it('answers the owners of faces in the order asked, without those that are gone', async () => {
      const ann = await store.faces.add(collection.id, { name: 'A', metadata: { n: 1 } }, [
        makeFace(1),
        makeFace(2),
      ])
      const bob = await store.faces.add(collection.id, { name: 'B' }, [makeFace(3)])
      const other = await makeCollection(store, { name: 'other' })
      const far = await store.faces.add(other.id, { name: 'C' }, [makeFace(4)])
      const [a1, a2] = ann.faces.map((face) => face.id)
      const b1 = bob.faces[0]!.id
      await store.faces.delete(collection.id, a2!)
      const asked = [b1, unknownId, a1!, a2!, far.faces[0]!.id, 'x\0']
      expect(await store.faces.getOwners(collection.id, asked)).toEqual([
        { faceId: b1, personId: bob.person.id, personName: 'B', personMetadata: {} },
        { faceId: a1, personId: ann.person.id, personName: 'A', personMetadata: { n: 1 } },
      ])
      expect(await store.faces.getOwners(collection.id, [])).toEqual([])
    })

    it('looks up owners of found faces and what matters of the persons', async () => {
      const faces = (first: number, count: number) =>
        Array.from({ length: count }, (_, i) => makeFace(first + i))
      const ann = await store.faces.add(collection.id, { name: 'A' }, faces(0, 3))
      const bob = await store.faces.add(collection.id, { name: 'B' }, faces(10, 2))
      const many = await store.faces.add(collection.id, { name: 'M' }, faces(100, 40))
      const other = await makeCollection(store, { name: 'far' })
      const far = await store.faces.add(other.id, { name: 'F' }, [makeFace(1)])
      const idOf = (of: typeof ann, i = 0): string => of.faces[i]!.id
      const list = [idOf(far), idOf(ann), idOf(bob), idOf(bob, 1)]
      const found = await store.faces.lookUpNearest(collection, [list, [], [idOf(many)]])
      expect(found.owners.map(({ faceId, personName }) => [faceId, personName])).toEqual([
        [idOf(ann), 'A'],
        [idOf(bob), 'B'],
        [idOf(bob, 1), 'B'],
        [idOf(many), 'M'],
      ])
      const summaryOf = ({ person }: typeof ann) =>
        found.persons.find(({ personId }) => personId === person.id)
      expect(new Set(summaryOf(ann)?.faceIds)).toEqual(new Set(ann.faces.map(({ id }) => id)))
      expect(summaryOf(ann)?.complete).toBe(true)
      expect(summaryOf(bob)?.faceIds).toHaveLength(2)
      // The lowest image hashes.
      const sample = [...many.faces].sort((a, b) => (a.imageHash < b.imageHash ? -1 : 1))
      expect(summaryOf(many)?.faceIds).toEqual(sample.slice(0, 32).map(({ id }) => id))
      expect(summaryOf(many)?.complete).toBe(false)
      const sum = makeEmbedding(10).map((value, i) => value + makeEmbedding(11)[i]!)
      const norm = Math.hypot(...sum)
      for (const [i, value] of summaryOf(bob)?.mean?.entries() ?? []) {
        expect(value).toBeCloseTo(sum[i]! / norm, 5)
      }
      expect(summaryOf(bob)?.mean).toHaveLength(sum.length)
      const row = found.nearest.faceIds.indexOf(idOf(ann))
      const { length } = makeEmbedding(0)
      expect([...found.nearest.embeddings.subarray(row * length, (row + 1) * length)]).toEqual([
        ...makeEmbedding(0),
      ])
      const none = await store.faces.lookUpNearest(collection, [[], [idOf(far), 'x']])
      expect(none.owners).toEqual([])
      expect([none.persons, none.nearest.faceIds]).toEqual([[], []])
    })

    it('counts the faces of the collection with what it looks up', async () => {
      const count = async (id: string, lists: readonly (readonly string[])[]) =>
        (await store.faces.lookUpNearest({ id, modelId: 'test-model' }, lists)).faces
      expect(await count(collection.id, [])).toBe(0)
      const { faces } = await store.faces.add(collection.id, { name: 'A' }, [
        makeFace(1),
        makeFace(2),
      ])
      const ids = faces.map((face) => face.id)
      expect(await count(collection.id, [ids])).toBe(2)
      await store.faces.delete(collection.id, ids[0]!)
      const { owners, faces: left } = await store.faces.lookUpNearest(collection, [ids])
      expect(owners.map(({ faceId }) => faceId)).toEqual([ids[1]])
      expect(left).toBe(1)
      const other = await makeCollection(store, { name: 'empty' })
      expect(await count(other.id, [ids])).toBe(0)
      expect(await count(unknownId, [ids])).toBe(0)
    })

    it('keeps a face that came without an image, once', async () => {
      const { quality: _q, box: _b, landmarks: _l, ...face } = makeFace(1)
      const { person, faces } = await store.faces.add(collection.id, { name: 'A' }, [face])
      for (const key of ['quality', 'box', 'landmarks']) expect(faces[0]).not.toHaveProperty(key)
      const { alreadyEnrolled, ...stored } = faces[0]!
      expect(alreadyEnrolled).toBe(false)
      expect(await store.faces.get(collection.id, stored.id)).toEqual(stored)
      const again = await store.faces.add(collection.id, person.id, [face, face])
      expect(again.faces).toEqual([
        { ...stored, alreadyEnrolled: true },
        { ...stored, alreadyEnrolled: true },
      ])
      // The same hash with a place in an image is another face.
      const other = await store.faces.add(collection.id, person.id, [makeFace(1)])
      expect(other.faces[0]).toMatchObject({ alreadyEnrolled: false, box: makeFace(1).box })
    })

    it('takes a box without size, as earlier versions stored it, for no image', async () => {
      const box = { x: 0, y: 0, width: 0, height: 0 }
      const old = makeFace(1, { box })
      const { faces } = await store.faces.add(collection.id, { name: 'A' }, [old])
      for (const key of ['quality', 'box', 'landmarks']) expect(faces[0]).not.toHaveProperty(key)
    })

    it('answers the collection as it is now with what it looks up', async () => {
      const look = async (id: string, lists: readonly (readonly string[])[] = []) =>
        (await store.faces.lookUpNearest({ id, modelId: 'test-model' }, lists)).collection
      const { faces } = await store.faces.add(collection.id, { name: 'A' }, [makeFace(1)])
      const lists = [faces.map(({ id }) => id)]
      expect(await look(collection.id)).toEqual(await store.collections.get(collection.name))
      const policy = { ...collection.policy, fpir: 0.02 }
      const updated = await store.collections.update(collection, { policy })
      expect(await look(collection.id, lists)).toEqual(updated)
      await store.collections.delete(collection.name)
      expect(await look(collection.id, lists)).toBeUndefined()
      expect(await look(unknownId)).toBeUndefined()
      expect(await look('x')).toBeUndefined()
    })

    it('reads no face of a person behind the first with one face in the list', async () => {
      const add = async (name: string, first: number) => {
        const added = await store.faces.add(collection.id, { name }, [
          makeFace(first),
          makeFace(first + 1),
        ])
        return { personId: added.person.id, ids: added.faces.map((face) => face.id) }
      }
      const [ann, bob, cyn, dan] = [
        await add('A', 0),
        await add('B', 10),
        await add('C', 20),
        await add('D', 30),
      ] as const
      const list = [ann.ids[0]!, bob.ids[0]!, cyn.ids[0]!, cyn.ids[1]!, ...dan.ids]
      const { persons, nearest } = await store.faces.lookUpNearest(collection, [list])
      // Ann is the first, Cyn has two near faces, Dan is the fourth.
      expect(persons.map(({ personId }) => personId)).toEqual([ann.personId, cyn.personId])
      expect(persons.map(({ faceIds }) => new Set(faceIds))).toEqual([
        new Set(ann.ids),
        new Set(cyn.ids),
      ])
      expect(nearest.faceIds).toEqual([ann.ids[0], cyn.ids[0]])
      expect(nearest.embeddings).toHaveLength(2 * makeEmbedding(0).length)
    })

    it('finds the faces that came from an image file', async () => {
      const { faces } = await store.faces.add(collection.id, { name: 'A' }, [
        makeFace(1),
        makeFace(2),
      ])
      const other = await makeCollection(store, { name: 'other' })
      const hash = makeFace(1).imageHash
      const found = await store.faces.findByImage(collection.id, hash)
      expect(found.map((face) => face.id)).toEqual([faces[0]!.id])
      expect(await store.faces.findByImage(other.id, hash)).toEqual([])
      expect(await store.faces.findByImage(collection.id, 'x')).toEqual([])
    })
  })
}

/** Bound: one rounding of float32 in the normalisation. */
function expectClose(actual: Float32Array, expected: Float32Array): void {
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))
  // observed 6e-8, bound 1e-6
  expect(worst).toBeLessThan(1e-6)
}
