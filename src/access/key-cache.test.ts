import { expect, it } from 'vitest'
import { FaceError } from '../core/errors.ts'
import type { ApiKey, KeyStore } from '../storage/ports/keys.ts'
import { createKeyCache, seenAgainAfterMs } from './key-cache.ts'

const key: ApiKey = {
  id: 'k1',
  name: 'door',
  prefix: 'fw_',
  scopes: ['identify'],
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: { kind: 'commandLine', id: '0', name: 'root' },
}

/** A database of one key, which counts what it is asked. */
function setUp(): {
  readonly asked: string[]
  readonly cache: ReturnType<typeof createKeyCache>
  readonly database: { keys: readonly ApiKey[]; fails: boolean; wait: Promise<void> | undefined }
  readonly clock: { now: number }
} {
  const asked: string[] = []
  const database: ReturnType<typeof setUp>['database'] = {
    keys: [],
    fails: false,
    wait: undefined,
  }
  const clock = { now: Date.parse('2026-02-01T00:00:00Z') }
  const ask = async (what: string) => {
    asked.push(what)
    if (database.fails) throw new FaceError('storeUnavailable')
    const { keys } = database
    await database.wait
    return keys
  }
  const keys: Pick<KeyStore, 'list' | 'findByHash' | 'touch'> = {
    list: async () => ({ items: await ask('list') }),
    findByHash: async () => (await ask('find'))[0],
    touch: async (_, usedAt) => void (await ask(`touch ${usedAt}`)),
  }
  const cache = createKeyCache({ keys: keys as KeyStore, now: () => clock.now })
  return { asked, cache, database, clock }
}

it('asks for a key again when it was seen some seconds ago, and not before', async () => {
  const { asked, cache, database, clock } = setUp()
  database.keys = [key]
  expect(await cache.find('h')).toEqual(key)
  database.keys = [{ ...key, revokedAt: '2026-02-01T00:00:00.000Z' }]
  clock.now += seenAgainAfterMs - 1
  expect(await cache.find('h')).toEqual(key)
  expect(asked).toEqual(['find'])
  clock.now += 1
  expect((await cache.find('h'))?.revokedAt).toBeDefined()
  // A clock that was set back keeps nothing alive.
  clock.now -= 3_600_000
  database.keys = []
  expect(await cache.find('h')).toBeUndefined()
})

it('forgets at once what was revoked here, also while it was being looked up', async () => {
  const { asked, cache, database } = setUp()
  let go = () => {}
  database.keys = [key]
  database.wait = new Promise((resolve) => {
    go = resolve
  })
  const early = cache.find('h')
  database.keys = [{ ...key, revokedAt: '2026-02-01T00:00:00.000Z' }]
  cache.forget('k1')
  go()
  await early
  expect((await cache.find('h'))?.revokedAt).toBeDefined()
  expect((await cache.find('h'))?.revokedAt).toBeDefined()
  expect(asked).toEqual(['find', 'find'])
  cache.forget('k1')
  await cache.find('h')
  expect(asked).toEqual(['find', 'find', 'find'])
})

it('remembers no key that is not known', async () => {
  const { asked, cache } = setUp()
  await cache.find('a')
  await cache.find('a')
  expect(asked).toEqual(['find', 'find'])
})

it('notices the first key of another process, and never that the last one is gone', async () => {
  const { asked, cache, database, clock } = setUp()
  expect([await cache.hasKeys(), await cache.hasKeys(), cache.hadKeys()]).toEqual([
    ...[false, false, false],
  ])
  expect(asked).toEqual(['list'])
  database.keys = [key]
  clock.now += seenAgainAfterMs
  expect(await Promise.all([cache.hasKeys(), cache.hasKeys()])).toEqual([true, true])
  expect(asked).toEqual(['list', 'list'])
  database.keys = []
  clock.now += seenAgainAfterMs
  expect([await cache.hasKeys(), cache.hadKeys()]).toEqual([true, true])
})

it('asks for keys from the first one made here on', async () => {
  const { asked, cache } = setUp()
  await cache.hasKeys()
  cache.noteKey()
  expect(await cache.hasKeys()).toBe(true)
  expect(asked).toEqual(['list'])
})

it('is not open while nobody knows whether there are keys, and stays as it was later', async () => {
  const { cache, database, clock } = setUp()
  database.fails = true
  await expect(cache.hasKeys()).rejects.toMatchObject({ code: 'storeUnavailable' })
  database.fails = false
  expect(await cache.hasKeys()).toBe(false)
  database.fails = true
  clock.now += seenAgainAfterMs
  expect(await cache.hasKeys()).toBe(false)
})

it('writes the last use once a minute, and forgives a failure', async () => {
  const { asked, cache, database, clock } = setUp()
  cache.noteUse(key)
  cache.noteUse(key)
  clock.now += 59_999
  cache.noteUse(key)
  expect(asked).toEqual(['touch 2026-02-01T00:00:00.000Z'])
  clock.now += 1
  database.fails = true
  cache.noteUse(key)
  await new Promise((resolve) => setImmediate(resolve))
  database.fails = false
  cache.noteUse(key)
  expect(asked.slice(1)).toEqual([
    'touch 2026-02-01T00:01:00.000Z',
    'touch 2026-02-01T00:01:00.000Z',
  ])
})
