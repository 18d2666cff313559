import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGallery, type Gallery } from '../../src/gallery/gallery.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection } from '../helpers/faces.ts'

const child = fileURLToPath(new URL('../helpers/enrol-child.mjs', import.meta.url))

interface Acknowledged {
  /** Seed to face id. */
  readonly added: Map<number, string>
  readonly removed: Map<number, string>
}

describe('gallery on disk', () => {
  let directory: string
  let collection: Collection

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-kill-'))
    const store = await createSqliteStore({ file: join(directory, 'gallery.db') })
    collection = await makeCollection(store, { dimension: 64 })
    await store.close()
  })

  afterEach(() => rm(directory, { recursive: true, force: true }))

  async function withGallery(body: (gallery: Gallery) => Promise<void>): Promise<string[]> {
    const rejected: string[] = []
    const store = await createSqliteStore({ file: join(directory, 'gallery.db') })
    const provider = createExactProvider({
      directory: join(directory, 'index'),
      onSnapshotRejected: (_, reason) => rejected.push(reason),
    })
    const gallery = await createGallery({ store, provider, pollMs: 50 })
    try {
      await body(gallery)
    } finally {
      await gallery.close()
      await store.close()
    }
    return rejected
  }

  /** Runs the child; kills it after `killAfter` acknowledged additions. */
  async function enrol(
    first: number,
    count: number,
    { acknowledged, killAfter }: { acknowledged: Acknowledged; killAfter?: number },
  ): Promise<string> {
    const process_ = spawn(process.execPath, [child, directory, String(first), String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise<string>((resolve) => {
      process_.on('exit', (code, signal) => resolve(signal ?? String(code)))
    })
    let seen = 0
    for await (const line of createInterface({ input: process_.stdout })) {
      const [kind, seed, faceId] = line.split(' ')
      if (kind === 'added') {
        acknowledged.added.set(Number(seed), faceId!)
        if (++seen === killAfter) process_.kill('SIGKILL')
      }
      if (kind === 'removed') acknowledged.removed.set(Number(seed), faceId!)
    }
    return ended
  }

  async function findFaceIds(gallery: Gallery, seed: number): Promise<string[]> {
    const [found] = await gallery.search(collection, makeEmbedding(seed), { persons: 1 })
    return found!.persons.map((person) => person.faceId)
  }

  async function expectAll(gallery: Gallery, { added, removed }: Acknowledged): Promise<void> {
    for (const [seed, faceId] of added) {
      const found = await findFaceIds(gallery, seed)
      // A deletion that was not acknowledged may have happened, too.
      if (removed.has(seed)) expect(found).not.toContain(faceId)
      else if (seed % 5 !== 0) expect(found).toEqual([faceId])
    }
    expect(await gallery.verifyIndex(collection)).toMatchObject({
      missing: [],
      surplus: [],
      different: [],
    })
  }

  it('keeps every acknowledged enrolment and deletion when it is killed, again and again', async () => {
    const acknowledged: Acknowledged = { added: new Map(), removed: new Map() }
    // 500 enrolments; the kills meet different places of the work.
    const kills = [3, 61, 117, 88]
    let first = 0
    for (const killAfter of kills) {
      const ended = await enrol(first, 500 - first, { acknowledged, killAfter })
      expect(ended).toBe('SIGKILL')
      // Four were under way; their seeds are not used again.
      first = Math.max(...acknowledged.added.keys()) + 5
      await withGallery((gallery) => expectAll(gallery, acknowledged))
    }
    expect(await enrol(first, 500 - first, { acknowledged })).toBe('0')
    expect(acknowledged.added.size).toBeGreaterThan(400)
    expect(acknowledged.removed.size).toBeGreaterThan(80)
    await withGallery(async (gallery) => {
      await expectAll(gallery, acknowledged)
      const { faces } = await gallery.collections.counts(collection.id)
      // At most the four that were under way at each kill were stored without an answer.
      const known = acknowledged.added.size - acknowledged.removed.size
      expect(Math.abs(faces - known)).toBeLessThanOrEqual(4 * kills.length)
    })
  })

  it('builds the index from the store when its snapshot is damaged', async () => {
    const acknowledged: Acknowledged = { added: new Map(), removed: new Map() }
    expect(await enrol(0, 60, { acknowledged })).toBe('0')
    const snapshot = join(directory, 'index', collection.id, 'exact.snapshot')
    const bytes = readFileSync(snapshot)
    bytes[bytes.length >> 1]! ^= 0xff
    writeFileSync(snapshot, bytes)
    const rejected = await withGallery((gallery) => expectAll(gallery, acknowledged))
    expect(rejected).toHaveLength(1)
    writeFileSync(snapshot, bytes.subarray(0, 100))
    expect(await withGallery((gallery) => expectAll(gallery, acknowledged))).toHaveLength(1)
    // It was written again when the gallery closed.
    expect(await withGallery((gallery) => expectAll(gallery, acknowledged))).toEqual([])
  })

  it('sees what another process enrols and deletes while both run', async () => {
    await withGallery(async (gallery) => {
      const acknowledged: Acknowledged = { added: new Map(), removed: new Map() }
      expect(await enrol(0, 50, { acknowledged })).toBe('0')
      await vi.waitFor(() => expectAll(gallery, acknowledged), 2000)
    })
  })

  it('removes the snapshot with its collection', async () => {
    const acknowledged: Acknowledged = { added: new Map(), removed: new Map() }
    await enrol(0, 10, { acknowledged })
    const snapshot = join(directory, 'index', collection.id, 'exact.snapshot')
    expect(existsSync(snapshot)).toBe(true)
    await withGallery((gallery) => gallery.collections.delete('default'))
    expect(existsSync(snapshot)).toBe(false)
  })
})

/** As in test/helpers/enrol-child.mjs. */
function makeEmbedding(seed: number): Float32Array {
  const bytes = createHash('sha512').update(String(seed)).digest()
  const vector = Float32Array.from(bytes, (byte) => byte - 127.5)
  const norm = Math.hypot(...vector)
  return vector.map((value) => value / norm)
}
