import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { Change, Collection, GalleryStore, StoredFace } from '../../src/storage/store.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import type { StoreFixture } from './gallery-store.ts'

const unknownId = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

/** What every gallery store does when a gallery is moved out of it or into it. */
export function describeGalleryTransferContract(
  name: string,
  createFixture: () => Promise<StoreFixture>,
): void {
  describe(`gallery transfer: ${name}`, () => {
    let fixtures: StoreFixture[]
    let source: GalleryStore
    let target: GalleryStore

    beforeEach(async () => {
      fixtures = [await createFixture(), await createFixture()]
      source = await fixtures[0]!.open()
      target = await fixtures[1]!.open()
    })

    afterEach(async () => {
      for (const fixture of fixtures) await fixture.dispose()
    })

    async function readAllFaces(store: GalleryStore, collectionId: string): Promise<StoredFace[]> {
      return [...(await store.readFaces(collectionId, { limit: 1000 }))]
    }

    async function move(collection: Collection): Promise<void> {
      await target.restoreCollection(collection)
      const { items } = await source.listPersons(collection.id)
      await target.restorePersons(collection.id, items)
      await target.restoreFaces(collection.id, await readAllFaces(source, collection.id))
    }

    /** A collection of two persons with three faces, two with crops. */
    async function fill(): Promise<Collection> {
      const collection = await makeCollection(source, {
        storeCrops: true,
        policy: { maxFpir: 0.02, possibleFpir: 0.2, threshold: 0.5 },
      })
      await source.addFaces(
        collection.id,
        { name: 'Zoë Müller 👩‍🚀', metadata: { badge: 7, nul: 'a\0b', deep: [{ x: null }] } },
        [makeFace(1, { crop: Uint8Array.of(0, 255, 1, 2) }), makeFace(2)],
      )
      await source.addFaces(collection.id, { name: 'Bob' }, [
        makeFace(3, { crop: new Uint8Array(50_000).fill(7) }),
      ])
      return collection
    }

    it('keeps everything of a gallery: ids, times, metadata, embeddings bit for bit, crops', async () => {
      const collection = await fill()
      await source.createPerson(collection.id, { name: 'Nobody yet' })
      await move(collection)
      expect(await target.getCollection('default')).toEqual(collection)
      const persons = await source.listPersons(collection.id)
      expect(persons.items.map((person) => person.faceCount)).toEqual([2, 1, 0])
      expect(await target.listPersons(collection.id)).toEqual(persons)
      const faces = await readAllFaces(source, collection.id)
      expect(faces.map((face) => face.crop?.length)).toEqual([4, undefined, 50_000])
      expect(faces.map((face) => face.hasCrop)).toEqual([true, false, true])
      expect(await readAllFaces(target, collection.id)).toEqual(faces)
      expect(await target.listFaces(collection.id)).toEqual(await source.listFaces(collection.id))
      expect(await target.counts(collection.id)).toEqual({ persons: 3, faces: 3 })
      expect(await target.getCrop(collection.id, faces[0]!.id)).toEqual(faces[0]!.crop)
    })

    it('keeps the crops of a collection that no longer takes any', async () => {
      const collection = await fill()
      await move(await source.updateCollection('default', { storeCrops: false }))
      expect(await readAllFaces(target, collection.id)).toEqual(
        await readAllFaces(source, collection.id),
      )
    })

    it('keeps an embedding whose norm is off by rounding as it is', async () => {
      const collection = await makeCollection(target)
      const person = await target.createPerson(collection.id, { name: 'Ann' })
      const embedding = makeEmbedding(1).map((value) => value * 1.0001)
      await target.restoreFaces(collection.id, [toStored(person.id, { embedding })])
      expect((await readAllFaces(target, collection.id))[0]!.embedding).toEqual(embedding)
    })

    it('tells of restored faces in the feed and gives them to a rebuild', async () => {
      const collection = await fill()
      const before = await target.latestCursor()
      await move(collection)
      const faces = await readAllFaces(source, collection.id)
      const changes = await readFeed(target, before)
      expect(changes.map(({ kind, faceId, embedding }) => ({ kind, faceId, embedding }))).toEqual(
        faces.map(({ id, embedding }) => ({ kind: 'faceAdded', faceId: id, embedding })),
      )
      const batch = await target.embeddings(collection.id, { limit: 10 })
      expect(batch).toEqual(await source.embeddings(collection.id, { limit: 10 }))
      expect(batch.faceIds).toEqual(faces.map((face) => face.id))
    })

    it('changes nothing when what is there is restored again', async () => {
      const collection = await fill()
      await move(collection)
      const person = (await target.listPersons(collection.id)).items[1]!
      await target.updatePerson(collection.id, person.id, { name: 'Robert' })
      await target.updateCollection('default', { storeCrops: false })
      const persons = await target.listPersons(collection.id)
      const cursor = await target.latestCursor()
      await move(collection)
      expect(await readFeed(target, cursor)).toEqual([])
      expect(await target.listPersons(collection.id)).toEqual(persons)
      expect((await target.getCollection('default')).storeCrops).toBe(false)
      expect(await readAllFaces(target, collection.id)).toEqual(
        await readAllFaces(source, collection.id),
      )
    })

    it('goes on where a move was interrupted', async () => {
      const collection = await fill()
      await target.restoreCollection(collection)
      const { items } = await source.listPersons(collection.id)
      const faces = await readAllFaces(source, collection.id)
      await target.restorePersons(collection.id, items.slice(0, 1))
      await target.restoreFaces(collection.id, faces.slice(0, 1))
      await move(collection)
      expect(await readAllFaces(target, collection.id)).toEqual(faces)
      expect(await target.listPersons(collection.id)).toEqual(
        await source.listPersons(collection.id),
      )
      expect(await readFeed(target)).toHaveLength(3)
    })

    it('lets two stores restore the same at once', async () => {
      const collection = await fill()
      const second = await fixtures[1]!.open()
      const { items } = await source.listPersons(collection.id)
      const faces = await readAllFaces(source, collection.id)
      const both = [target, second]
      await Promise.all(both.map((store) => store.restoreCollection(collection)))
      await Promise.all(both.map((store) => store.restorePersons(collection.id, items)))
      await Promise.all(both.map((store) => store.restoreFaces(collection.id, faces)))
      expect(await readAllFaces(second, collection.id)).toEqual(faces)
      expect(await target.listPersons(collection.id)).toEqual(
        await source.listPersons(collection.id),
      )
      expect(await readFeed(target)).toHaveLength(3)
    })

    it("does not store a person's face of the same place in the same image twice", async () => {
      const collection = await fill()
      await move(collection)
      const [face] = await readAllFaces(source, collection.id)
      await target.restoreFaces(collection.id, [{ ...face!, id: unknownId }])
      expect(await target.counts(collection.id)).toEqual({ persons: 2, faces: 3 })
      expect((await target.getPerson(collection.id, face!.personId)).faceCount).toBe(2)
    })

    it('goes on as an ordinary gallery: what was restored can be found, changed and deleted', async () => {
      const collection = await fill()
      await move(collection)
      const { person, faces } = await target.addFaces(collection.id, { name: 'New' }, [makeFace(9)])
      const [first] = await readAllFaces(source, collection.id)
      expect(faces[0]!.id > first!.id).toBe(true)
      expect(await target.findFacesByImage(collection.id, first!.imageHash)).toHaveLength(1)
      expect((await target.listPersons(collection.id, { name: 'zoe\u0308' })).items).toHaveLength(1)
      const again = await target.addFaces(collection.id, first!.personId, [makeFace(1)])
      expect(again.faces[0]).toMatchObject({ id: first!.id, existed: true })
      await target.deletePerson(collection.id, first!.personId)
      expect(await target.counts(collection.id)).toEqual({ persons: 2, faces: 2 })
      expect((await target.getPerson(collection.id, person.id)).faceCount).toBe(1)
      await target.deleteCollection('default')
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
        await expectError(target.restoreCollection({ ...collection, ...clash }), 'collectionExists')
      }
      const bad = { ...collection, id: unknownId, name: '../a' }
      await expectError(target.restoreCollection(bad), 'invalidName')
      expect((await target.listCollections()).items).toEqual([collection])
    })

    it('restores persons all or none', async () => {
      const collection = await makeCollection(target)
      const now = new Date(0).toISOString()
      const ann = { name: 'Ann', metadata: {}, createdAt: now, updatedAt: now }
      const good = { ...ann, id: unknownId }
      const id = '01ARZ3NDEKTSV4RRFFQ69G5FAW'
      const metadata = { text: 'x'.repeat(16_384) }
      const restore = (bad: Partial<typeof good>) =>
        target.restorePersons(collection.id, [good, { ...ann, id, ...bad }])
      await expectError(restore({ name: 'a\0b' }), 'invalidName')
      await expectError(restore({ metadata }), 'invalidMetadata')
      await expectError(target.restorePersons(unknownId, [good]), 'collectionNotFound')
      expect(await target.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
    })

    it('restores faces all or none', async () => {
      const collection = await makeCollection(target)
      const person = await target.createPerson(collection.id, { name: 'Ann' })
      const before = await target.latestCursor()
      const good = toStored(person.id, {})
      const restore = (bad: Partial<StoredFace>) =>
        target.restoreFaces(collection.id, [
          good,
          { ...toStored(person.id, makeFace(2)), id: '01ARZ3NDEKTSV4RRFFQ69G5FAW', ...bad },
        ])
      await expectError(restore({ personId: unknownId }), 'personNotFound')
      await expectError(restore({ modelId: 'other-model' }), 'modelMismatch')
      await expectError(restore({ embedding: makeEmbedding(1, 16) }), 'dimensionMismatch')
      await expectError(restore({ embedding: new Float32Array(8) }), 'invalidEmbedding')
      await expectError(target.restoreFaces(unknownId, [good]), 'collectionNotFound')
      expect(await target.counts(collection.id)).toEqual({ persons: 1, faces: 0 })
      expect(await readFeed(target, before)).toEqual([])
    })

    it('does not take a person of another collection for its own', async () => {
      const [one, two] = [await makeCollection(target), await makeCollection(target, { name: 'b' })]
      const person = await target.createPerson(one.id, { name: 'Ann' })
      await target.restorePersons(two.id, [person])
      await expectError(target.restoreFaces(two.id, [toStored(person.id, {})]), 'personNotFound')
      expect(await target.counts(one.id)).toEqual({ persons: 1, faces: 0 })
      expect(await target.counts(two.id)).toEqual({ persons: 0, faces: 0 })
    })

    it('reads faces in pages of the asked size, of one collection only', async () => {
      const collection = await makeCollection(source)
      const other = await makeCollection(source, { name: 'other' })
      const faces = Array.from({ length: 7 }, (_, i) => makeFace(i))
      const added = await source.addFaces(collection.id, { name: 'Ann' }, faces)
      await source.addFaces(other.id, { name: 'Bob' }, [makeFace(9)])
      const sizes: number[] = []
      const ids: string[] = []
      for (;;) {
        const after = ids.at(-1)
        const page = await source.readFaces(collection.id, {
          limit: 3,
          ...(after === undefined ? {} : { after }),
        })
        if (page.length === 0) break
        sizes.push(page.length)
        ids.push(...page.map((face) => face.id))
      }
      expect(sizes).toEqual([3, 3, 1])
      expect(ids).toEqual(added.faces.map((face) => face.id))
      expect(await source.readFaces(unknownId, { limit: 3 })).toEqual([])
    })

    it('answers embeddings of those of the listed faces that exist', async () => {
      const collection = await fill()
      const other = await makeCollection(source, { name: 'other' })
      const foreign = await source.addFaces(other.id, { name: 'Eve' }, [makeFace(4)])
      const faces = await readAllFaces(source, collection.id)
      const batch = await source.getEmbeddings(collection.id, {
        faceIds: [faces[2]!.id, unknownId, foreign.faces[0]!.id, 'a\0b', faces[0]!.id],
      })
      expect([...batch.faceIds].sort()).toEqual([faces[0]!.id, faces[2]!.id])
      for (const [row, id] of batch.faceIds.entries()) {
        expect(batch.embeddings.slice(row * 8, row * 8 + 8)).toEqual(
          faces.find((face) => face.id === id)!.embedding,
        )
      }
      const none = await source.getEmbeddings(collection.id, { faceIds: [] })
      expect(none).toEqual({ faceIds: [], embeddings: new Float32Array(0) })
    })
  })
}

function toStored(personId: string, overrides: Partial<StoredFace>): StoredFace {
  const createdAt = new Date(0).toISOString()
  return { ...makeFace(1), hasCrop: false, id: unknownId, personId, createdAt, ...overrides }
}

async function expectError(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'FaceError', code })
}

async function readFeed(store: GalleryStore, after?: string): Promise<Change[]> {
  const all: Change[] = []
  for (;;) {
    const page = await store.changes(all.at(-1)?.cursor ?? after, 100)
    all.push(...page)
    if (page.length === 0) return all
  }
}
