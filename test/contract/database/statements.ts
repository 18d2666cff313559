import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import type { SaidOf } from '../../../src/storage/ports/statements.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, type DatabaseUnderTest, readPages, unknownId } from './fixture.ts'

const better = {
  modelId: 'better',
  dimension: 4,
  policy: { maxFpir: 0.02, possibleFpir: 0.2 },
}
const rejection = 'rejection' as const
const confirmation = 'confirmation' as const

/** A face that is not stored. */
function saidOf(seed: number, overrides: Partial<SaidOf> = {}): SaidOf {
  const { embedding, modelId, imageHash, box } = makeFace(seed)
  return { embedding, modelId, imageHash, ...(box && { box }), ...overrides }
}

/** What the port `statements` does in every database. */
export function describeStatements(under: () => DatabaseUnderTest): void {
  describe('statements', () => {
    let store: Database
    let fixture: DatabaseFixture
    let collection: Collection
    let ann: string
    let bob: string
    let annFace: string
    let bobFace: string

    beforeEach(async () => {
      ;({ store, fixture } = under())
      collection = await makeCollection(store)
      const first = await store.faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
      const second = await store.faces.add(collection.id, { name: 'Bob' }, [makeFace(2)])
      ann = first.person.id
      bob = second.person.id
      annFace = first.faces[0]!.id
      bobFace = second.faces[0]!.id
    })

    const say = (
      personId: string,
      of: SaidOf | { faceId: string },
      kind: 'rejection' | 'confirmation' = rejection,
    ) => store.statements.add(collection.id, personId, { kind, of })
    const list = async (options = {}) => (await store.statements.list(collection.id, options)).items
    const lookUp = async (from: Database = store) =>
      (await from.faces.lookUpNearest(collection, [[annFace, bobFace]])).statements

    it('keeps what was said of a stored face, an image and an embedding, and by whom', async () => {
      const actor = { kind: 'apiKey', id: 'k', name: 'Key' } as const
      const of = { faceId: bobFace }
      const said = await store
        .as({ actor })
        .statements.add(collection.id, ann, { kind: rejection, of })
      const { statement } = said
      expect(said).toEqual({ alreadyStated: false, statement })
      expect(statement).toMatchObject({ kind: rejection, personId: ann, faceId: bobFace })
      expect(statement).toMatchObject({ inForce: true, createdBy: actor })
      expect(statement.imageHash).toBe(makeFace(2).imageHash)
      const image = (await say(ann, saidOf(3), confirmation)).statement
      expect(image).not.toHaveProperty('faceId')
      expect(image).not.toHaveProperty('facePersonId')
      expect(image).toMatchObject({ kind: confirmation, imageHash: makeFace(3).imageHash })
      const { box: _, ...embedding } = saidOf(4)
      const third = (await say(bob, embedding)).statement
      expect(await list()).toEqual([statement, image, third])
      expect(await list({ personId: ann })).toEqual([statement, image])
      expect(await list({ personId: ann, kind: rejection })).toEqual([statement])
      expect(await list({ personId: 'x' })).toEqual([])
      expect(await store.statements.get(collection.id, image.id)).toEqual(image)
      const pages = await readPages((page) => store.statements.list(collection.id, page), 2)
      expect(pages.map((page) => page.length)).toEqual([2, 1])
      expect(await (await fixture.open()).statements.get(collection.id, third.id)).toEqual(third)
    })

    it('tells whose face it was said of, and whether one can see it', async () => {
      const crops = await makeCollection(store, { name: 'crops', storeCrops: true })
      const { persons, faces, statements } = store
      const crop = makeCrop(Uint8Array.of(0xff, 0xd8, 1))
      const { id: eva } = await persons.create(crops.id, { name: 'Eva' })
      const { person, faces: added } = await faces.add(crops.id, { name: 'Ida' }, [
        makeFace(5, { crop }),
        makeFace(6),
      ])
      for (const { id: faceId } of added) {
        await statements.add(crops.id, eva, { kind: rejection, of: { faceId } })
      }
      const ofEva = async () => (await statements.list(crops.id, { personId: eva })).items
      expect(await ofEva()).toMatchObject([
        { facePersonId: person.id, hasCrop: true },
        { facePersonId: person.id, hasCrop: false },
      ])
      const moved = await faces.move(crops.id, [added[0]!.id], { name: 'Ina' })
      expect((await ofEva())[0]).toMatchObject({ facePersonId: moved.person.id, hasCrop: true })
    })

    it('answers the embeddings of a person, and to a search those of the persons it found', async () => {
      expect(await lookUp()).toEqual([])
      const ofFace = (await say(ann, { faceId: bobFace })).statement
      const ofImage = (await say(ann, saidOf(3))).statement
      const confirmed = (await say(ann, saidOf(4), confirmation)).statement
      await say(bob, saidOf(5), confirmation)
      const read = await store.statements.embeddings(collection, ann)
      expect(read.map(({ id }) => id).toSorted()).toEqual(
        [ofFace.id, ofImage.id, confirmed.id].toSorted(),
      )
      for (const [id, kind, seed] of [
        [ofFace.id, rejection, 2],
        [ofImage.id, rejection, 3],
        [confirmed.id, confirmation, 4],
      ] as const) {
        const one = read.find((found) => found.id === id)
        expect(one).toMatchObject({ kind, personId: ann })
        for (const [i, value] of makeEmbedding(seed).entries())
          expect(one!.embedding[i]).toBeCloseTo(value, 6)
      }
      const found = await lookUp()
      expect(found.filter(({ personId }) => personId === ann)).toHaveLength(3)
      const onlyBob = await store.faces.lookUpNearest(collection, [[bobFace]])
      expect(onlyBob.statements.every(({ personId }) => personId === bob)).toBe(true)
      expect(await store.statements.embeddings(collection, unknownId)).toEqual([])
    })

    it('is seen by a search of another node at once, and no more when it was revoked', async () => {
      const other = await fixture.open()
      expect(await lookUp(other)).toEqual([])
      expect(await lookUp()).toEqual([])
      const { statement } = await say(ann, { faceId: bobFace })
      expect(await lookUp(other)).toHaveLength(1)
      expect(await lookUp()).toHaveLength(1)
      const second = await other.statements.add(collection.id, ann, {
        kind: rejection,
        of: saidOf(3),
      })
      expect(await lookUp()).toHaveLength(2)
      await store.statements.revoke(collection.id, statement.id)
      expect((await lookUp(other)).map(({ id }) => id)).toEqual([second.statement.id])
      await other.statements.revoke(collection.id, second.statement.id)
      expect(await lookUp()).toEqual([])
      await expectCode(store.statements.revoke(collection.id, statement.id), 'statementNotFound')
      await expectCode(store.statements.get(collection.id, statement.id), 'statementNotFound')
    })

    it('lets the newer word about one face of one image count, and keeps the same word once', async () => {
      const { statement } = await say(ann, saidOf(3))
      expect(await say(ann, saidOf(3))).toEqual({ statement, alreadyStated: true })
      // Another face of the same image, and the same face and another person.
      const elsewhere = { x: 900, y: 2, width: 100, height: 120 }
      await say(ann, saidOf(3, { box: elsewhere }))
      await say(bob, saidOf(3))
      expect(await list()).toHaveLength(3)
      const confirmed = await say(ann, saidOf(3), confirmation)
      expect(confirmed).toMatchObject({ alreadyStated: false, revoked: statement })
      expect(await list()).toHaveLength(3)
      const again = await say(ann, saidOf(3))
      expect(again.revoked).toEqual(confirmed.statement)
      // The image of a stored face, said once of the file and once of the face.
      const ofImage = await say(ann, saidOf(2), confirmation)
      expect((await say(ann, { faceId: bobFace })).revoked).toEqual(ofImage.statement)
    })

    it('keeps one of many that are said at once', async () => {
      const second = await fixture.open()
      const said = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          (i % 2 ? store : second).statements.add(collection.id, ann, {
            kind: rejection,
            of: saidOf(3),
          }),
        ),
      )
      expect(said.filter(({ alreadyStated }) => !alreadyStated)).toHaveLength(1)
      expect(await list()).toHaveLength(1)
    })

    it('refuses what cannot be said', async () => {
      await expectCode(say(ann, { faceId: annFace }), 'faceOfPerson')
      await expectCode(say(ann, saidOf(1)), 'faceOfPerson')
      const again = await store.faces.add(collection.id, bob, [makeFace(1)])
      await expectCode(say(ann, { faceId: again.faces[0]!.id }), 'faceOfPerson')
      expect((await say(ann, { faceId: annFace }, confirmation)).statement.inForce).toBe(true)
      await expectCode(say(ann, { faceId: unknownId }), 'faceNotFound')
      await expectCode(say(unknownId, saidOf(3)), 'personNotFound')
      await expectCode(say('x', saidOf(3)), 'personNotFound')
      await expectCode(say(ann, saidOf(3, { modelId: 'other' })), 'modelMismatch')
      const long = { embedding: makeEmbedding(3, 9) }
      await expectCode(say(ann, saidOf(3, long)), 'dimensionMismatch')
      const zeros = { embedding: new Float32Array(8) }
      await expectCode(say(ann, saidOf(3, zeros)), 'invalidEmbedding')
      await expectCode(
        store.statements.add(unknownId, ann, { kind: rejection, of: saidOf(3) }),
        'collectionNotFound',
      )
      const other = await makeCollection(store, { name: 'other' })
      await expectCode(
        store.statements.add(other.id, ann, { kind: rejection, of: saidOf(3) }),
        'personNotFound',
      )
      const { statement } = await say(ann, saidOf(3))
      await expectCode(store.statements.get(other.id, statement.id), 'statementNotFound')
      await expectCode(store.statements.revoke(other.id, statement.id), 'statementNotFound')
      expect((await store.statements.list(other.id)).items).toEqual([])
    })

    it('goes with the face, the person and the collection', async () => {
      await say(ann, { faceId: bobFace })
      const kept = await say(ann, saidOf(3))
      await say(bob, saidOf(4))
      await store.faces.delete(collection.id, bobFace)
      expect(await list({ personId: ann })).toEqual([kept.statement])
      await store.persons.delete(collection.id, bob)
      expect(await list()).toEqual([kept.statement])
      expect(await lookUp()).toHaveLength(1)
      // Counted right: the last one of the collection still holds, and none does after it.
      const cy = await store.faces.add(collection.id, { name: 'Cy' }, [makeFace(7)])
      await say(ann, { faceId: cy.faces[0]!.id })
      await store.persons.delete(collection.id, cy.person.id)
      expect(await lookUp()).toHaveLength(1)
      await store.collections.delete('default')
      expect(await list()).toEqual([])
      await expectCode(store.statements.get(collection.id, kept.statement.id), 'statementNotFound')
    })

    it('comes back when a deletion is undone, and follows a merge until that is undone', async () => {
      const ofFace = (await say(ann, { faceId: bobFace })).statement
      const ofImage = (await say(ann, saidOf(3))).statement
      const all = [ofFace, ofImage]
      const undoLast = async () => {
        const [entry] = (await store.history.list(collection.id)).items
        await store.history.undo(collection.id, entry!.id)
      }
      const undoable = { undoable: true }
      await store.persons.delete(collection.id, bob, undoable)
      expect(await list()).toEqual([ofImage])
      await undoLast()
      expect(await list()).toEqual(all)
      await store.persons.delete(collection.id, ann, undoable)
      expect(await list()).toEqual([])
      await undoLast()
      expect(await list({ personId: ann })).toEqual(all)
      expect(await lookUp()).toHaveLength(2)

      const cy = await store.faces.add(collection.id, { name: 'Cy' }, [makeFace(7)])
      const cyId = cy.person.id
      await say(ann, { faceId: cy.faces[0]!.id })
      await store.persons.merge(collection.id, { into: cyId, from: [ann] }, undoable)
      const merged = await list()
      // That a face of Cy is not Ann means nothing any more.
      expect(merged.map(({ personId, imageHash }) => [personId, imageHash])).toEqual([
        [cyId, ofFace.imageHash],
        [cyId, ofImage.imageHash],
      ])
      expect(await store.statements.embeddings(collection, cyId)).toHaveLength(2)
      await undoLast()
      expect((await list({ personId: ann })).slice(0, 2)).toEqual(all)
      expect(await list({ personId: ann })).toHaveLength(3)
      expect(await list({ personId: cyId })).toEqual([])
      expect(await lookUp()).toHaveLength(3)

      // Erased with the trash, or with the face at once.
      await store.faces.delete(collection.id, bobFace)
      await store.persons.delete(collection.id, ann)
      expect(await list()).toEqual([])
      expect(await lookUp()).toEqual([])
    })

    it('compares within a model: one without an embedding of the model that answers is not in force', async () => {
      const begun = await store.secondModels.begin(collection.id, better)
      const image = (await say(ann, saidOf(3))).statement
      const face = (await say(ann, { faceId: bobFace })).statement
      const ofBetter = { id: collection.id, modelId: better.modelId }
      await store.secondModels.fill(ofBetter, [
        { faceId: bobFace, embedding: makeEmbedding(2, better.dimension) },
      ])
      await store.secondModels.switchTo(begun)
      expect(await list()).toEqual([{ ...image, inForce: false }, face])
      const found = await store.faces.lookUpNearest(ofBetter, [[annFace]])
      expect(found.statements.map(({ id }) => id)).toEqual([face.id])
      expect(found.statements[0]?.embedding).toHaveLength(better.dimension)
      expect(await store.statements.embeddings(collection, ann)).toHaveLength(2)
    })
  })
}
