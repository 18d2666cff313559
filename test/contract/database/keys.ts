import { createHash, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Actor, libraryActor } from '../../../src/core/actor.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { NewApiKey } from '../../../src/storage/ports/keys.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, type DatabaseUnderTest, readPages, unknownId } from './fixture.ts'

const ann: Actor = { kind: 'commandLine', id: '1000', name: 'ann' }

function makeKey(overrides: Partial<NewApiKey> = {}): NewApiKey {
  const hash = createHash('sha256').update(randomBytes(8)).digest('hex')
  return { name: 'door', hash, prefix: 'fw_k3J0x9Q', scopes: ['identify'], ...overrides }
}

/** What the port `keys` does in every database, and that a write knows who asks. */
export function describeKeys(under: () => DatabaseUnderTest): void {
  describe('API keys', () => {
    let store: Database
    let fixture: DatabaseFixture

    beforeEach(() => {
      ;({ store, fixture } = under())
    })

    it('keeps a key without its hash, and finds it by the hash, also in another process', async () => {
      const { hash, ...rest } = makeKey({
        name: ' Tür ',
        scopes: ['identify', 'people:read'],
        collectionIds: [unknownId],
        expiresAt: '2999-01-01T00:00:00.000Z',
      })
      const key = await store.keys.create({ hash, ...rest })
      expect(key).toEqual({
        ...rest,
        name: 'Tür',
        id: expect.stringMatching(/^[0-9A-Z]{26}$/),
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        createdBy: libraryActor,
      })
      expect(await store.keys.findByHash(hash)).toEqual(key)
      expect(await (await fixture.open()).keys.findByHash(hash)).toEqual(key)
      const plain = makeKey()
      const { hash: _, ...kept } = plain
      expect(await store.keys.create(plain)).toEqual({
        ...kept,
        id: expect.any(String),
        createdAt: expect.any(String),
        createdBy: libraryActor,
      })
      expect(await store.keys.findByHash('0'.repeat(64))).toBeUndefined()
    })

    it('writes down who made a key, of many who ask at once', async () => {
      const made = await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const actor: Actor = { kind: 'apiKey', id: `k${i}`, name: `N${i}` }
          const ports = i % 3 === 0 ? store : store.as({ actor, requestId: `r${i}` })
          const { createdBy } = await ports.keys.create(makeKey())
          return [createdBy, i % 3 === 0 ? libraryActor : actor] as const
        }),
      )
      for (const [createdBy, expected] of made) expect(createdBy).toEqual(expected)
      const bob: Actor = { kind: 'configuredKey', id: '1', name: 'a key' }
      // What the object has beside who asks is neither sent nor stored.
      const caller = { actor: ann, signal: new AbortController().signal }
      const bound = store.as(caller)
      const refused = bound.keys.create(makeKey({ name: '' }))
      const other = store.as({ actor: bob }).keys.create(makeKey())
      await expectCode(refused, 'invalidName')
      expect((await bound.keys.create(makeKey())).createdBy).toEqual(ann)
      expect((await other).createdBy).toEqual(bob)
    })

    it('answers through every port of a caller what the database answers', async () => {
      const ports = store.as({ actor: ann })
      const collection = await makeCollection(ports)
      const { person } = await ports.faces.add(collection.id, { name: 'P' }, [makeFace(1)])
      expect(await store.persons.get(collection.id, person.id)).toEqual(person)
      expect(await ports.feed.latestCursor()).toBe(await store.feed.latestCursor())
      expect(await ports.answers.claim('bound', 'hash')).toBeUndefined()
      expect(await store.answers.claim('bound', 'other')).toEqual({ requestHash: 'hash' })
    })

    it('refuses what is no key', async () => {
      await expectCode(store.keys.create(makeKey({ name: 'a\nb' })), 'invalidName')
      await expectCode(store.keys.create(makeKey({ hash: 'A'.repeat(64) })), 'invalidOption')
      await expectCode(store.keys.create(makeKey({ scopes: [] })), 'invalidOption')
      await expectCode(store.keys.create(makeKey({ collectionIds: [] })), 'invalidOption')
      await expectCode(store.keys.create(makeKey({ collectionIds: ['x'] })), 'invalidOption')
      expect((await store.keys.list()).items).toEqual([])
    })

    it('lists keys oldest first, in pages', async () => {
      const ids: string[] = []
      for (let i = 0; i < 5; i++) ids.push((await store.keys.create(makeKey())).id)
      const pages = await readPages((options) => store.keys.list(options), 2)
      expect(pages.map((page) => page.map(({ id }) => id))).toEqual([
        ids.slice(0, 2),
        ids.slice(2, 4),
        ids.slice(4),
      ])
      await expectCode(store.keys.list({ limit: 0 }), 'invalidOption')
      await expectCode(store.keys.list({ cursor: 'x' }), 'invalidCursor')
    })

    it('notes the last use and never goes back', async () => {
      const { id } = await store.keys.create(makeKey())
      const lastUse = async () => (await store.keys.list()).items[0]?.lastUsedAt
      await store.keys.touch(id, '2026-01-02T00:00:00.000Z')
      await store.keys.touch(id, '2026-01-01T00:00:00.000Z')
      expect(await lastUse()).toBe('2026-01-02T00:00:00.000Z')
      await store.keys.touch(id, '2026-01-03T00:00:00.000Z')
      expect(await lastUse()).toBe('2026-01-03T00:00:00.000Z')
      await store.keys.touch(unknownId, '2026-01-03T00:00:00.000Z')
    })

    it('keeps the limits of a key', async () => {
      const key = await store.keys.create(makeKey({ ratePerMinute: 60, quotaPerDay: 1000 }))
      expect(key).toMatchObject({ ratePerMinute: 60, quotaPerDay: 1000 })
      expect((await store.keys.list()).items).toEqual([key])
      for (const wrong of [0, -1, 1.5, Number.NaN]) {
        await expectCode(store.keys.create(makeKey({ ratePerMinute: wrong })), 'invalidOption')
        await expectCode(store.keys.create(makeKey({ quotaPerDay: wrong })), 'invalidOption')
      }
    })

    it('rotates a key: another secret for the same, and the former one ends', async () => {
      const ends = '2998-01-01T00:00:00.000Z'
      const next = () => {
        const { hash, prefix } = makeKey({ prefix: 'fw_abcdefg' })
        return { hash, prefix, formerEndsAt: ends }
      }
      const limits = { ratePerMinute: 60, quotaPerDay: 1000 }
      const given = makeKey({ collectionIds: [unknownId], expiresAt: '2999-01-01T00:00:00.000Z' })
      const former = await store.keys.create({ ...given, ...limits })
      const secret = next()
      const key = await store.as({ actor: ann }).keys.rotate(former.id, secret)
      expect(key).toEqual({
        ...{ id: expect.any(String), name: 'door', prefix: 'fw_abcdefg', scopes: ['identify'] },
        ...{ collectionIds: [unknownId], createdAt: expect.any(String), createdBy: ann },
        ...limits,
      })
      expect(await store.keys.findByHash(secret.hash)).toEqual(key)
      const ended = { ...former, expiresAt: ends, replacedBy: key.id }
      expect(await store.keys.findByHash(given.hash)).toEqual(ended)
      await expectCode(store.keys.rotate(former.id, next()), 'invalidOption')
      // Its own end counts where that comes first.
      const short = await store.keys.create(makeKey({ expiresAt: '2900-01-01T00:00:00.000Z' }))
      const follower = await store.keys.rotate(short.id, { ...next(), expiresAt: ends })
      expect(follower.expiresAt).toBe(ends)
      const { items } = await store.keys.list()
      expect(items.find(({ id }) => id === short.id)?.expiresAt).toBe('2900-01-01T00:00:00.000Z')
    })

    it('rotates no key that has ended, and of many at once one', async () => {
      const next = () => {
        const { hash, prefix } = makeKey()
        return { hash, prefix, formerEndsAt: '2998-01-01T00:00:00.000Z' }
      }
      const { id } = await store.keys.create(makeKey())
      const asked = await Promise.allSettled(
        Array.from({ length: 5 }, () => store.keys.rotate(id, next())),
      )
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect((await store.keys.list()).items).toHaveLength(2)
      const revoked = await store.keys.create(makeKey())
      await store.keys.revoke(revoked.id)
      await expectCode(store.keys.rotate(revoked.id, next()), 'invalidOption')
      const expired = await store.keys.create(makeKey({ expiresAt: '2020-01-01T00:00:00.000Z' }))
      await expectCode(store.keys.rotate(expired.id, next()), 'invalidOption')
      await expectCode(store.keys.rotate(unknownId, next()), 'keyNotFound')
      await expectCode(store.keys.rotate('x', next()), 'keyNotFound')
    })

    it('revokes a key once, and keeps its record until it is removed', async () => {
      const { hash, ...rest } = makeKey()
      const { id } = await store.keys.create({ hash, ...rest })
      await expectCode(store.keys.remove(id), 'keyInUse')
      const revoked = await store.keys.revoke(id)
      expect(revoked.revokedAt).toMatch(/^\d{4}-.*Z$/)
      expect(await store.keys.revoke(id)).toEqual(revoked)
      expect(await store.keys.findByHash(hash)).toEqual(revoked)
      expect((await store.keys.list()).items).toEqual([revoked])
      await store.keys.remove(id)
      expect(await store.keys.findByHash(hash)).toBeUndefined()
      for (const gone of [id, unknownId, 'x']) {
        await expectCode(store.keys.revoke(gone), 'keyNotFound')
        await expectCode(store.keys.remove(gone), 'keyNotFound')
      }
    })
  })
}
