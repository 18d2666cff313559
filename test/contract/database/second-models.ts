import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import type { NewFace } from '../../../src/storage/ports/faces.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../../helpers/faces.ts'
import { type DatabaseUnderTest, readFeed, unknownId } from './fixture.ts'

const policy = { maxFpir: 0.02, possibleFpir: 0.2 }
const better = { modelId: 'better.model$1', dimension: 4, policy }
const embedding = (seed: number) => makeEmbedding(seed, better.dimension)

/** A face with embeddings of both models. */
function makeBoth(seed: number, overrides: Partial<NewFace> = {}): NewFace {
  const second = { modelId: better.modelId, embedding: embedding(seed) }
  return makeFace(seed, { second, ...overrides })
}

/** What the port `secondModels` does in every database. */
export function describeSecondModels(under: () => DatabaseUnderTest): void {
  describe('second models', () => {
    let store: Database
    let collection: Collection
    let faceIds: readonly string[]

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store, { storeCrops: true })
      const ann = await store.faces.add(collection.id, { name: 'Ann' }, [
        makeFace(1, { crop: makeCrop(Uint8Array.of(1)) }),
        makeFace(2),
      ])
      const bob = await store.faces.add(collection.id, { name: 'Bob' }, [
        makeFace(3, { crop: { bytes: Uint8Array.of(3) } }),
      ])
      faceIds = [...ann.faces, ...bob.faces].map(({ id }) => id)
    })

    const begin = () => store.secondModels.begin(collection.id, better)
    const ofBetter = () => ({ id: collection.id, modelId: better.modelId })
    const fill = (ids: readonly string[]) =>
      store.secondModels.fill(
        ofBetter(),
        ids.map((faceId) => ({ faceId, embedding: embedding(faceIds.indexOf(faceId) + 1) })),
      )

    it('names the index of the first model by the collection, and begins another one', async () => {
      expect(collection.indexId).toBe(collection.id)
      expect(collection).not.toHaveProperty('second')
      const begun = await begin()
      const indexId = expect.stringMatching(/^[0-9A-Z]{26}$/)
      expect(begun).toEqual({ ...collection, second: { ...better, indexId } })
      expect(begun.second?.indexId).not.toBe(collection.id)
      expect(await store.collections.get('default')).toEqual(begun)
      expect((await store.collections.list()).items).toEqual([begun])
      // Begun again it is the same.
      expect(await begin()).toEqual(begun)
      const other = await makeCollection(store, { name: 'other' })
      expect(other).not.toHaveProperty('second')
    })

    it('refuses a second model that cannot be', async () => {
      const { secondModels } = store
      await expectCode(secondModels.begin(unknownId, better), 'collectionNotFound')
      const same = { ...better, modelId: collection.modelId }
      await expectCode(secondModels.begin(collection.id, same), 'modelConflict')
      const flat = { ...better, dimension: 0 }
      await expectCode(secondModels.begin(collection.id, flat), 'invalidOption')
      await begin()
      const third = { ...better, modelId: 'third' }
      await expectCode(secondModels.begin(collection.id, third), 'modelConflict')
    })

    it('tells which faces lack an embedding, with their crops, in parts', async () => {
      await begin()
      const confidence = 0.999
      const all = await store.secondModels.lacking(ofBetter(), { limit: 10 })
      const persons = (await store.persons.list(collection.id)).items.map(({ id }) => id)
      expect(all).toEqual([
        { faceId: faceIds[0], personId: persons[0], confidence, crop: makeCrop(Uint8Array.of(1)) },
        { faceId: faceIds[1], personId: persons[0], confidence },
        { faceId: faceIds[2], personId: persons[1], confidence, crop: { bytes: Uint8Array.of(3) } },
      ])
      const noImage = makeFace(7)
      const { quality: _, box: _box, landmarks: _landmarks, ...fromEmbedding } = noImage
      await store.faces.add(collection.id, { name: 'No image' }, [fromEmbedding])
      const [last] = await store.secondModels.lacking(ofBetter(), { after: faceIds[2]!, limit: 9 })
      expect(last).not.toHaveProperty('confidence')
      const part = await store.secondModels.lacking(ofBetter(), { after: faceIds[0]!, limit: 1 })
      expect(part).toEqual([all[1]])
      expect(await store.secondModels.countLacking(ofBetter())).toBe(4)
      expect(await store.secondModels.countLacking(collection)).toBe(0)
    })

    it('fills embeddings once, each a change, beside those of the first model', async () => {
      await begin()
      const cursor = await store.feed.latestCursor()
      expect(await fill([faceIds[0]!, faceIds[2]!])).toBe(2)
      expect(await fill([faceIds[0]!, faceIds[1]!, faceIds[1]!])).toBe(1)
      expect(await store.secondModels.countLacking(ofBetter())).toBe(0)
      const filled = await store.feed.embeddings(ofBetter(), { limit: 10 })
      expect(filled.faceIds).toEqual(faceIds)
      for (const [row, seed] of [1, 2, 3].entries()) {
        expect(filled.embeddings.slice(4 * row, 4 * row + 4)).toEqual(embedding(seed))
      }
      const first = await store.feed.embeddings(collection, { limit: 10 })
      expect(first.faceIds).toEqual(faceIds)
      expect(first.embeddings).toHaveLength(3 * 8)
      const changes = await readFeed(store, { after: cursor })
      expect(changes).toHaveLength(3)
      expect(changes[0]).toMatchObject({
        ...{ kind: 'faceAdded', collectionId: collection.id, faceId: faceIds[0] },
        ...{ modelId: better.modelId, embedding: embedding(1) },
      })
    })

    it('fills nothing of what does not fit', async () => {
      const { secondModels } = store
      const one = [{ faceId: faceIds[0]!, embedding: embedding(1) }]
      await expectCode(secondModels.fill(ofBetter(), one), 'modelMismatch')
      await begin()
      const nowhere = { ...ofBetter(), id: unknownId }
      await expectCode(secondModels.fill(nowhere, one), 'collectionNotFound')
      const long = [...one, { faceId: faceIds[1]!, embedding: makeEmbedding(1, 5) }]
      await expectCode(secondModels.fill(ofBetter(), long), 'dimensionMismatch')
      const zeros = [...one, { faceId: faceIds[1]!, embedding: new Float32Array(4) }]
      await expectCode(secondModels.fill(ofBetter(), zeros), 'invalidEmbedding')
      expect(await secondModels.countLacking(ofBetter())).toBe(3)
      await store.faces.delete(collection.id, faceIds[0]!)
      const other = await makeCollection(store, { name: 'other' })
      const { faces } = await store.faces.add(other.id, { name: 'Cy' }, [makeFace(9)])
      const strange = { faceId: faces[0]!.id, embedding: embedding(9) }
      expect(await secondModels.fill(ofBetter(), [...one, strange])).toBe(0)
    })

    it('stores new faces with both embeddings, two changes; one of another model is left out', async () => {
      const early = await store.faces.add(collection.id, { name: 'Early' }, [makeBoth(4)])
      await begin()
      const cursor = await store.feed.latestCursor()
      const both = await store.faces.add(collection.id, { name: 'Both' }, [makeBoth(5)])
      const { id } = both.faces[0]!
      const changes = await readFeed(store, { after: cursor })
      expect(changes.map(({ kind, faceId, modelId }) => [kind, faceId, modelId])).toEqual([
        ['faceAdded', id, collection.modelId],
        ['faceAdded', id, better.modelId],
      ])
      const read = await store.faces.getEmbeddings(ofBetter(), { faceId: id })
      // Scaled to length 1 once more.
      for (const [i, value] of embedding(5).entries())
        expect(read.embeddings[i]).toBeCloseTo(value, 6)
      const none = await store.faces.getEmbeddings(ofBetter(), { faceId: early.faces[0]!.id })
      expect(none.faceIds).toEqual([])
      const bad = makeBoth(6, { second: { modelId: better.modelId, embedding: makeEmbedding(6) } })
      await expectCode(store.faces.add(collection.id, { name: 'Bad' }, [bad]), 'dimensionMismatch')
    })

    it('looks up owners and means by the embeddings of the model that was searched', async () => {
      await begin()
      await fill(faceIds)
      const found = await store.faces.lookUpNearest(ofBetter(), [[faceIds[0]!, faceIds[1]!]])
      const [ann] = found.persons
      expect(ann?.faceIds.toSorted()).toEqual(faceIds.slice(0, 2))
      expect(ann?.mean).toHaveLength(4)
      expect(found.nearest.embeddings).toEqual(embedding(1))
      const { personId } = ann!
      const own = await store.faces.getEmbeddings(ofBetter(), { personId })
      expect(own.embeddings).toHaveLength(8)
      const listed = await store.faces.getEmbeddings(ofBetter(), { faceIds: [faceIds[2]!] })
      expect(listed).toEqual({ faceIds: [faceIds[2]], embeddings: embedding(3) })
    })

    it('switches in one step, and back', async () => {
      const begun = await begin()
      await fill(faceIds.slice(0, 2))
      const switched = await store.secondModels.switchTo(begun)
      const { modelId, dimension, policy: firstPolicy, indexId, ...rest } = collection
      const first = { modelId, dimension, policy: firstPolicy, indexId }
      expect(switched).toEqual({ ...rest, ...begun.second, second: first })
      expect(await store.collections.get('default')).toEqual(switched)
      const { items } = await store.faces.list(collection.id)
      expect(items.map((face) => [face.modelId, face.missingEmbedding])).toEqual([
        [better.modelId, undefined],
        [better.modelId, undefined],
        [better.modelId, true],
      ])
      expect(await store.faces.get(collection.id, faceIds[2]!)).toEqual(items[2])
      const [, , third] = await store.transfer.readFaces(collection.id, { limit: 10 })
      expect(third).toMatchObject({ id: faceIds[2], missingEmbedding: true })
      expect(third).not.toHaveProperty('embedding')
      // Faces need the model that answers now.
      await expectCode(
        store.faces.add(collection.id, { name: 'D' }, [makeFace(8)]),
        'modelMismatch',
      )
      await store.faces.add(collection.id, { name: 'D' }, [makeBoth(8)])
      // Who read it before is told that it is another one by now.
      expect(await store.secondModels.switchTo(begun)).toBeUndefined()
      expect(await store.secondModels.switchTo(switched!)).toEqual(begun)
      const again = await store.faces.get(collection.id, faceIds[2]!)
      expect(again).not.toHaveProperty('missingEmbedding')
    })

    it('ends a second model, says so in the feed, and erases what it left in parts', async () => {
      const cursor = await store.feed.latestCursor()
      const begun = await begin()
      await fill(faceIds)
      await expectCode(store.secondModels.erase(ofBetter(), 10), 'modelConflict')
      await expectCode(store.secondModels.erase(collection, 10), 'modelConflict')
      expect(await store.secondModels.end(begun)).toEqual(collection)
      expect(await store.secondModels.end(begun)).toBeUndefined()
      expect(await store.secondModels.end(collection)).toBeUndefined()
      expect(await store.secondModels.switchTo(collection)).toBeUndefined()
      const one = [{ faceId: faceIds[0]!, embedding: embedding(1) }]
      await expectCode(store.secondModels.fill(ofBetter(), one), 'modelMismatch')
      const kinds = (await readFeed(store, { after: cursor })).map(({ kind }) => kind)
      expect(kinds.filter((kind) => kind === 'modelsChanged')).toHaveLength(2)
      expect(kinds[0]).toBe('modelsChanged')
      expect(await store.secondModels.erase(ofBetter(), 2)).toBe(2)
      expect(await store.secondModels.erase(ofBetter(), 2)).toBe(1)
      expect(await store.secondModels.erase(ofBetter(), 2)).toBe(0)
      expect((await store.feed.embeddings(collection, { limit: 10 })).faceIds).toEqual(faceIds)
      const again = await begin()
      expect(again.second?.indexId).not.toBe(begun.second?.indexId)
      expect(await store.secondModels.countLacking(ofBetter())).toBe(3)
    })

    it('removes both embeddings with a face, a person and a collection', async () => {
      await begin()
      await fill(faceIds)
      await store.faces.delete(collection.id, faceIds[0]!)
      const { items } = await store.persons.list(collection.id)
      await store.persons.delete(collection.id, items[1]!.id)
      for (const set of [collection, ofBetter()]) {
        const left = await store.feed.embeddings(set, { limit: 10 })
        expect(left.faceIds).toEqual([faceIds[1]])
      }
      await store.collections.delete('default')
      for (const set of [collection, ofBetter()]) {
        expect((await store.feed.embeddings(set, { limit: 10 })).faceIds).toEqual([])
      }
    })

    it('keeps the second model when the collection changes otherwise', async () => {
      const begun = await begin()
      const renamed = await store.collections.update(begun, { name: 'renamed', storeCrops: false })
      expect(renamed).toEqual({ ...begun, name: 'renamed', storeCrops: false })
      expect(await store.secondModels.switchTo(begun)).toBeUndefined()
    })

    it('restores faces that have no embedding, and collections with their model alone', async () => {
      const switched = await store.secondModels.switchTo(await begin())
      const moved = await store.transfer.readFaces(collection.id, { limit: 10 })
      const persons = (await store.persons.list(collection.id)).items
      const { items } = await store.faces.list(collection.id)
      await store.collections.delete('default')
      const { indexId: _, second: _second, ...rest } = switched!
      await store.transfer.restoreCollection(rest)
      const { id, modelId, dimension } = switched!
      expect(await store.collections.get('default')).toMatchObject({ id, modelId, dimension })
      expect(await store.collections.get('default')).toMatchObject({ indexId: id })
      await store.transfer.restorePersons(id, persons)
      await store.transfer.restoreFaces(id, moved)
      expect((await store.faces.list(id)).items).toEqual(items)
      expect(items.every((face) => face.missingEmbedding)).toBe(true)
      expect(await store.faces.getCrop(id, faceIds[0]!)).toEqual(makeCrop(Uint8Array.of(1)))
    })
  })
}
