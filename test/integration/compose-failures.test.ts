import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { composeFaceWatcher } from '../../src/compose/compose.ts'
import { openIndexProvider, openStore } from '../../src/compose/storage.ts'
import { toConfig } from '../../src/config/load.ts'
import { FaceError } from '../../src/core/errors.ts'
import type { Database } from '../../src/storage/database.ts'
import { createProtectedStore } from '../../src/storage/protection/protected-store.ts'
import { createMemoryProvider } from '../helpers/memory-index.ts'

vi.mock('../../src/compose/storage.ts', async (original) => ({
  ...(await original<object>()),
  openStore: vi.fn(),
  openIndexProvider: vi.fn(),
}))

const dataDir = mkdtempSync(join(tmpdir(), 'face-watcher-compose-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

let open: Set<string>
const fail = async (): Promise<never> => {
  throw new FaceError('storeUnavailable', { detail: 'made to fail' })
}
const closes = (name: string) => ({
  close: async () => {
    open.delete(name)
  },
})

/** Opens everything; `failing` names what does not work. */
function prepare(failing: string): void {
  const unless = <T>(step: string, works: () => Promise<T>) => (failing === step ? fail : works)
  const store = {
    collections: {
      list: async () => ({ items: [] }),
      get: unless('collections.get', async () => {
        throw new FaceError('collectionNotFound')
      }),
      create: fail,
    },
    feed: { latestCursor: async () => '0', changes: async () => [] },
    ping: unless('ping', async () => {}),
    ...closes('store'),
  }
  vi.mocked(openStore).mockImplementation(async () => {
    if (failing === 'openStore') return fail()
    open.add('store')
    return createProtectedStore(store as unknown as Database, undefined)
  })
  vi.mocked(openIndexProvider).mockImplementation(async () => {
    if (failing === 'openIndexProvider') return fail()
    open.add('provider')
    return { ...createMemoryProvider(), ...closes('provider') }
  })
}

beforeEach(() => {
  open = new Set()
})

it.each(['openStore', 'openIndexProvider', 'ping', 'collections.get', 'collections.create'])(
  'closes what it opened when the step %s fails',
  async (failing) => {
    prepare(failing)
    const start = composeFaceWatcher(toConfig({ dataDir }), { installMissing: false })
    await expect(start).rejects.toMatchObject({ detail: 'made to fail' })
    expect([...open]).toEqual([])
  },
)

it.each([
  ['mobilefacenet', 'embedder'],
  ['nothing', 'no model'],
])('refuses %s as the detector instead of using another one', async (detector, what) => {
  const config = toConfig({ dataDir, models: { detector } })
  await expect(composeFaceWatcher(config, { installMissing: false })).rejects.toMatchObject({
    code: 'invalidConfig',
    detail: expect.stringContaining(what),
  })
})
