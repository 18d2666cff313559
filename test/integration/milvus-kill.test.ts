import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isFaceError } from '../../src/core/errors.ts'
import { createGallery } from '../../src/gallery/gallery.ts'
import { createMilvusProvider } from '../../src/search/milvus/provider.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { createClusteredVectors, createIds } from '../contract/vector-index-oracle.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { newMilvusPrefix, type OwnMilvus, startMilvus, whyNoMilvus } from '../servers/milvus.ts'

const skipReason = whyNoMilvus({ own: true })
const name = `killed Milvus${skipReason ? ` (${skipReason})` : ''}`
const dimension = 64
const back = { timeout: 60_000, interval: 200 }

describe.skipIf(skipReason)(name, { timeout: 240_000 }, () => {
  let server: OwnMilvus

  beforeAll(async () => {
    server = await startMilvus()
  })
  afterAll(() => server?.stop())

  it('has every acknowledged face when it is back, for the same provider', async () => {
    const provider = createMilvusProvider({ address: server.address, prefix: newMilvusPrefix() })
    const index = await provider.open('c1', dimension)
    await index.load()
    await index.clear()
    await index.save('start')
    const vectors = createClusteredVectors(4000, dimension, { seed: 1 })
    const ids = createIds(4000)
    const acknowledged: string[] = []
    const removed: string[] = []

    let killed: Promise<void> | undefined
    try {
      for (let from = 0; from < 4000; from += 20) {
        const part = vectors.slice(from * dimension, (from + 20) * dimension)
        await index.upsert(ids.slice(from, from + 20), part)
        acknowledged.push(...ids.slice(from + 1, from + 20))
        await index.remove([ids[from]!])
        removed.push(ids[from]!)
        if (acknowledged.length > 300) killed ??= server.kill9()
      }
      throw new Error('was not interrupted')
    } catch (error) {
      expect(error).toMatchObject({ code: 'indexUnavailable' })
    }
    await killed
    await expect(index.search(vectors.slice(0, dimension), 1)).rejects.toMatchObject({
      code: 'indexUnavailable',
    })

    await server.restart()
    await expect.poll(() => index.load().catch((error) => error.code), back).toBe('start')
    const stored = new Set(await index.ids())
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    expect(removed.filter((id) => stored.has(id))).toEqual([])
    const [list] = await index.search(vectors.slice(dimension, 2 * dimension), 1)
    expect(list![0]!.faceId).toBe(ids[1])
    await index.upsert(['later'], vectors.slice(0, dimension))
    await provider.close()
  })

  it('does not keep enrolments from the store, and follows them when it is back', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'face-watcher-milvus-gallery-'))
    const store = await createSqliteStore({ file: join(directory, 'gallery.db') })
    const provider = createMilvusProvider({ address: server.address, prefix: newMilvusPrefix() })
    const gallery = await createGallery({ store, provider, pollMs: 50 })
    try {
      const collection = await makeCollection(gallery)
      const enrol = (seed: number) =>
        gallery.faces.add(collection.id, { name: `P${seed}` }, [makeFace(seed)])
      const findName = async (seed: number) => {
        const [ranked] = await gallery.search(collection, makeEmbedding(seed), { persons: 1 })
        return ranked!.persons[0]?.name
      }
      await enrol(1)
      expect(await findName(1)).toBe('P1')
      const { faces } = await enrol(2)

      await server.kill9()
      await enrol(3)
      await gallery.faces.delete(collection.id, faces[0]!.id)
      const refusal = await findName(3).catch((error: unknown) => error)
      expect(isFaceError(refusal) && refusal.status).toBe(503)
      expect((await store.collections.counts(collection.id)).faces).toBe(2)

      await server.restart()
      await expect.poll(() => findName(3).catch(() => undefined), back).toBe('P3')
      expect(await findName(1)).toBe('P1')
      expect(await findName(2)).not.toBe('P2')
      const verified = await gallery.verifyIndex(collection)
      expect(verified).toEqual({ checked: 2, missing: [], surplus: [], different: [] })
    } finally {
      await gallery.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
