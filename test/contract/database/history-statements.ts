import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import type { Statement, StatementKind } from '../../../src/storage/ports/statements.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import type { DatabaseUnderTest } from './fixture.ts'

const undoable = { undoable: true } as const
const later = '9999-01-01T00:00:00.000Z'

interface Enrolled {
  readonly id: string
  readonly faces: readonly string[]
}

/** What becomes of rejections and confirmations when persons and faces change, in every database. */
export function describeHistoryStatements(under: () => DatabaseUnderTest): void {
  describe('statements in the history', () => {
    let store: Database
    let collection: Collection
    let ann: Enrolled
    let bob: Enrolled

    const enrol = async (name: string, ...seeds: readonly number[]): Promise<Enrolled> => {
      const faces = seeds.map((seed) => makeFace(seed))
      const added = await store.faces.add(collection.id, { name }, faces)
      return { id: added.person.id, faces: added.faces.map(({ id }) => id) }
    }

    beforeEach(async () => {
      store = under().store
      collection = await makeCollection(store)
      ann = await enrol('Ann', 1, 2)
      bob = await enrol('Bob', 3)
    })

    const list = async (personId?: string): Promise<readonly Statement[]> =>
      (await store.statements.list(collection.id, personId === undefined ? {} : { personId })).items
    const say = async (
      { id }: Enrolled,
      of: number | string,
      kind: StatementKind = 'rejection',
    ): Promise<Statement> => {
      const { embedding, modelId, imageHash, box } = makeFace(Number(of))
      const image = { embedding, modelId, imageHash, ...(box && { box }) }
      const about = typeof of === 'string' ? { faceId: of } : image
      return (await store.statements.add(collection.id, id, { kind, of: about })).statement
    }
    /** How many statements a search is told of: where a collection has no rejection, none. */
    const lookUp = async (...faceIds: readonly string[]) =>
      (await store.faces.lookUpNearest(collection, [faceIds])).statements.length
    const newest = async () => (await store.history.list(collection.id)).items[0]!
    const undoNewest = async () => store.history.undo(collection.id, (await newest()).id, undoable)

    it('hold for the one who survives again when an undone merge is done again', async () => {
      const ofFace = await say(bob, ann.faces[0]!)
      const ofImage = await say(bob, 9)
      const confirmed = await say(bob, 8, 'confirmation')
      const cy = await enrol('Cy', 4)
      await store.persons.merge(collection.id, { into: cy.id, from: [bob.id] }, undoable)
      const merged = await list()
      expect(merged.map(({ personId, imageHash }) => [personId, imageHash])).toEqual(
        [ofFace, ofImage, confirmed].map(({ imageHash }) => [cy.id, imageHash]),
      )
      for (let times = 0; times < 2; times++) {
        await undoNewest()
        expect(await list()).toEqual([ofFace, ofImage, confirmed])
        expect(await lookUp(...cy.faces, ...bob.faces)).toBe(3)
        await undoNewest()
        expect(await list()).toEqual(merged)
        expect(await lookUp(...cy.faces, ...bob.faces)).toBe(3)
        expect(await store.statements.embeddings(collection, cy.id)).toHaveLength(3)
      }
    })

    it('comes not back for who survived, when that person comes back', async () => {
      await say(bob, 9)
      const cy = await enrol('Cy', 4)
      await store.persons.merge(collection.id, { into: cy.id, from: [bob.id] }, undoable)
      await undoNewest()
      await store.persons.delete(collection.id, cy.id, undoable)
      await undoNewest()
      expect(await list(cy.id)).toEqual([])
      expect(await list(bob.id)).toHaveLength(1)
    })

    it.each([
      ['moved to', () => store.faces.move(collection.id, ann.faces.slice(0, 1), bob.id, undoable)],
      [
        'merged into',
        () => store.persons.merge(collection.id, { into: bob.id, from: [ann.id] }, undoable),
      ],
      ['enrolled for', () => store.faces.add(collection.id, bob.id, [makeFace(1)])],
    ])('end where the face is %s the person, until that is undone', async (_, give) => {
      const ofFace = await say(bob, ann.faces[0]!)
      const other = await say(bob, 9)
      // Another face of the same photograph.
      const { embedding, modelId, imageHash } = makeFace(1)
      const box = { x: 900, y: 2, width: 100, height: 120 }
      const beside = await store.statements.add(collection.id, bob.id, {
        kind: 'rejection',
        of: { embedding, modelId, imageHash, box },
      })
      const all = [ofFace, other, beside.statement]
      await give()
      const left = await list()
      expect(left).toEqual([other, beside.statement])
      for (let times = 0; times < 2; times++) {
        await undoNewest()
        expect(await list()).toEqual(all)
        await undoNewest()
        expect(await list()).toEqual(left)
      }
      expect(await lookUp(...bob.faces)).toBe(2)
      await store.statements.revoke(collection.id, other.id)
      await store.statements.revoke(collection.id, beside.statement.id)
      // Counted right: there is no rejection left.
      await say(bob, 7, 'confirmation')
      expect(await lookUp(...bob.faces)).toBe(0)
    })

    it('end where the image of the face was rejected, and not where it was confirmed', async () => {
      await say(bob, 1)
      const confirmed = await say(bob, 2, 'confirmation')
      await store.persons.merge(collection.id, { into: bob.id, from: [ann.id] }, undoable)
      expect(await list()).toEqual([confirmed])
    })

    it('come not back with the person while what ended them holds', async () => {
      const { id } = await say(bob, ann.faces[0]!)
      await store.faces.move(collection.id, ann.faces.slice(0, 1), bob.id, undoable)
      const move = await newest()
      await store.faces.move(collection.id, ann.faces.slice(0, 1), { name: 'Cy' }, undoable)
      await store.persons.delete(collection.id, bob.id, undoable)
      await undoNewest()
      expect(await list()).toEqual([])
      await store.faces.move(collection.id, ann.faces.slice(0, 1), bob.id, undoable)
      await store.history.undo(collection.id, move.id, undoable)
      expect((await list()).map((statement) => statement.id)).toEqual([id])
    })

    it('are erased for good with the trash, the face, and where nothing can be undone', async () => {
      await say(bob, ann.faces[0]!)
      await store.faces.move(collection.id, ann.faces.slice(0, 1), bob.id, undoable)
      expect(await store.history.eraseTrash(later, 10)).toBe(1)
      await undoNewest()
      expect(await list()).toEqual([])

      await say(bob, ann.faces[0]!)
      await store.faces.move(collection.id, ann.faces.slice(0, 1), bob.id, undoable)
      await store.faces.delete(collection.id, ann.faces[0]!)
      expect(await store.history.eraseTrash(later, 10)).toBe(0)

      await say(bob, ann.faces[1]!)
      await store.faces.move(collection.id, ann.faces.slice(1), bob.id)
      expect(await list()).toEqual([])
      expect(await store.history.eraseTrash(later, 10)).toBe(0)
    })
  })
}
