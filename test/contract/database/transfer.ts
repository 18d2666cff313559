import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import type { StoredFace } from '../../../src/storage/ports/faces.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, type DatabaseUnderTest, readFeed, unknownId } from './fixture.ts'

/**
 * What the port `transfer` does in every database, when a gallery is moved out of it or into it.
 *
 * @param createOther  the database that it is moved to
 */
export function describeTransfer(
  under: () => DatabaseUnderTest,
  createOther: () => Promise<DatabaseFixture>,
): void {
  describe('transfer', () => {
    let other: DatabaseFixture
    let source: Database
    let target: Database

    beforeEach(async () => {
      source = under().store
      other = await createOther()
      target = await other.open()
    })

    afterEach(() => other.dispose())

    async function readAllFaces(store: Database, collectionId: string): Promise<StoredFace[]> {
      return [...(await store.transfer.readFaces(collectionId, { limit: 1000 }))]
    }

    async function move(collection: Collection): Promise<void> {
      await target.transfer.restoreCollection(collection)
      const { items } = await source.persons.list(collection.id)
      await target.transfer.restorePersons(collection.id, items)
      await target.transfer.restoreFaces(collection.id, await readAllFaces(source, collection.id))
    }

    /** A collection of two persons with three faces, two with crops. */
    async function fill(): Promise<Collection> {
      const collection = await makeCollection(source, {
        storeCrops: true,
        policy: { maxFpir: 0.02, possibleFpir: 0.2, threshold: 0.5 },
      })
      await source.faces.add(
        collection.id,
        { name: 'Zoë Müller 👩‍🚀', metadata: { badge: 7, nul: 'a\0b', deep: [{ x: null }] } },
        [makeFace(1, { crop: makeCrop(Uint8Array.of(0, 255, 1, 2)) }), makeFace(2)],
      )
      await source.faces.add(collection.id, { name: 'Bob' }, [
        makeFace(3, { crop: { bytes: new Uint8Array(50_000).fill(7) } }),
      ])
      return collection
    }

    it('keeps everything of a gallery: ids, times, metadata, embeddings bit for bit, crops', async () => {
      const collection = await fill()
      await source.persons.create(collection.id, { name: 'Nobody yet' })
      await move(collection)
      expect(await target.collections.get('default')).toEqual(collection)
      const persons = await source.persons.list(collection.id)
      expect(persons.items.map((person) => person.faceCount)).toEqual([2, 1, 0])
      expect(await target.persons.list(collection.id)).toEqual(persons)
      const faces = await readAllFaces(source, collection.id)
      expect(faces.map((face) => face.crop?.bytes.length)).toEqual([4, undefined, 50_000])
      expect(faces.map((face) => face.hasCrop)).toEqual([true, false, true])
      expect(await readAllFaces(target, collection.id)).toEqual(faces)
      expect(await target.faces.list(collection.id)).toEqual(await source.faces.list(collection.id))
      expect(await target.collections.counts(collection.id)).toEqual({ persons: 3, faces: 3 })
      expect(await target.faces.getCrop(collection.id, faces[0]!.id)).toEqual(faces[0]!.crop)
    })

    it('keeps the crops of a collection that no longer takes any', async () => {
      const collection = await fill()
      const closed = await source.collections.update(collection, { storeCrops: false })
      await move(closed!)
      expect(await readAllFaces(target, collection.id)).toEqual(
        await readAllFaces(source, collection.id),
      )
    })

    it('keeps an embedding whose norm is off by rounding as it is', async () => {
      const collection = await makeCollection(target)
      const person = await target.persons.create(collection.id, { name: 'Ann' })
      const embedding = makeEmbedding(1).map((value) => value * 1.0001)
      await target.transfer.restoreFaces(collection.id, [toStored(person.id, { embedding })])
      expect((await readAllFaces(target, collection.id))[0]!.embedding).toEqual(embedding)
    })

    it('tells of restored faces in the feed and gives them to a rebuild', async () => {
      const collection = await fill()
      const before = await target.feed.latestCursor()
      await move(collection)
      const faces = await readAllFaces(source, collection.id)
      const changes = await readFeed(target, { after: before })
      expect(changes.map(({ kind, faceId, embedding }) => ({ kind, faceId, embedding }))).toEqual(
        faces.map(({ id, embedding }) => ({ kind: 'faceAdded', faceId: id, embedding })),
      )
      const batch = await target.feed.embeddings(collection, { limit: 10 })
      expect(batch).toEqual(await source.feed.embeddings(collection, { limit: 10 }))
      expect(batch.faceIds).toEqual(faces.map((face) => face.id))
    })

    it('changes nothing when what is there is restored again', async () => {
      const collection = await fill()
      await move(collection)
      const person = (await target.persons.list(collection.id)).items[1]!
      await target.persons.update(collection.id, person.id, { name: 'Robert' })
      await target.collections.update(collection, { storeCrops: false })
      const persons = await target.persons.list(collection.id)
      const cursor = await target.feed.latestCursor()
      await move(collection)
      expect(await readFeed(target, { after: cursor })).toEqual([])
      expect(await target.persons.list(collection.id)).toEqual(persons)
      expect((await target.collections.get('default')).storeCrops).toBe(false)
      expect(await readAllFaces(target, collection.id)).toEqual(
        await readAllFaces(source, collection.id),
      )
    })

    it('goes on where a move was interrupted', async () => {
      const collection = await fill()
      await target.transfer.restoreCollection(collection)
      const { items } = await source.persons.list(collection.id)
      const faces = await readAllFaces(source, collection.id)
      await target.transfer.restorePersons(collection.id, items.slice(0, 1))
      await target.transfer.restoreFaces(collection.id, faces.slice(0, 1))
      await move(collection)
      expect(await readAllFaces(target, collection.id)).toEqual(faces)
      expect(await target.persons.list(collection.id)).toEqual(
        await source.persons.list(collection.id),
      )
      expect(await readFeed(target)).toHaveLength(3)
    })

    it('lets two stores restore the same at once', async () => {
      const collection = await fill()
      const second = await other.open()
      const { items } = await source.persons.list(collection.id)
      const faces = await readAllFaces(source, collection.id)
      const both = [target, second]
      await Promise.all(both.map((store) => store.transfer.restoreCollection(collection)))
      await Promise.all(both.map((store) => store.transfer.restorePersons(collection.id, items)))
      await Promise.all(both.map((store) => store.transfer.restoreFaces(collection.id, faces)))
      expect(await readAllFaces(second, collection.id)).toEqual(faces)
      expect(await target.persons.list(collection.id)).toEqual(
        await source.persons.list(collection.id),
      )
      expect(await readFeed(target)).toHaveLength(3)
    })

    it("does not store a person's face of the same place in the same image twice", async () => {
      const collection = await fill()
      await move(collection)
      const [face] = await readAllFaces(source, collection.id)
      await target.transfer.restoreFaces(collection.id, [{ ...face!, id: unknownId }])
      expect(await target.collections.counts(collection.id)).toEqual({ persons: 2, faces: 3 })
      expect((await target.persons.get(collection.id, face!.personId)).faceCount).toBe(2)
    })

    it('goes on as an ordinary gallery: what was restored can be found, changed and deleted', async () => {
      const collection = await fill()
      await move(collection)
      const { person, faces } = await target.faces.add(collection.id, { name: 'New' }, [
        makeFace(9),
      ])
      const [first] = await readAllFaces(source, collection.id)
      expect(faces[0]!.id > first!.id).toBe(true)
      expect(await target.faces.findByImage(collection.id, first!.imageHash)).toHaveLength(1)
      expect((await target.persons.list(collection.id, { name: 'zoe\u0308' })).items).toHaveLength(
        1,
      )
      const again = await target.faces.add(collection.id, first!.personId, [makeFace(1)])
      expect(again.faces[0]).toMatchObject({ id: first!.id, alreadyEnrolled: true })
      await target.persons.delete(collection.id, first!.personId)
      expect(await target.collections.counts(collection.id)).toEqual({ persons: 2, faces: 2 })
      expect((await target.persons.get(collection.id, person.id)).faceCount).toBe(1)
      await target.collections.delete('default')
      expect((await readFeed(target)).at(-1)).toMatchObject({ kind: 'collectionRemoved' })
    })

    it('refuses a collection whose name or id stands for another one', async () => {
      const collection = await makeCollection(target)
      const clashes: Partial<Collection>[] = [
        { id: unknownId },
        { name: 'other' },
        { modelId: 'other-model' },
        { dimension: 16 },
      ]
      for (const clash of clashes) {
        await expectCode(
          target.transfer.restoreCollection({ ...collection, ...clash }),
          'collectionExists',
        )
      }
      const bad = { ...collection, id: unknownId, name: '../a' }
      await expectCode(target.transfer.restoreCollection(bad), 'invalidName')
      expect((await target.collections.list()).items).toEqual([collection])
    })

    it('restores persons all or none', async () => {
      const collection = await makeCollection(target)
      const now = new Date(0).toISOString()
      const ann = {
        ...{ name: 'Ann', aliases: [], metadata: {}, hidden: false, favourite: false },
        ...{ revision: 1, createdAt: now, updatedAt: now },
      }
      const good = { ...ann, id: unknownId }
      const id = '01ARZ3NDEKTSV4RRFFQ69G5FAW'
      const metadata = { text: 'x'.repeat(16_384) }
      const restore = (bad: Partial<typeof good>) =>
        target.transfer.restorePersons(collection.id, [good, { ...ann, id, ...bad }])
      await expectCode(restore({ name: 'a\0b' }), 'invalidName')
      await expectCode(restore({ metadata }), 'invalidMetadata')
      const taken = { ...good, id, externalId: '17' }
      await expectCode(
        target.transfer.restorePersons(collection.id, [{ ...good, externalId: '17' }, taken]),
        'externalIdTaken',
      )
      await expectCode(target.transfer.restorePersons(unknownId, [good]), 'collectionNotFound')
      expect(await target.collections.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
    })

    it('restores faces all or none', async () => {
      const collection = await makeCollection(target)
      const person = await target.persons.create(collection.id, { name: 'Ann' })
      const before = await target.feed.latestCursor()
      const good = toStored(person.id, {})
      const restore = (bad: Partial<StoredFace>) =>
        target.transfer.restoreFaces(collection.id, [
          good,
          { ...toStored(person.id, makeFace(2)), id: '01ARZ3NDEKTSV4RRFFQ69G5FAW', ...bad },
        ])
      await expectCode(restore({ personId: unknownId }), 'personNotFound')
      await expectCode(restore({ modelId: 'other-model' }), 'modelMismatch')
      await expectCode(restore({ embedding: makeEmbedding(1, 16) }), 'dimensionMismatch')
      await expectCode(restore({ embedding: new Float32Array(8) }), 'invalidEmbedding')
      await expectCode(target.transfer.restoreFaces(unknownId, [good]), 'collectionNotFound')
      expect(await target.collections.counts(collection.id)).toEqual({ persons: 1, faces: 0 })
      expect(await readFeed(target, { after: before })).toEqual([])
    })

    it('does not take a person of another collection for its own', async () => {
      const [one, two] = [await makeCollection(target), await makeCollection(target, { name: 'b' })]
      const person = await target.persons.create(one.id, { name: 'Ann' })
      await target.transfer.restorePersons(two.id, [person])
      await expectCode(
        target.transfer.restoreFaces(two.id, [toStored(person.id, {})]),
        'personNotFound',
      )
      expect(await target.collections.counts(one.id)).toEqual({ persons: 1, faces: 0 })
      expect(await target.collections.counts(two.id)).toEqual({ persons: 0, faces: 0 })
    })

    it('reads faces in pages of the asked size, of one collection only', async () => {
      const collection = await makeCollection(source)
      const other = await makeCollection(source, { name: 'other' })
      const faces = Array.from({ length: 7 }, (_, i) => makeFace(i))
      const added = await source.faces.add(collection.id, { name: 'Ann' }, faces)
      await source.faces.add(other.id, { name: 'Bob' }, [makeFace(9)])
      const sizes: number[] = []
      const ids: string[] = []
      for (;;) {
        const after = ids.at(-1)
        const page = await source.transfer.readFaces(collection.id, {
          limit: 3,
          ...(after === undefined ? {} : { after }),
        })
        if (page.length === 0) break
        sizes.push(page.length)
        ids.push(...page.map((face) => face.id))
      }
      expect(sizes).toEqual([3, 3, 1])
      expect(ids).toEqual(added.faces.map((face) => face.id))
      expect(await source.transfer.readFaces(unknownId, { limit: 3 })).toEqual([])
    })

    it('answers embeddings of those of the listed faces that exist', async () => {
      const collection = await fill()
      const other = await makeCollection(source, { name: 'other' })
      const foreign = await source.faces.add(other.id, { name: 'Eve' }, [makeFace(4)])
      const faces = await readAllFaces(source, collection.id)
      const batch = await source.faces.getEmbeddings(collection, {
        faceIds: [faces[2]!.id, unknownId, foreign.faces[0]!.id, 'a\0b', faces[0]!.id],
      })
      expect([...batch.faceIds].sort()).toEqual([faces[0]!.id, faces[2]!.id])
      for (const [row, id] of batch.faceIds.entries()) {
        expect(batch.embeddings.slice(row * 8, row * 8 + 8)).toEqual(
          faces.find((face) => face.id === id)!.embedding,
        )
      }
      const none = await source.faces.getEmbeddings(collection, { faceIds: [] })
      expect(none).toEqual({ faceIds: [], embeddings: new Float32Array(0) })
    })
  })
}

function toStored(personId: string, overrides: Partial<StoredFace>): StoredFace {
  const createdAt = new Date(0).toISOString()
  return { ...makeFace(1), hasCrop: false, id: unknownId, personId, createdAt, ...overrides }
}
