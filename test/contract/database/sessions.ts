import { createHash, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { NewSession } from '../../../src/storage/ports/sessions.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { type DatabaseFixture, type DatabaseUnderTest, unknownId } from './fixture.ts'

const randomHash = () => createHash('sha256').update(randomBytes(8)).digest('hex')
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()

function makeSession(overrides: Partial<NewSession> = {}): NewSession {
  return {
    hash: randomHash(),
    subject: 'https://id.example#ann',
    actor: { kind: 'signedIn', id: 'https://id.example#ann', name: 'Ann' },
    roles: ['viewer'],
    createdAt: at(0),
    idleEndsAt: at(30),
    endsAt: at(60),
    ...overrides,
  }
}

/** What the port `sessions` does in every database. */
export function describeSessions(under: () => DatabaseUnderTest): void {
  describe('sessions', () => {
    let store: Database
    let fixture: DatabaseFixture

    beforeEach(() => {
      ;({ store, fixture } = under())
    })

    it('keeps a session without its hash, and finds it by the hash, also in another process', async () => {
      const { hash, ...rest } = makeSession()
      const session = await store.sessions.create({ hash, ...rest })
      expect(session).toEqual({ ...rest, id: expect.stringMatching(/^[0-9A-Z]{26}$/) })
      expect(await store.sessions.findByHash(hash)).toEqual(session)
      expect(await (await fixture.open()).sessions.findByHash(hash)).toEqual(session)
      const { roles: _, ...plain } = makeSession({ hash: randomHash() })
      const ofKey = {
        ...plain,
        ...{ keyHash: randomHash(), scopes: ['identify'], collectionIds: [unknownId] },
      }
      const { hash: __, ...kept } = ofKey
      expect(await store.sessions.create(ofKey)).toEqual({ ...kept, id: expect.any(String) })
      expect(await store.sessions.findByHash(ofKey.hash)).toMatchObject(kept)
      expect(await store.sessions.findByHash('0'.repeat(64))).toBeUndefined()
    })

    it('refuses what is no session', async () => {
      const { roles: _, ...nobody } = makeSession()
      await expectCode(store.sessions.create(makeSession({ hash: 'x' })), 'invalidOption')
      await expectCode(store.sessions.create(makeSession({ keyHash: 'x' })), 'invalidOption')
      await expectCode(store.sessions.create(makeSession({ roles: [] })), 'invalidOption')
      await expectCode(store.sessions.create(nobody), 'invalidOption')
    })

    it('notes a use and never goes back', async () => {
      const { hash, ...rest } = makeSession()
      const { id } = await store.sessions.create({ hash, ...rest })
      await store.sessions.touch(id, at(40))
      await store.sessions.touch(id, at(35))
      expect((await store.sessions.findByHash(hash))?.idleEndsAt).toBe(at(40))
      await store.sessions.touch(unknownId, at(40))
    })

    it('ends one, or all of a subject', async () => {
      const sessions = [makeSession(), makeSession(), makeSession({ subject: 'other' })]
      const ids: string[] = []
      for (const session of sessions) ids.push((await store.sessions.create(session)).id)
      const left = async () =>
        (await Promise.all(sessions.map(({ hash }) => store.sessions.findByHash(hash)))).map(
          (session) => session !== undefined,
        )
      await store.sessions.end(ids[0]!)
      await store.sessions.end(ids[0]!)
      expect(await left()).toEqual([false, true, true])
      await store.sessions.create(makeSession())
      expect(await store.sessions.endAll('https://id.example#ann')).toBe(2)
      expect(await store.sessions.endAll('https://id.example#ann')).toBe(0)
      expect(await left()).toEqual([false, false, true])
    })

    it('removes those whose time is over', async () => {
      const over = [makeSession(), makeSession({ idleEndsAt: at(90), endsAt: at(31) })]
      const running = makeSession({ idleEndsAt: at(50) })
      for (const session of [...over, running]) await store.sessions.create(session)
      expect(await store.sessions.expire(at(29))).toBe(0)
      expect(await store.sessions.expire(at(31))).toBe(2)
      for (const { hash } of over) expect(await store.sessions.findByHash(hash)).toBeUndefined()
      expect(await store.sessions.findByHash(running.hash)).toBeDefined()
    })
  })
}
