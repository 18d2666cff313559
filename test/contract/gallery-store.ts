import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { Cursor } from '../../src/core/types.ts'
import type {
  Change,
  Collection,
  GalleryStore,
  Page,
  PageOptions,
} from '../../src/storage/store.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'

/** A fresh, empty database and ways into it. */
export interface StoreFixture {
  /** Another store on the same database, as another process has it; `dispose` closes it. */
  open(): Promise<GalleryStore>
  dispose(): Promise<void>
}

const unknownId = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

/** What every gallery store does, whatever it stands on. */
export function describeGalleryStoreContract(
  name: string,
  createFixture: () => Promise<StoreFixture>,
): void {
  describe(`gallery store: ${name}`, () => {
    let fixture: StoreFixture
    let store: GalleryStore

    beforeEach(async () => {
      fixture = await createFixture()
      store = await fixture.open()
    })

    afterEach(() => fixture.dispose())

    describe('collections', () => {
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
        expect(await store.getCollection('default')).toEqual(created)
        expect(await store.counts(created.id)).toEqual({ persons: 0, faces: 0 })
      })

      it('refuses a name twice and names that do not fit an address', async () => {
        await makeCollection(store)
        await expectError(makeCollection(store), 'collectionExists')
        for (const bad of ['', 'Ann', '-a', 'a b', '../a', 'a\0b', 'ä', 'a'.repeat(65)]) {
          await expectError(makeCollection(store, { name: bad }), 'invalidName')
        }
      })

      it('lists collections in pages', async () => {
        for (let i = 0; i < 5; i++) await makeCollection(store, { name: `c${i}` })
        const pages = await readPages((page) => store.listCollections(page), 2)
        expect(pages.map((page) => page.map((item) => item.name))).toEqual([
          ['c0', 'c1'],
          ['c2', 'c3'],
          ['c4'],
        ])
      })

      it('updates policy and crops, each alone', async () => {
        const before = await makeCollection(store)
        const policy = { maxFpir: 0.001, possibleFpir: 0.05 }
        expect(await store.updateCollection('default', { policy })).toEqual({ ...before, policy })
        expect(await store.updateCollection('default', { storeCrops: true })).toEqual({
          ...before,
          policy,
          storeCrops: true,
        })
      })

      it('keeps nothing of the policy before', async () => {
        const byHand = { maxFpir: 0.01, possibleFpir: 0.1, threshold: 0.6, possibleThreshold: 0.5 }
        await makeCollection(store, { policy: { ...byHand, galleryShift: true } })
        const policy = { maxFpir: 0.01, possibleFpir: 0.1 }
        await store.updateCollection('default', { policy })
        expect((await store.getCollection('default')).policy).toEqual(policy)
      })

      it('knows nothing of a collection that is not there', async () => {
        await expectError(store.getCollection('nobody'), 'collectionNotFound')
        await expectError(store.getCollection('a\0b'), 'collectionNotFound')
        await expectError(store.updateCollection('nobody', {}), 'collectionNotFound')
        await expectError(store.deleteCollection('nobody'), 'collectionNotFound')
        await expectError(store.createPerson(unknownId, { name: 'Ann' }), 'collectionNotFound')
        await expectError(
          store.addFaces(unknownId, { name: 'Ann' }, [makeFace(1)]),
          'collectionNotFound',
        )
        expect(await store.counts(unknownId)).toEqual({ persons: 0, faces: 0 })
        expect((await store.listPersons(unknownId)).items).toEqual([])
      })

      it('deletes a collection with everything in it, and its name is free for another', async () => {
        const collection = await makeCollection(store)
        const other = await makeCollection(store, { name: 'other' })
        const { person, faces } = await store.addFaces(collection.id, { name: 'Ann' }, [
          makeFace(1),
        ])
        await store.addFaces(other.id, { name: 'Bob' }, [makeFace(2)])
        await store.deleteCollection('default')
        await expectError(store.getCollection('default'), 'collectionNotFound')
        await expectError(store.getPerson(collection.id, person.id), 'personNotFound')
        await expectError(store.getFace(collection.id, faces[0]!.id), 'faceNotFound')
        expect(await store.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
        expect(await store.counts(other.id)).toEqual({ persons: 1, faces: 1 })
        expect((await makeCollection(store)).id).not.toBe(collection.id)
        expect((await readFeed(store)).at(-1)).toMatchObject({
          kind: 'collectionRemoved',
          collectionId: collection.id,
        })
      })
    })

    describe('persons', () => {
      let collection: Collection

      beforeEach(async () => {
        collection = await makeCollection(store)
      })

      it('stores a person with metadata', async () => {
        const metadata = { badge: 7, tags: ['a', { deep: null }], nul: 'a\0b', half: '\ud800' }
        const person = await store.createPerson(collection.id, { name: '  Ann  ', metadata })
        expect(person).toMatchObject({ name: 'Ann', metadata, faceCount: 0 })
        expect(person.updatedAt).toBe(person.createdAt)
        expect(await store.getPerson(collection.id, person.id)).toEqual(person)
      })

      it.each([
        ['emoji', '👩‍🚀 Ann'],
        ['right-to-left text', 'محمد علي'],
        ['markup', '<script>alert(1)</script>'],
        ['a path', '../../etc/passwd'],
        ['SQL', `Robert'); DROP TABLE persons;--`],
        ['wildcards', '100%_*.?$where'],
        ['200 characters beyond the BMP', '𝒳'.repeat(200)],
      ])('keeps a name with %s as it is', async (_, given) => {
        const person = await store.createPerson(collection.id, { name: given })
        expect(person.name).toBe(given)
        const { items } = await store.listPersons(collection.id, { exactName: given })
        expect(items).toEqual([person])
        const contained = await store.listPersons(collection.id, {
          name: [...given].slice(0, 4).join(''),
        })
        expect(contained.items).toEqual([person])
      })

      it.each([
        ['empty', ''],
        ['blank', ' \t '],
        ['invisible', '\u200b\u200d'],
        ['with NUL', 'a\0b'],
        ['with a line break', 'a\nb'],
        ['with a line separator', 'a\u2028b'],
        ['with half a surrogate pair', 'a\ud800'],
        ['of 201 characters', 'a'.repeat(201)],
        ['of 10,000 characters', 'a'.repeat(10_000)],
        ['not text', 7 as unknown as string],
      ])('refuses a name that is %s', async (_, given) => {
        await expectError(store.createPerson(collection.id, { name: given }), 'invalidName')
        const person = await store.createPerson(collection.id, { name: 'Ann' })
        await expectError(
          store.updatePerson(collection.id, person.id, { name: given }),
          'invalidName',
        )
        await expectError(store.addFaces(collection.id, { name: given }, []), 'invalidName')
        expect(await store.counts(collection.id)).toEqual({ persons: 1, faces: 0 })
      })

      it.each([
        ['a list', []],
        ['text', 'x'],
        ['null', null],
        ['a function', () => 1],
        ['too large', { text: 'x'.repeat(16_384) }],
        ['a key __proto__', JSON.parse('{"a": {"__proto__": {"admin": true}}}')],
        ['a bigint', { n: 1n }],
        ['a cycle', makeCycle()],
        ['17 levels', makeNested(17)],
        ['10,000 levels', makeNested(10_000)],
        ['100,000 values', { list: Array(100_000).fill(0) }],
      ])('refuses metadata that is or has %s', async (_, given) => {
        const metadata = given as Record<string, unknown>
        await expectError(
          store.createPerson(collection.id, { name: 'Ann', metadata }),
          'invalidMetadata',
        )
        expect(await store.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
      })

      it('takes metadata of just the allowed size', async () => {
        const text = 'x'.repeat(16_384 - '{"text":""}'.length)
        const person = await store.createPerson(collection.id, { name: 'A', metadata: { text } })
        expect(person.metadata).toEqual({ text })
      })

      it('takes metadata of just the allowed depth, and brackets within text', async () => {
        const metadata = { nested: makeNested(15), text: '[{"'.repeat(100), '{[': ['\\"['] }
        const person = await store.createPerson(collection.id, { name: 'A', metadata })
        expect((await store.listPersons(collection.id)).items).toEqual([person])
        expect(person.metadata).toEqual(metadata)
      })

      it('gives two persons of one name two ids', async () => {
        const a = await store.createPerson(collection.id, { name: 'Ann' })
        const b = await store.createPerson(collection.id, { name: 'Ann' })
        expect(a.id < b.id).toBe(true)
        expect((await store.listPersons(collection.id, { exactName: 'Ann' })).items).toEqual([a, b])
      })

      it('finds names without regard to case and form, in every script', async () => {
        const names = ['Zoë Müller', 'STRASSE', 'Straße', 'ΟΔΥΣΣΕΥΣ', 'Ольга', 'ｆｕｌｌ', 'İpek']
        for (const given of names) await store.createPerson(collection.id, { name: given })
        const find = async (text: string) =>
          (await store.listPersons(collection.id, { name: text })).items.map((item) => item.name)
        expect(await find('ZOE\u0308')).toEqual(['Zoë Müller'])
        expect(await find('müll')).toEqual(['Zoë Müller'])
        expect(await find('strasse')).toEqual(['STRASSE', 'Straße'])
        expect(await find('οδυς')).toEqual(['ΟΔΥΣΣΕΥΣ'])
        expect(await find('ОЛЬ')).toEqual(['Ольга'])
        expect(await find('FULL')).toEqual(['ｆｕｌｌ'])
        expect(await find('%')).toEqual([])
        expect(await find('a\0')).toEqual([])
        expect(await find('')).toHaveLength(names.length)
      })

      it('matches an exact name only as a whole, in its stored form', async () => {
        await store.createPerson(collection.id, { name: 'Zoe\u0308' })
        const find = async (exactName: string) =>
          (await store.listPersons(collection.id, { exactName })).items.length
        expect(await find(' Zo\u00eb ')).toBe(1)
        expect(await find('zo\u00eb')).toBe(0)
        expect(await find('Zo')).toBe(0)
        expect(await find('Zo\u00eb\0')).toBe(0)
      })

      it('lists persons oldest first in pages, also while some are deleted', async () => {
        const ids: string[] = []
        for (let i = 0; i < 7; i++) {
          ids.push((await store.createPerson(collection.id, { name: `P${i}` })).id)
        }
        expect(ids).toEqual([...ids].sort())
        const first = await store.listPersons(collection.id, { limit: 3 })
        expect(first.items.map((item) => item.id)).toEqual(ids.slice(0, 3))
        await store.deletePerson(collection.id, ids[2]!)
        await store.deletePerson(collection.id, ids[3]!)
        const cursor = first.nextCursor!
        const second = await store.listPersons(collection.id, { limit: 3, cursor })
        expect(second.items.map((item) => item.id)).toEqual(ids.slice(4))
        expect(second.nextCursor).toBeUndefined()
      })

      it('ends a page early when its persons are large, and goes on where it ended', async () => {
        const ids: string[] = []
        for (let i = 0; i < 150; i++) {
          const metadata = { text: 'x'.repeat(i % 3 === 0 ? 16_000 : 9_000) }
          ids.push((await store.createPerson(collection.id, { name: `P${i}`, metadata })).id)
        }
        const pages = await readPages((page) => store.listPersons(collection.id, page), 1000)
        expect(pages.flat().map((item) => item.id)).toEqual(ids)
        for (const page of pages)
          expect(JSON.stringify(page).length).toBeLessThan(1.1 * 1024 * 1024)
        expect(pages.length).toBe(2)
      })

      it('refuses limits and cursors that it did not give', async () => {
        await store.createPerson(collection.id, { name: 'A' })
        await store.createPerson(collection.id, { name: 'B' })
        const { nextCursor } = await store.listPersons(collection.id, { limit: 1 })
        for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
          await expectError(store.listPersons(collection.id, { limit }), 'invalidOption')
        }
        for (const cursor of ['', 'x', '../..', `${nextCursor}x`, `${nextCursor}=`, 'cDox']) {
          await expectError(store.listPersons(collection.id, { cursor }), 'invalidCursor')
        }
        await expectError(store.listFaces(collection.id, { cursor: nextCursor! }), 'invalidCursor')
        await expectError(store.listCollections({ cursor: nextCursor! }), 'invalidCursor')
      })

      it('updates name and metadata, each alone', async () => {
        const before = await store.createPerson(collection.id, { name: 'A', metadata: { a: 1 } })
        await new Promise((resolve) => setTimeout(resolve, 5))
        const named = await store.updatePerson(collection.id, before.id, { name: 'B' })
        expect(named).toEqual({ ...before, name: 'B', updatedAt: named.updatedAt })
        expect(named.updatedAt > before.updatedAt).toBe(true)
        const changed = await store.updatePerson(collection.id, before.id, { metadata: { b: 2 } })
        expect(changed).toMatchObject({ name: 'B', metadata: { b: 2 } })
        expect((await store.listPersons(collection.id, { name: 'b' })).items).toEqual([changed])
        expect((await store.listPersons(collection.id, { name: 'a' })).items).toEqual([])
      })

      it('knows nothing of a person that is not there or is of another collection', async () => {
        const other = await makeCollection(store, { name: 'other' })
        const { id } = await store.createPerson(collection.id, { name: 'Ann' })
        const strangers: [string, string][] = [
          [other.id, id],
          [collection.id, unknownId],
          [collection.id, ''],
          [collection.id, `${id}\0`],
          [collection.id, "' OR 1=1 --"],
        ]
        for (const [c, p] of strangers) {
          await expectError(store.getPerson(c, p), 'personNotFound')
          await expectError(store.updatePerson(c, p, { name: 'B' }), 'personNotFound')
          await expectError(store.deletePerson(c, p), 'personNotFound')
          await expectError(store.addFaces(c, p, [makeFace(1)]), 'personNotFound')
          await expectError(store.getEmbeddings(c, { personId: p }), 'personNotFound')
        }
      })

      it('deletes a person with the faces, each of which is a change', async () => {
        const added = await store.addFaces(collection.id, { name: 'Ann' }, [
          makeFace(1),
          makeFace(2),
        ])
        const bob = await store.addFaces(collection.id, { name: 'Bob' }, [makeFace(3)])
        const cursor = await store.latestCursor()
        await store.deletePerson(collection.id, added.person.id)
        await expectError(store.getPerson(collection.id, added.person.id), 'personNotFound')
        for (const face of added.faces) {
          await expectError(store.getFace(collection.id, face.id), 'faceNotFound')
        }
        expect(await store.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
        const changes = await store.changes(cursor, 10)
        expect(changes.map((change) => [change.kind, change.faceId])).toEqual(
          added.faces.map((face) => ['faceRemoved', face.id]),
        )
        expect((await store.getPerson(collection.id, bob.person.id)).faceCount).toBe(1)
      })
    })

    describe('faces', () => {
      let collection: Collection

      beforeEach(async () => {
        collection = await makeCollection(store, { storeCrops: true })
      })

      it('stores a new person with faces and answers all that was given', async () => {
        const crop = Uint8Array.from([255, 0, 1, 2])
        const given = makeFace(1, { crop })
        const { person, faces } = await store.addFaces(
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
          existed: false,
        })
        expect(second!.hasCrop).toBe(false)
        const { existed: _, ...stored } = face!
        expect(await store.getFace(collection.id, face!.id)).toEqual(stored)
        expect(await store.getCrop(collection.id, face!.id)).toEqual(crop)
        expect(await store.getCrop(collection.id, second!.id)).toBeUndefined()
        expect(await store.getPerson(collection.id, person.id)).toEqual(person)
      })

      it('keeps embeddings to the bit and answers them by face, by person and in batches', async () => {
        const ann = await store.addFaces(collection.id, { name: 'Ann' }, [makeFace(1), makeFace(2)])
        const bob = await store.addFaces(collection.id, { name: 'Bob' }, [makeFace(3)])
        const ids = [...ann.faces, ...bob.faces].map((face) => face.id)
        const all = await store.embeddings(collection.id, { limit: 10 })
        expect(all.faceIds).toEqual(ids)
        for (const [row, seed] of [1, 2, 3].entries()) {
          expectClose(all.embeddings.subarray(row * 8, row * 8 + 8), makeEmbedding(seed))
        }
        const person = await store.getEmbeddings(collection.id, { personId: ann.person.id })
        expect(person.faceIds).toEqual(ids.slice(0, 2))
        expect(person.embeddings).toEqual(all.embeddings.slice(0, 16))
        const face = await store.getEmbeddings(collection.id, { faceId: ids[2]! })
        expect(face.embeddings).toEqual(all.embeddings.slice(16))
        const rest = await store.embeddings(collection.id, { after: ids[0]!, limit: 1 })
        expect(rest.faceIds).toEqual([ids[1]])
        const none = await store.embeddings(collection.id, { after: ids[2]!, limit: 1 })
        expect(none).toEqual({ faceIds: [], embeddings: new Float32Array(0) })
        const empty = await store.createPerson(collection.id, { name: 'Nobody' })
        const of = { personId: empty.id }
        expect((await store.getEmbeddings(collection.id, of)).faceIds).toEqual([])
      })

      it('does not store the same face of the same image twice', async () => {
        const { person, faces } = await store.addFaces(collection.id, { name: 'Ann' }, [
          makeFace(1),
          makeFace(1),
        ])
        expect(faces.map((face) => face.existed)).toEqual([false, true])
        expect(faces[1]!.id).toBe(faces[0]!.id)
        const cursor = await store.latestCursor()
        const again = await store.addFaces(collection.id, person.id, [makeFace(1), makeFace(2)])
        expect(again.faces.map((face) => face.existed)).toEqual([true, false])
        expect(again.person.faceCount).toBe(2)
        expect(await store.changes(cursor, 10)).toHaveLength(1)
        const box = { x: 0, y: 0, width: 5, height: 5 }
        const otherBox = await store.addFaces(collection.id, person.id, [makeFace(1, { box })])
        expect(otherBox.faces[0]!.existed).toBe(false)
        const otherPerson = await store.addFaces(collection.id, { name: 'Bob' }, [makeFace(1)])
        expect(otherPerson.faces[0]!.existed).toBe(false)
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
        const cursor = await store.latestCursor()
        const faces = [makeFace(1), makeFace(2, bad), makeFace(3)]
        await expectError(store.addFaces(collection.id, { name: 'Ann' }, faces), code)
        expect(await store.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
        expect(await store.changes(cursor, 10)).toEqual([])
      })

      it('normalises an embedding that is nearly of length 1', async () => {
        const embedding = makeEmbedding(1).map((value) => value * 1.0005)
        const { faces } = await store.addFaces(collection.id, { name: 'A' }, [
          makeFace(1, { embedding }),
        ])
        const stored = await store.getEmbeddings(collection.id, { faceId: faces[0]!.id })
        // observed 6e-8, bound 1e-6
        expect(Math.abs(Math.hypot(...stored.embeddings) - 1)).toBeLessThan(1e-6)
      })

      it('keeps no crop in a collection that does not store crops', async () => {
        const other = await makeCollection(store, { name: 'no-crops' })
        const crop = Uint8Array.from([1])
        const { faces } = await store.addFaces(other.id, { name: 'A' }, [makeFace(1, { crop })])
        expect(faces[0]!.hasCrop).toBe(false)
        expect(await store.getCrop(other.id, faces[0]!.id)).toBeUndefined()
      })

      it('deletes a face, which is a change', async () => {
        const { person, faces } = await store.addFaces(collection.id, { name: 'A' }, [
          makeFace(1, { crop: Uint8Array.from([1]) }),
          makeFace(2),
        ])
        const cursor = await store.latestCursor()
        await store.deleteFace(collection.id, faces[0]!.id)
        await expectError(store.getFace(collection.id, faces[0]!.id), 'faceNotFound')
        await expectError(store.getCrop(collection.id, faces[0]!.id), 'faceNotFound')
        await expectError(store.deleteFace(collection.id, faces[0]!.id), 'faceNotFound')
        const of = { faceId: faces[0]!.id }
        await expectError(store.getEmbeddings(collection.id, of), 'faceNotFound')
        expect((await store.getPerson(collection.id, person.id)).faceCount).toBe(1)
        expect(await store.changes(cursor, 10)).toMatchObject([
          { kind: 'faceRemoved', collectionId: collection.id, faceId: faces[0]!.id },
        ])
        const again = await store.addFaces(collection.id, person.id, [makeFace(1)])
        expect(again.faces[0]!.existed).toBe(false)
        expect(again.faces[0]!.id).not.toBe(faces[0]!.id)
      })

      it('lists faces in pages, of all or of one person', async () => {
        const ann = await store.addFaces(
          collection.id,
          { name: 'A' },
          [1, 2, 3].map((i) => makeFace(i)),
        )
        const bob = await store.addFaces(collection.id, { name: 'B' }, [makeFace(4)])
        const all = await readPages((page) => store.listFaces(collection.id, page), 3)
        expect(all.map((page) => page.length)).toEqual([3, 1])
        const personId = ann.person.id
        const own = await readPages(
          (page) => store.listFaces(collection.id, { ...page, personId }),
          2,
        )
        expect(own.flat().map((face) => face.id)).toEqual(ann.faces.map((face) => face.id))
        expect(all[1]![0]!.personId).toBe(bob.person.id)
        expect((await store.listFaces(collection.id, { personId: 'x\0' })).items).toEqual([])
      })

      it('answers the owners of faces in the order asked, without those that are gone', async () => {
        const ann = await store.addFaces(collection.id, { name: 'A', metadata: { n: 1 } }, [
          makeFace(1),
          makeFace(2),
        ])
        const bob = await store.addFaces(collection.id, { name: 'B' }, [makeFace(3)])
        const other = await makeCollection(store, { name: 'other' })
        const far = await store.addFaces(other.id, { name: 'C' }, [makeFace(4)])
        const [a1, a2] = ann.faces.map((face) => face.id)
        const b1 = bob.faces[0]!.id
        await store.deleteFace(collection.id, a2!)
        const asked = [b1, unknownId, a1!, a2!, far.faces[0]!.id, 'x\0']
        expect(await store.getOwners(collection.id, asked)).toEqual([
          { faceId: b1, personId: bob.person.id, personName: 'B', personMetadata: {} },
          { faceId: a1, personId: ann.person.id, personName: 'A', personMetadata: { n: 1 } },
        ])
        expect(await store.getOwners(collection.id, [])).toEqual([])
      })

      it('looks up owners of found faces and embeddings of the persons that matter', async () => {
        const faces = (first: number, count: number) =>
          Array.from({ length: count }, (_, i) => makeFace(first + i))
        const ann = await store.addFaces(collection.id, { name: 'A' }, faces(0, 3))
        const bob = await store.addFaces(collection.id, { name: 'B' }, faces(10, 2))
        const many = await store.addFaces(collection.id, { name: 'M' }, faces(100, 40))
        const other = await makeCollection(store, { name: 'far' })
        const far = await store.addFaces(other.id, { name: 'F' }, [makeFace(1)])
        const idOf = (of: typeof ann, i = 0): string => of.faces[i]!.id
        const list = [idOf(far), idOf(ann), idOf(bob), idOf(bob, 1)]
        const found = await store.lookUpNearest(collection.id, [list, [], [idOf(many)]])
        expect(found.owners.map(({ faceId, personName }) => [faceId, personName])).toEqual([
          [idOf(ann), 'A'],
          [idOf(bob), 'B'],
          [idOf(bob, 1), 'B'],
          [idOf(many), 'M'],
        ])
        const { personIds, faceIds, embeddings } = found.persons
        const ofPerson = (id: string) => faceIds.filter((_, row) => personIds[row] === id)
        expect(new Set(ofPerson(ann.person.id))).toEqual(new Set(ann.faces.map(({ id }) => id)))
        expect(ofPerson(bob.person.id)).toHaveLength(2)
        // The lowest image hashes.
        const sample = [...many.faces].sort((a, b) => (a.imageHash < b.imageHash ? -1 : 1))
        expect(ofPerson(many.person.id)).toEqual(sample.slice(0, 32).map(({ id }) => id))
        const row = faceIds.indexOf(idOf(ann))
        const { length } = makeEmbedding(0)
        expect([...embeddings.subarray(row * length, (row + 1) * length)]).toEqual([
          ...makeEmbedding(0),
        ])
        const none = await store.lookUpNearest(collection.id, [[], [idOf(far), 'x']])
        expect(none.owners).toEqual([])
        expect(none.persons.faceIds).toEqual([])
      })

      it('counts the faces of the collection with what it looks up', async () => {
        const count = async (id: string, lists: readonly (readonly string[])[]) =>
          (await store.lookUpNearest(id, lists)).faces
        expect(await count(collection.id, [])).toBe(0)
        const { faces } = await store.addFaces(collection.id, { name: 'A' }, [
          makeFace(1),
          makeFace(2),
        ])
        const ids = faces.map((face) => face.id)
        expect(await count(collection.id, [ids])).toBe(2)
        await store.deleteFace(collection.id, ids[0]!)
        const { owners, faces: left } = await store.lookUpNearest(collection.id, [ids])
        expect(owners.map(({ faceId }) => faceId)).toEqual([ids[1]])
        expect(left).toBe(1)
        const other = await makeCollection(store, { name: 'empty' })
        expect(await count(other.id, [ids])).toBe(0)
        expect(await count(unknownId, [ids])).toBe(0)
      })

      it('answers the collection as it is now with what it looks up', async () => {
        const look = async (id: string, lists: readonly (readonly string[])[] = []) =>
          (await store.lookUpNearest(id, lists)).collection
        const { faces } = await store.addFaces(collection.id, { name: 'A' }, [makeFace(1)])
        const lists = [faces.map(({ id }) => id)]
        expect(await look(collection.id)).toEqual(await store.getCollection(collection.name))
        const policy = { ...collection.policy, fpir: 0.02 }
        const updated = await store.updateCollection(collection.name, { policy })
        expect(await look(collection.id, lists)).toEqual(updated)
        await store.deleteCollection(collection.name)
        expect(await look(collection.id, lists)).toBeUndefined()
        expect(await look(unknownId)).toBeUndefined()
        expect(await look('x')).toBeUndefined()
      })

      it('reads no face of a person behind the first with one face in the list', async () => {
        const add = async (name: string, first: number) => {
          const added = await store.addFaces(collection.id, { name }, [
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
        const { persons } = await store.lookUpNearest(collection.id, [list])
        // Ann is the first, Cyn has two near faces, Dan is the fourth.
        expect([...new Set(persons.personIds)]).toEqual([ann.personId, cyn.personId])
        expect(new Set(persons.faceIds)).toEqual(new Set([...ann.ids, ...cyn.ids]))
        expect(persons.embeddings).toHaveLength(4 * makeEmbedding(0).length)
      })

      it('finds the faces that came from an image file', async () => {
        const { faces } = await store.addFaces(collection.id, { name: 'A' }, [
          makeFace(1),
          makeFace(2),
        ])
        const other = await makeCollection(store, { name: 'other' })
        const hash = makeFace(1).imageHash
        const found = await store.findFacesByImage(collection.id, hash)
        expect(found.map((face) => face.id)).toEqual([faces[0]!.id])
        expect(await store.findFacesByImage(other.id, hash)).toEqual([])
        expect(await store.findFacesByImage(collection.id, 'x')).toEqual([])
      })
    })

    describe('changes', () => {
      it('starts with nothing and has a cursor for that', async () => {
        const cursor = await store.latestCursor()
        expect(await store.changes(undefined, 10)).toEqual([])
        expect(await store.changes(cursor, 10)).toEqual([])
        const collection = await makeCollection(store)
        await store.addFaces(collection.id, { name: 'A' }, [makeFace(1)])
        expect(await store.changes(cursor, 10)).toHaveLength(1)
      })

      it('keeps the order of writes and resumes after any change', async () => {
        const collection = await makeCollection(store)
        const added: string[] = []
        for (let i = 0; i < 5; i++) {
          const { faces } = await store.addFaces(collection.id, { name: `P${i}` }, [makeFace(i)])
          added.push(faces[0]!.id)
        }
        await store.deleteFace(collection.id, added[1]!)
        const all = await store.changes(undefined, 100)
        expect(all.map((change) => [change.kind, change.faceId])).toEqual([
          ...added.map((id) => ['faceAdded', id]),
          ['faceRemoved', added[1]],
        ])
        expect(all[0]!.embedding).toHaveLength(8)
        // The face is gone, so its embedding is, too.
        expect(all[1]!.embedding).toBeUndefined()
        expect(new Set(all.map((change) => change.cursor)).size).toBe(all.length)
        expect(all.at(-1)!.cursor).toBe(await store.latestCursor())
        for (const [i, change] of all.entries()) {
          expect(await store.changes(change.cursor, 100)).toEqual(all.slice(i + 1))
        }
        expect(await readFeed(store, 2)).toEqual(all)
      })

      it('resumes after the store was closed and opened', async () => {
        const collection = await makeCollection(store)
        await store.addFaces(collection.id, { name: 'A' }, [makeFace(1)])
        const cursor = await store.latestCursor()
        await store.close()
        const again = await fixture.open()
        const { faces } = await again.addFaces(collection.id, { name: 'B' }, [makeFace(2)])
        expect(await again.changes(cursor, 10)).toMatchObject([{ faceId: faces[0]!.id }])
      })

      it('refuses a cursor that is not of this feed', async () => {
        const collection = await makeCollection(store)
        await store.addFaces(collection.id, { name: 'A' }, [makeFace(1)])
        const other = await createFixture()
        const otherStore = await other.open()
        const otherCollection = await makeCollection(otherStore)
        await otherStore.addFaces(otherCollection.id, { name: 'A' }, [makeFace(1)])
        const foreign = await otherStore.latestCursor()
        await other.dispose()
        for (const cursor of [foreign, '', '1', 'x.y.z', `${await store.latestCursor()}0`]) {
          await expectError(store.changes(cursor, 10), 'invalidCursor')
        }
      })

      it('loses and repeats nothing for a follower while two stores write', async () => {
        const collection = await makeCollection(store)
        const second = await fixture.open()
        const start = await store.latestCursor()
        let writing = true
        const seen: string[] = []
        const follower = (async () => {
          let cursor: Cursor = start
          for (;;) {
            const last = !writing
            const page = await store.changes(cursor, 7)
            seen.push(...page.map((change) => `${change.kind} ${change.faceId}`))
            cursor = page.at(-1)?.cursor ?? cursor
            if (last && page.length === 0) return
          }
        })()
        const expected: string[] = []
        const write = async (target: GalleryStore, offset: number) => {
          for (let i = 0; i < 40; i++) {
            const { faces } = await target.addFaces(collection.id, { name: `P${offset}` }, [
              makeFace(offset + i),
            ])
            expected.push(`faceAdded ${faces[0]!.id}`)
            if (i % 4 === 0) {
              await target.deleteFace(collection.id, faces[0]!.id)
              expected.push(`faceRemoved ${faces[0]!.id}`)
            }
          }
        }
        await Promise.all([write(store, 0), write(store, 1000), write(second, 2000)])
        writing = false
        await follower
        expect([...seen].sort()).toEqual(expected.sort())
        expect(await second.counts(collection.id)).toEqual({ persons: 120, faces: 90 })
      })
    })

    describe('idempotency keys', () => {
      it('claims a key once and answers the response later', async () => {
        expect(await store.claimIdempotencyKey('k', 'hash')).toBeUndefined()
        expect(await store.claimIdempotencyKey('k', 'other')).toEqual({ requestHash: 'hash' })
        const response = { status: 201, body: '{"ok":"ünï"}' }
        await store.completeIdempotencyKey('k', response)
        const record = { requestHash: 'hash', response }
        expect(await store.claimIdempotencyKey('k', 'hash')).toEqual(record)
        expect(await (await fixture.open()).claimIdempotencyKey('k', 'hash')).toEqual(record)
      })

      it('forgets an answer with the person, face or collection that it tells of', async () => {
        const { id } = await makeCollection(store)
        const keep = async (): Promise<{ person: string; face: string }> => {
          await store.claimIdempotencyKey('k', 'hash')
          const { person, faces } = await store.addFaces(id, { name: 'Ann' }, [makeFace(1)])
          const body = JSON.stringify({ person, faces: faces.map((face) => ({ face })) })
          await store.completeIdempotencyKey('k', { status: 201, body })
          const kept = await store.claimIdempotencyKey('k', 'hash')
          expect(kept?.response?.body).toBe(body)
          return { person: person.id, face: faces[0]!.id }
        }
        const gone = () =>
          expect.poll(() => store.claimIdempotencyKey('k', 'hash'), { timeout: 10_000 })
        await store.deleteFace(id, (await keep()).face)
        await gone().toBeUndefined()
        await store.completeIdempotencyKey('k', undefined)
        await store.deletePerson(id, (await keep()).person)
        await gone().toBeUndefined()
        await store.completeIdempotencyKey('k', undefined)
        await keep()
        await store.deleteCollection('default')
        await gone().toBeUndefined()
      })

      it('answers with the name and metadata of now', async () => {
        const { id } = await makeCollection(store)
        const person = await store.createPerson(id, { name: 'Ann', metadata: { a: 1 } })
        const warning = { personId: person.id, personName: 'Ann' }
        const body = JSON.stringify({ person, warnings: [warning] })
        await store.claimIdempotencyKey('before', 'hash')
        await store.completeIdempotencyKey('before', { status: 201, body })
        const patch = { name: 'Anna', metadata: { b: 2 } }
        await store.updatePerson(id, person.id, patch)
        await store.claimIdempotencyKey('after', 'hash')
        await store.completeIdempotencyKey('after', { status: 201, body })
        for (const key of ['before', 'after']) {
          const kept = await store.claimIdempotencyKey(key, 'hash')
          expect(JSON.parse(kept!.response!.body)).toEqual({
            person: { ...person, ...patch },
            warnings: [{ ...warning, personName: 'Anna' }],
          })
        }
      })

      it('does not keep the answer of a person who was deleted before the request ended', async () => {
        const { id } = await makeCollection(store)
        const person = await store.createPerson(id, { name: 'Ann' })
        await store.claimIdempotencyKey('k', 'hash')
        await store.deletePerson(id, person.id)
        await store.completeIdempotencyKey('k', { status: 201, body: JSON.stringify(person) })
        expect(await store.claimIdempotencyKey('k', 'hash')).toBeUndefined()
      })

      it('frees a key whose request failed', async () => {
        await store.claimIdempotencyKey('k', 'hash')
        await store.completeIdempotencyKey('k', undefined)
        expect(await store.claimIdempotencyKey('k', 'other')).toBeUndefined()
      })

      it('gives a key to one of many that ask at once', async () => {
        const second = await fixture.open()
        const claims = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            (i % 2 ? store : second).claimIdempotencyKey('k', `hash ${i}`),
          ),
        )
        expect(claims.filter((claim) => claim === undefined)).toHaveLength(1)
      })

      it('refuses keys that are empty, too long or have NUL', async () => {
        for (const key of ['', 'x'.repeat(256), 'a\0b']) {
          await expectError(store.claimIdempotencyKey(key, 'hash'), 'invalidRequest')
        }
      })
    })

    describe('several writers', () => {
      it('answers each of many calls at once with its own result', async () => {
        const collection = await makeCollection(store)
        const results = await Promise.allSettled(
          Array.from({ length: 200 }, (_, i) =>
            store.addFaces(collection.id, { name: i % 10 === 3 ? '' : `P${i}` }, [makeFace(i)]),
          ),
        )
        for (const [i, result] of results.entries()) {
          if (i % 10 === 3) expect(result).toMatchObject({ reason: { code: 'invalidName' } })
          else expect(result).toMatchObject({ value: { person: { name: `P${i}` } } })
        }
        expect(await store.counts(collection.id)).toEqual({ persons: 180, faces: 180 })
      })

      it('lets one of two stores create a collection, and each see the other at once', async () => {
        const second = await fixture.open()
        const results = await Promise.allSettled([makeCollection(store), makeCollection(second)])
        expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
        const collection = await second.getCollection('default')
        const person = await store.createPerson(collection.id, { name: 'A' })
        expect(await second.getPerson(collection.id, person.id)).toEqual(person)
        const same = await Promise.all([
          store.addFaces(collection.id, person.id, [makeFace(1)]),
          second.addFaces(collection.id, person.id, [makeFace(1)]),
        ])
        expect(same.map(({ faces }) => faces[0]!.existed).sort()).toEqual([false, true])
        expect(await store.counts(collection.id)).toEqual({ persons: 1, faces: 1 })
      })
    })

    it('answers a ping while it is open, and nothing after it was closed', async () => {
      await store.ping()
      const pending = makeCollection(store)
      await Promise.all([store.close(), store.close()])
      expect((await pending).name).toBe('default')
      await expectError(store.ping(), 'storeUnavailable')
      await expectError(store.getCollection('default'), 'storeUnavailable')
      expect((await (await fixture.open()).getCollection('default')).name).toBe('default')
    })
  })
}

async function expectError(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'FaceError', code })
}

/** Bound: one rounding of float32 in the normalisation. */
function expectClose(actual: Float32Array, expected: Float32Array): void {
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))
  // observed 6e-8, bound 1e-6
  expect(worst).toBeLessThan(1e-6)
}

async function readPages<T>(
  read: (options: PageOptions) => Promise<Page<T>>,
  limit: number,
): Promise<(readonly T[])[]> {
  const pages: (readonly T[])[] = []
  let cursor: string | undefined
  do {
    const page = await read({ limit, ...(cursor === undefined ? {} : { cursor }) })
    pages.push(page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return pages
}

async function readFeed(store: GalleryStore, limit = 100): Promise<Change[]> {
  const all: Change[] = []
  for (;;) {
    const page = await store.changes(all.at(-1)?.cursor, limit)
    all.push(...page)
    if (page.length === 0) return all
  }
}

function makeCycle(): unknown {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  return cycle
}

function makeNested(levels: number): object {
  let nested = {}
  for (let level = 1; level < levels; level++) nested = { nested }
  return nested
}
