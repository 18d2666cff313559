import { ulid } from 'ulid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import { maxStatements, type StatementKind } from '../../../src/storage/ports/statements.ts'
import type { MovedStatement } from '../../../src/storage/ports/transfer.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeEmbedding } from '../../helpers/faces.ts'
import { addStatements, fillCollection } from '../../helpers/moved-gallery.ts'
import { type DatabaseFixture, type DatabaseUnderTest, unknownId } from './fixture.ts'

/**
 * What the port `transfer` does in every database with what was said.
 *
 * @param createOther  the database that it is moved to
 */
export function describeMovedStatements(
  under: () => DatabaseUnderTest,
  createOther: () => Promise<DatabaseFixture>,
): void {
  describe('transfer of statements', () => {
    let other: DatabaseFixture
    let source: Database
    let target: Database
    let collection: Collection
    let said: readonly MovedStatement[]

    const read = (store: Database) => store.transfer.readStatements(collection.id, { limit: 100 })
    const restore = (...statements: MovedStatement[]) =>
      target.transfer.restoreStatements(collection.id, statements)

    beforeEach(async () => {
      source = under().store
      other = await createOther()
      target = await other.open()
      collection = await fillCollection(source, { persons: 3 })
      await addStatements(source, collection)
      said = await read(source)
      await target.transfer.restoreCollection(collection)
      const { items } = await source.persons.list(collection.id)
      await target.transfer.restorePersons(collection.id, items)
      const faces = await source.transfer.readFaces(collection.id, { limit: 100 })
      await target.transfer.restoreFaces(collection.id, faces)
    })

    afterEach(() => other.dispose())

    it('keeps them as they were said, and searches hold to them', async () => {
      await restore(...said)
      expect(said).toHaveLength(4)
      expect(await read(target)).toEqual(said)
      const { items } = await source.statements.list(collection.id)
      expect(await target.statements.list(collection.id)).toEqual({ items })
      expect(items.map(({ inForce }) => inForce)).toEqual([true, true, true, true])
      const faces = await source.transfer.readFaces(collection.id, { limit: 100 })
      const lookUp = async (store: Database) => {
        const found = await store.faces.lookUpNearest(collection, [faces.map(({ id }) => id)])
        return [...found.statements].sort((a, b) => (a.id < b.id ? -1 : 1))
      }
      expect(await lookUp(target)).toEqual(await lookUp(source))
      expect(await lookUp(target)).toHaveLength(4)
    })

    it('lets nobody say more of a person than is kept, but the other word', async () => {
      const { personId } = said[0]!
      const many = Array.from({ length: maxStatements }, (_, i) => ({
        ...{ ...said[0]!, id: ulid(i + 1), kind: 'rejection' as const },
        of: { imageHash: i.toString(16).padStart(64, '0') },
      }))
      await restore(...many)
      const say = (kind: StatementKind, imageHash: string) =>
        target.statements.add(collection.id, personId, {
          kind,
          of: { imageHash, modelId: collection.modelId, embedding: makeEmbedding(7) },
        })
      await expectCode(say('rejection', 'f'.repeat(64)), 'limitReached')
      const hash = (7).toString(16).padStart(64, '0')
      expect((await say('confirmation', hash)).revoked).toMatchObject({ kind: 'rejection' })
      await expectCode(say('confirmation', 'f'.repeat(64)), 'limitReached')
    })

    it('reads them in pages, of one collection only', async () => {
      await addStatements(source, await fillCollection(source, { name: 'other', persons: 2 }))
      const first = await source.transfer.readStatements(collection.id, { limit: 3 })
      const after = first.at(-1)!.id
      const rest = await source.transfer.readStatements(collection.id, { after, limit: 3 })
      expect([...first, ...rest]).toEqual(said)
      expect(await source.transfer.readStatements(unknownId, { limit: 3 })).toEqual([])
    })

    it('restores none twice, also when two stores do it at once', async () => {
      const second = await other.open()
      await restore(...said.slice(0, 2))
      await Promise.all(
        [target, second].map((store) => store.transfer.restoreStatements(collection.id, said)),
      )
      await restore(...said)
      expect(await read(target)).toEqual(said)
      // Rejections are counted: once all are revoked, a search reads none.
      for (const { id } of said) await second.statements.revoke(collection.id, id)
      const [face] = await source.transfer.readFaces(collection.id, { limit: 1 })
      const { statements } = await target.faces.lookUpNearest(collection, [[face!.id]])
      expect(statements).toEqual([])
    })

    it('leaves out those whose person or face is not there, and keeps the word that is', async () => {
      const [first, , third, last] = said as [
        MovedStatement,
        MovedStatement,
        MovedStatement,
        MovedStatement,
      ]
      await restore(
        { ...first, personId: unknownId },
        { ...third, of: { faceId: unknownId } },
        { ...last, personId: 'a\0b' },
        { ...third, personId: (await source.faces.get(collection.id, toFaceId(third))).personId },
      )
      expect(await read(target)).toEqual([])
      const [own] = await source.transfer.readFaces(collection.id, { limit: 1 })
      const { personId, imageHash, box } = own!
      await restore({ ...first, personId, of: { imageHash, ...(box && { box }) } })
      expect(await read(target)).toEqual([])
      await restore(last)
      const opposite = { ...last, id: unknownId, kind: 'rejection' as const }
      await restore(opposite, first)
      expect(await read(target)).toEqual([first, last])
    })

    it('does not take persons and faces of another collection for its own', async () => {
      const elsewhere = await fillCollection(target, { name: 'elsewhere', persons: 2 })
      await target.transfer.restoreStatements(elsewhere.id, said)
      expect((await target.statements.list(elsewhere.id)).items).toEqual([])
    })

    it('restores all or none of what is wrong', async () => {
      const [first, second] = said as [MovedStatement, MovedStatement]
      const { imageHash } = second.of as { imageHash: string }
      const bad = (change: Partial<MovedStatement>) => restore(first, { ...second, ...change })
      await expectCode(bad({ id: 'x' }), 'invalidOption')
      await expectCode(bad({ of: { imageHash: 'x' } }), 'invalidOption')
      const short = makeEmbedding(1, 4)
      await expectCode(bad({ of: { imageHash, embedding: short } }), 'dimensionMismatch')
      const noUnit = new Float32Array(8)
      await expectCode(bad({ of: { imageHash, embedding: noUnit } }), 'invalidEmbedding')
      const nan = new Float32Array(8).fill(Number.NaN)
      await expectCode(bad({ of: { imageHash, embedding: nan } }), 'invalidEmbedding')
      await expectCode(target.transfer.restoreStatements(unknownId, said), 'collectionNotFound')
      expect(await read(target)).toEqual([])
    })
  })
}

function toFaceId({ of }: MovedStatement): string {
  return (of as { faceId: string }).faceId
}
