import { beforeEach, describe, expect, it } from 'vitest'
import type { Cursor } from '../../../src/core/types.ts'
import type { Database } from '../../../src/storage/database.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, type DatabaseUnderTest, readFeed } from './fixture.ts'

/**
 * What the port `feed` does in every database.
 *
 * @param createOther  another database
 */
export function describeFeed(
  under: () => DatabaseUnderTest,
  createOther: () => Promise<DatabaseFixture>,
): void {
  describe('feed', () => {
    let store: Database
    let fixture: DatabaseFixture

    beforeEach(() => {
      ;({ store, fixture } = under())
    })

    it('starts with nothing and has a cursor for that', async () => {
      const cursor = await store.feed.latestCursor()
      expect(await store.feed.changes(undefined, 10)).toEqual([])
      expect(await store.feed.changes(cursor, 10)).toEqual([])
      const collection = await makeCollection(store)
      await store.faces.add(collection.id, { name: 'A' }, [makeFace(1)])
      expect(await store.feed.changes(cursor, 10)).toHaveLength(1)
    })

    it('keeps the order of writes and resumes after any change', async () => {
      const collection = await makeCollection(store)
      const added: string[] = []
      for (let i = 0; i < 5; i++) {
        const { faces } = await store.faces.add(collection.id, { name: `P${i}` }, [makeFace(i)])
        added.push(faces[0]!.id)
      }
      await store.faces.delete(collection.id, added[1]!)
      const all = await store.feed.changes(undefined, 100)
      expect(all.map((change) => [change.kind, change.faceId])).toEqual([
        ...added.map((id) => ['faceAdded', id]),
        ['faceRemoved', added[1]],
      ])
      expect(all[0]!.embedding).toHaveLength(8)
      // The face is gone, so its embedding is, too.
      expect(all[1]!.embedding).toBeUndefined()
      expect(new Set(all.map((change) => change.cursor)).size).toBe(all.length)
      expect(all.at(-1)!.cursor).toBe(await store.feed.latestCursor())
      for (const [i, change] of all.entries()) {
        expect(await store.feed.changes(change.cursor, 100)).toEqual(all.slice(i + 1))
      }
      expect(await readFeed(store, { limit: 2 })).toEqual(all)
    })

    it('resumes after the store was closed and opened', async () => {
      const collection = await makeCollection(store)
      await store.faces.add(collection.id, { name: 'A' }, [makeFace(1)])
      const cursor = await store.feed.latestCursor()
      await store.close()
      const again = await fixture.open()
      const { faces } = await again.faces.add(collection.id, { name: 'B' }, [makeFace(2)])
      expect(await again.feed.changes(cursor, 10)).toMatchObject([{ faceId: faces[0]!.id }])
    })

    it('refuses a cursor that is not of this feed', async () => {
      const collection = await makeCollection(store)
      await store.faces.add(collection.id, { name: 'A' }, [makeFace(1)])
      const other = await createOther()
      const otherStore = await other.open()
      const otherCollection = await makeCollection(otherStore)
      await otherStore.faces.add(otherCollection.id, { name: 'A' }, [makeFace(1)])
      const foreign = await otherStore.feed.latestCursor()
      await other.dispose()
      for (const cursor of [foreign, '', '1', 'x.y.z', `${await store.feed.latestCursor()}0`]) {
        await expectCode(store.feed.changes(cursor, 10), 'invalidCursor')
      }
    })

    it('loses and repeats nothing for a follower while two stores write', async () => {
      const collection = await makeCollection(store)
      const second = await fixture.open()
      const start = await store.feed.latestCursor()
      let writing = true
      const seen: string[] = []
      const follower = (async () => {
        let cursor: Cursor = start
        for (;;) {
          const last = !writing
          const page = await store.feed.changes(cursor, 7)
          seen.push(...page.map((change) => `${change.kind} ${change.faceId}`))
          cursor = page.at(-1)?.cursor ?? cursor
          if (last && page.length === 0) return
        }
      })()
      const expected: string[] = []
      const write = async (target: Database, offset: number) => {
        for (let i = 0; i < 40; i++) {
          const { faces } = await target.faces.add(collection.id, { name: `P${offset}` }, [
            makeFace(offset + i),
          ])
          expected.push(`faceAdded ${faces[0]!.id}`)
          if (i % 4 === 0) {
            await target.faces.delete(collection.id, faces[0]!.id)
            expected.push(`faceRemoved ${faces[0]!.id}`)
          }
        }
      }
      await Promise.all([write(store, 0), write(store, 1000), write(second, 2000)])
      writing = false
      await follower
      expect([...seen].sort()).toEqual(expected.sort())
      expect(await second.collections.counts(collection.id)).toEqual({ persons: 120, faces: 90 })
    })
  })
}
