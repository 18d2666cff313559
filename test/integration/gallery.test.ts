import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FaceError } from '../../src/core/errors.ts'
import { dotProduct } from '../../src/core/similarity.ts'
import { createGallery, type Gallery } from '../../src/gallery/gallery.ts'
import type { Database } from '../../src/storage/database.ts'
import { wrapMethods } from '../../src/storage/methods.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { plainCurve } from '../helpers/curve.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import {
  createMemoryProvider,
  createSnapshotDisk,
  type MemoryProvider,
  type SnapshotDisk,
} from '../helpers/memory-index.ts'

describe('gallery', () => {
  let directory: string
  let disk: SnapshotDisk
  let store: Database
  let provider: MemoryProvider
  let gallery: Gallery
  let collection: Collection
  let opened: { close(): Promise<void> }[]

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-gallery-'))
    disk = createSnapshotDisk()
    opened = []
    store = await openStore()
    ;({ gallery, provider } = await openGallery())
    collection = await makeCollection(gallery)
  })

  afterEach(async () => {
    for (const closable of opened.reverse()) await closable.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function openStore(): Promise<Database> {
    const another = await createSqliteStore({ file: join(directory, 'gallery.db') })
    opened.push(another)
    return another
  }

  async function openGallery(
    on: Database = store,
    pollMs = 20,
  ): Promise<{ gallery: Gallery; provider: MemoryProvider }> {
    const memory = createMemoryProvider(disk)
    const another = await createGallery({ store: on, provider: memory, pollMs })
    opened.push(another)
    return { gallery: another, provider: memory }
  }

  const enrol = (seed: number, name = `P${seed}`) =>
    gallery.faces.add(collection.id, { name }, [makeFace(seed)])

  async function findNames(seed: number, persons = 3, on = gallery): Promise<string[]> {
    const [ranked] = await on.search(collection, makeEmbedding(seed), { persons })
    return ranked!.persons.map((person) => person.name)
  }

  const nearest = async (seed: number, on = gallery) => (await findNames(seed, 1, on))[0]

  it('tells its health with one call of the store, however many collections there are', async () => {
    const calls: string[] = []
    const count = <T>(name: string, body: () => Promise<T>): Promise<T> => {
      calls.push(name)
      return body()
    }
    const counted: Database = {
      ...store,
      ...wrapMethods(store, count),
      ping: () => count('ping', store.ping),
    }
    // So slow a poll that no other call of the gallery falls between.
    const { gallery: watched } = await openGallery(counted, 60_000)
    for (const collections of [1, 60]) {
      while ((await store.collections.totals()).collections < collections) {
        await makeCollection(store, { name: `c${(await store.collections.totals()).collections}` })
      }
      await watched.catchUp()
      calls.length = 0
      expect(await watched.health()).toMatchObject({ ready: true, changeLag: 0 })
      expect(calls).toEqual(['ping'])
    }
  })

  describe('search', () => {
    it('answers nothing for an empty collection and for no probes', async () => {
      expect(await gallery.search(collection, makeEmbedding(1), { persons: 5 })).toEqual([
        { collection, gallerySize: 0, persons: [], suppressed: [] },
      ])
      expect(await gallery.search(collection, new Float32Array(0), { persons: 5 })).toEqual([])
    })

    it('finds each enrolment at once, with the person, the face and the similarity', async () => {
      for (let i = 0; i < 20; i++) {
        const { person, faces } = await gallery.faces.add(
          collection.id,
          { name: `P${i}`, metadata: { i } },
          [makeFace(i)],
        )
        const [ranked] = await gallery.search(collection, makeEmbedding(i), { persons: 1 })
        const first = ranked!.persons[0]
        expect(first).toMatchObject({
          personId: person.id,
          name: `P${i}`,
          metadata: { i },
          faceId: faces[0]!.id,
        })
        // observed 1.0000001, bound 1e-6
        expect(Math.abs(Number(first!.similarity) - 1)).toBeLessThan(1e-6)
      }
    })

    it('ranks persons by their best face, each once, for several probes', async () => {
      for (let i = 0; i < 6; i++) {
        const faces = Array.from({ length: 4 }, (_, j) => makeFace(100 * i + j))
        await gallery.faces.add(collection.id, { name: `P${i}` }, faces)
      }
      const probes = new Float32Array(16)
      probes.set(makeEmbedding(1), 0)
      probes.set(makeEmbedding(502), 8)
      const lists = await gallery.search(collection, probes, { persons: 6 })
      expect(lists.map((list) => list.persons[0]!.name)).toEqual(['P0', 'P5'])
      for (const list of lists) {
        expect(new Set(list.persons.map((person) => person.personId)).size).toBe(6)
        const similarities = list.persons.map((person) => person.similarity)
        expect(similarities).toEqual([...similarities].sort((a, b) => b - a))
      }
    })

    it('gives exact similarities where the index only estimates them', async () => {
      for (let i = 0; i < 40; i++) await enrol(i)
      const exact = await gallery.search(collection, makeEmbedding(7), { persons: 5 })
      provider.blur = 0.5
      expect(await gallery.search(collection, makeEmbedding(7), { persons: 5 })).toEqual(exact)
      expect((await gallery.verifyIndex(collection)).different).toEqual([])
    })

    it('finds other persons behind one who has very many similar faces', async () => {
      const base = makeEmbedding(1)
      const faces = Array.from({ length: 300 }, (_, i) => {
        const embedding = base.map((value, j) => value + (j === i % 8 ? 1e-4 * i : 0) / 100)
        const norm = Math.hypot(...embedding)
        return makeFace(i, { embedding: embedding.map((value) => value / norm) })
      })
      await gallery.faces.add(collection.id, { name: 'Many' }, faces)
      await enrol(2, 'Second')
      await enrol(3, 'Third')
      const names = await findNames(1, 3)
      expect(names[0]).toBe('Many')
      expect([...names].sort()).toEqual(['Many', 'Second', 'Third'])
      expect(await findNames(1, 5)).toHaveLength(3)
      const [found] = await gallery.search(collection, base, { persons: 1 })
      expect(found?.rest?.faces).toBe(2)
      expect(found?.rest?.similarities).toHaveLength(2)
    })

    it('tells how alike the rest of the gallery is, without the best person', async () => {
      const ann = await gallery.faces.add(collection.id, { name: 'Ann' }, [
        makeFace(1),
        makeFace(2),
      ])
      for (let i = 10; i < 40; i++) await enrol(i)
      const probe = makeEmbedding(1)
      const [found] = await gallery.search(collection, probe, { persons: 1 })
      expect(found?.persons).toHaveLength(1)
      expect(found?.persons[0]?.personId).toBe(ann.person.id)
      const others = Array.from({ length: 30 }, (_, i) => dotProduct(makeEmbedding(i + 10), probe))
      const nearest = others.sort((a, b) => b - a).slice(0, 10)
      expect(found?.rest?.faces).toBe(30)
      expect(found?.rest?.similarities).toHaveLength(10)
      for (const [i, similarity] of nearest.entries()) {
        expect(found?.rest?.similarities[i]).toBeCloseTo(similarity, 6)
      }
    })

    it('ranks a person by the mean of the faces where that is nearer', async () => {
      const axis = (i: number, j: number): Float32Array => {
        const embedding = new Float32Array(8)
        embedding[i] = 0.6
        embedding[j] = 0.8
        return embedding
      }
      const faces = [makeFace(1, { embedding: axis(0, 1) }), makeFace(2, { embedding: axis(0, 2) })]
      await gallery.faces.add(collection.id, { name: 'Two' }, faces)
      const near = new Float32Array(8)
      near[0] = 0.65
      near[3] = Math.sqrt(1 - 0.65 ** 2)
      await gallery.faces.add(collection.id, { name: 'One' }, [makeFace(3, { embedding: near })])
      const probe = new Float32Array(8)
      probe[0] = 1
      const [found] = await gallery.search(collection, probe, { persons: 2 })
      expect(found?.persons.map(({ name }) => name)).toEqual(['Two', 'One'])
      // 0.6 / sqrt(0.6^2 + 2 x 0.4^2) = 0.7276
      expect(found?.persons[0]?.similarity).toBeCloseTo(0.7276, 3)
      expect(found?.persons[1]?.similarity).toBeCloseTo(0.65, 6)
      expect(found?.rest?.faces).toBe(1)
    })

    it('answers embeddings of the nearest faces from a similarity on', async () => {
      await enrol(1)
      await enrol(2)
      const options = { persons: 2, embeddingsFrom: 0.99 }
      const [found] = await gallery.search(collection, makeEmbedding(1), options)
      const [first, second] = found?.persons ?? []
      expect([...(first?.embedding ?? [])]).toEqual([...makeEmbedding(1)])
      expect(second?.embedding).toBeUndefined()
    })

    it('refuses probes of another length or model, and a bad count', async () => {
      const probe = makeEmbedding(1)
      const cases = [
        [new Float32Array(7), { persons: 1 }, 'dimensionMismatch'],
        [probe, { persons: 1, modelId: 'other' }, 'modelMismatch'],
        [probe, { persons: 0 }, 'invalidOption'],
      ] as const
      for (const [probes, options, code] of cases) {
        await expect(gallery.search(collection, probes, options)).rejects.toMatchObject({ code })
      }
    })

    it('does not know a collection that was deleted, nor one of the same name by the old id', async () => {
      await enrol(1)
      await gallery.collections.delete('default')
      const code = 'collectionNotFound'
      const search = () => gallery.search(collection, makeEmbedding(1), { persons: 1 })
      await expect(search()).rejects.toMatchObject({ code })
      const again = await makeCollection(gallery)
      await expect(search()).rejects.toMatchObject({ code })
      expect(await gallery.search(again, makeEmbedding(1), { persons: 1 })).toEqual([
        { collection: again, gallerySize: 0, persons: [], suppressed: [] },
      ])
      expect(disk.snapshots.has(collection.id)).toBe(false)
    })

    it('keeps collections apart', async () => {
      const other = await makeCollection(gallery, { name: 'other' })
      await enrol(1)
      expect(await gallery.search(other, makeEmbedding(1), { persons: 1 })).toEqual([
        { collection: other, gallerySize: 0, persons: [], suppressed: [] },
      ])
    })
  })

  describe('deletion', () => {
    it('of a face, a person or a collection is seen by the next search', async () => {
      const ann = await gallery.faces.add(collection.id, { name: 'Ann' }, [
        makeFace(1),
        makeFace(2),
      ])
      await enrol(3, 'Bob')
      await gallery.faces.delete(collection.id, ann.faces[0]!.id)
      const [ranked] = await gallery.search(collection, makeEmbedding(1), { persons: 2 })
      expect(ranked!.persons.map((person) => person.faceId)).not.toContain(ann.faces[0]!.id)
      expect(provider.vectorsOf(collection.id).size).toBe(2)
      await gallery.persons.delete(collection.id, ann.person.id)
      expect(await findNames(2)).toEqual(['Bob'])
      expect(provider.vectorsOf(collection.id).size).toBe(1)
    })

    it('stays when a worker dies while it is applied', async () => {
      const { person } = await enrol(1, 'Ann')
      await enrol(2, 'Bob')
      provider.before = (operation) => {
        if (operation !== 'remove') return
        provider.before = () => {}
        provider.loseAll()
      }
      await gallery.persons.delete(collection.id, person.id)
      expect(await findNames(1)).toEqual(['Bob'])
    })

    it('stays for changes of a face that came and went before they were read', async () => {
      const { person } = await store.faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
      await store.persons.delete(collection.id, person.id)
      await gallery.catchUp()
      expect(await findNames(1)).toEqual([])
      expect(provider.vectorsOf(collection.id).size).toBe(0)
    })
  })

  describe('restart', () => {
    it('loads the snapshot and replays what came after it', async () => {
      await enrol(1)
      await enrol(2)
      const gone = await enrol(3)
      await gallery.close()
      expect(disk.snapshots.get(collection.id)!.vectors.size).toBe(3)
      await store.faces.add(collection.id, { name: 'P4' }, [makeFace(4)])
      await store.persons.delete(collection.id, gone.person.id)
      ;({ gallery, provider } = await openGallery())
      expect(await nearest(4)).toBe('P4')
      expect(await findNames(3, 10)).not.toContain('P3')
      // Only what the snapshot did not have was read from the store.
      expect(provider.calls.get('upsert')).toBe(1)
    })

    it('builds the index from the store when there is no snapshot, and says how far it is', async () => {
      const faces = Array.from({ length: 4500 }, (_, i) => makeFace(i))
      await store.faces.add(collection.id, { name: 'Many' }, faces)
      const { faces: one } = await enrol(9999, 'One')
      await gallery.faces.delete(collection.id, one[0]!.id)
      await gallery.close()
      disk.snapshots.clear()
      const steps: [number, number][] = []
      const memory = createMemoryProvider(disk)
      const onRebuild = (_: string, done: number, total: number) => void steps.push([done, total])
      const rebuilt = await createGallery({ store, provider: memory, onRebuild })
      opened.push(rebuilt)
      expect((await rebuilt.stats()).ready).toBe(false)
      await rebuilt.catchUp()
      expect(await rebuilt.stats()).toEqual({
        collections: 1,
        persons: 2,
        faces: 4500,
        changeLag: 0,
        indexBehindMs: expect.any(Number),
        failureCounts: { rebuilds: 1, snapshotFailures: 0 },
        ready: true,
      })
      expect(steps).toEqual([
        [2000, 4500],
        [4000, 4500],
        [4500, 4500],
      ])
      expect(memory.vectorsOf(collection.id).size).toBe(4500)
    })

    it('builds the index from the store when the snapshot is of another feed', async () => {
      await enrol(1)
      await gallery.close()
      const { vectors } = disk.snapshots.get(collection.id)!
      const strangers = new Map([...vectors, ['a stranger', makeEmbedding(5)]])
      disk.snapshots.set(collection.id, { cursor: 'of another database', vectors: strangers })
      ;({ gallery, provider } = await openGallery())
      expect(await findNames(5)).toEqual(['P1'])
      expect(provider.vectorsOf(collection.id).size).toBe(1)
    })
  })

  describe('the index worker', () => {
    it('is loaded again when a search finds it dead, for all searches that wait', async () => {
      for (let i = 0; i < 5; i++) await enrol(i)
      provider.loseAll()
      const found = await Promise.all([0, 1, 2, 3, 4].map((seed) => nearest(seed)))
      expect(found).toEqual(['P0', 'P1', 'P2', 'P3', 'P4'])
      expect((await gallery.verifyIndex(collection)).checked).toBe(5)
    })

    it('that does not answer is told as the cause, in searches and in the state, until it does', async () => {
      await enrol(1)
      const away = new FaceError('indexUnavailable', { detail: 'Nothing at index.milvus.address.' })
      const { gallery: second, provider: remote } = await openGallery(store, 10)
      remote.before = () => {
        throw away
      }
      remote.loseAll()
      for (let attempt = 0; attempt < 3; attempt++) {
        await expect(nearest(1, second)).rejects.toMatchObject({
          code: 'indexUnavailable',
          detail: away.detail,
        })
      }
      expect(await second.stats()).toMatchObject({ ready: false, failure: { code: away.code } })
      remote.before = () => {}
      await vi.waitFor(async () => expect(await nearest(1, second)).toBe('P1'), {
        timeout: 10_000,
      })
      const { ready, failure } = await second.stats()
      expect([ready, failure]).toEqual([true, undefined])
    })

    it('that cannot be loaded fails searches, not writes, and is not ready until it is', async () => {
      await enrol(1)
      const { gallery: second, provider: broken } = await openGallery(store, 10)
      await second.catchUp()
      let attempts = 0
      broken.before = (operation) => {
        if (operation !== 'load') return
        attempts++
        throw new FaceError('overloaded')
      }
      broken.loseAll()
      await expect(nearest(1, second)).rejects.toMatchObject({ code: 'overloaded' })
      await second.faces.add(collection.id, { name: 'P2' }, [makeFace(2)])
      await expect(nearest(2, second)).rejects.toMatchObject({
        code: 'notReady',
        detail: expect.stringContaining(new FaceError('overloaded').message),
      })
      expect((await second.stats()).ready).toBe(false)
      // One attempt for the search; the next only seconds later, not with every poll.
      expect(attempts).toBe(1)
      broken.before = () => {}
      await vi.waitFor(async () => expect(await nearest(2, second)).toBe('P2'), {
        timeout: 10_000,
        interval: 200,
      })
      expect((await second.stats()).ready).toBe(true)
    })
  })

  describe('another process', () => {
    it('is followed at once where the store tells of changes', async () => {
      let notify: (() => void) | undefined
      const telling: Database = {
        ...(await openStore()),
        onChange(listener) {
          notify = listener
          return () => {
            notify = undefined
          }
        },
      }
      const { gallery: other, provider: memory } = await openGallery(telling, 600_000)
      await other.catchUp()
      await enrol(1)
      expect(memory.vectorsOf(collection.id).size).toBe(0)
      notify!()
      await vi.waitFor(() => expect(memory.vectorsOf(collection.id).size).toBe(1), 2000)
      await other.close()
      expect(notify).toBeUndefined()
    })

    it('counts the time since the index had everything', async () => {
      let broken = false
      const opened = await openStore()
      const failing: Database = {
        ...opened,
        feed: {
          ...opened.feed,
          changes: async (after, limit) => {
            if (broken) throw new FaceError('storeUnavailable')
            return store.feed.changes(after, limit)
          },
        },
      }
      const { gallery: other } = await openGallery(failing)
      await other.catchUp()
      broken = true
      const before = (await other.stats()).indexBehindMs
      await vi.waitFor(async () =>
        expect((await other.stats()).indexBehindMs).toBeGreaterThan(before + 100),
      )
      const behind = (await other.stats()).indexBehindMs
      broken = false
      await other.catchUp()
      expect((await other.stats()).indexBehindMs).toBeLessThan(behind)
    })

    it('sees additions, deletions and new collections within the poll interval', async () => {
      const otherStore = await openStore()
      const { gallery: other } = await openGallery(otherStore)
      const { person } = await enrol(1, 'Ann')
      await vi.waitFor(async () => expect(await nearest(1, other)).toBe('Ann'), 2000)
      await gallery.persons.delete(collection.id, person.id)
      await vi.waitFor(async () => expect(await nearest(1, other)).toBeUndefined(), 2000)
      const fresh = await makeCollection(gallery, { name: 'fresh', dimension: 16 })
      const face = makeFace(7, { embedding: makeEmbedding(7, 16) })
      await gallery.faces.add(fresh.id, { name: 'Bob' }, [face])
      await vi.waitFor(async () => {
        const [ranked] = await other.search(fresh, makeEmbedding(7, 16), { persons: 1 })
        expect(ranked!.persons.map((found) => found.name)).toEqual(['Bob'])
      }, 2000)
      await gallery.collections.delete('fresh')
      await vi.waitFor(
        () =>
          expect(other.search(fresh, makeEmbedding(7, 16), { persons: 1 })).rejects.toMatchObject({
            code: 'collectionNotFound',
          }),
        2000,
      )
    })
  })

  describe('check and rebuild', () => {
    it('finds nothing wrong with an index in step, also while others write', async () => {
      for (let i = 0; i < 30; i++) await enrol(i)
      const otherStore = await openStore()
      let writing = true
      const write = async () => {
        for (let i = 100; writing; i++) {
          const { faces } = await otherStore.faces.add(collection.id, { name: 'x' }, [makeFace(i)])
          if (i % 2) await otherStore.faces.delete(collection.id, faces[0]!.id)
        }
      }
      const writer = write()
      for (let round = 0; round < 5; round++) {
        const report = await gallery.verifyIndex(collection)
        expect(report).toMatchObject({ missing: [], surplus: [], different: [] })
        expect(report.checked).toBeGreaterThanOrEqual(30)
      }
      writing = false
      await writer
    })

    it('names missing, surplus and different faces, and a rebuild repairs them', async () => {
      const ids: string[] = []
      for (let i = 0; i < 5; i++) ids.push((await enrol(i)).faces[0]!.id)
      const vectors = provider.vectorsOf(collection.id)
      vectors.delete(ids[1]!)
      vectors.set(ids[3]!, makeEmbedding(99))
      vectors.set('01ARZ3NDEKTSV4RRFFQ69G5FAV', makeEmbedding(98))
      expect(await gallery.verifyIndex(collection)).toEqual({
        checked: 5,
        missing: [ids[1]],
        surplus: ['01ARZ3NDEKTSV4RRFFQ69G5FAV'],
        different: [ids[3]],
      })
      const steps: [number, number][] = []
      const onProgress = (done: number, total: number) => void steps.push([done, total])
      await gallery.rebuildIndex(collection, { onProgress })
      expect(steps.at(-1)).toEqual([5, 5])
      expect(await gallery.verifyIndex(collection)).toEqual({
        checked: 5,
        missing: [],
        surplus: [],
        different: [],
      })
      expect(disk.snapshots.get(collection.id)!.vectors.size).toBe(5)
    })

    it('stays searchable while it is rebuilt, with additions found and deletions gone', async () => {
      const faces = Array.from({ length: 4100 }, (_, i) => makeFace(1000 + i))
      await gallery.faces.add(collection.id, { name: 'Many' }, faces)
      await enrol(1, 'Old')
      let running = true
      const rebuild = gallery.rebuildIndex(collection).finally(() => {
        running = false
      })
      let rounds = 0
      while (running || rounds === 0) {
        expect(await nearest(1)).toBe('Old')
        const { person } = await enrol(10 + rounds, 'New')
        expect(await nearest(10 + rounds)).toBe('New')
        await gallery.persons.delete(collection.id, person.id)
        expect(await nearest(10 + rounds)).not.toBe('New')
        rounds++
      }
      await rebuild
      const report = await gallery.verifyIndex(collection)
      expect(report).toEqual({ checked: 4101, missing: [], surplus: [], different: [] })
    })
  })

  it('measures how alike its people are, from the store, until it is forgotten or closed', async () => {
    for (let i = 0; i < 80; i++) await enrol(i)
    await gallery.faces.add(collection.id, { name: 'Twice' }, [makeFace(100), makeFace(101)])
    const input = { curve: plainCurve, faces: 82 }
    expect(gallery.difficulty.latest(collection, input)).toBeUndefined()
    const measured = await gallery.difficulty.measure(collection, input)
    expect(measured).toMatchObject({ faces: 82, persons: 81, pairs: 3240 })
    // Random directions of 8 dimensions are far more alike than the curve's faces.
    expect(measured?.difficulty?.times).toBeGreaterThan(10)
    expect(gallery.difficulty.latest(collection, input)).toBe(measured)
    await gallery.collections.delete(collection.name)
    expect(gallery.difficulty.latest(collection, input)).toBeUndefined()
    await gallery.close()
    expect(await gallery.difficulty.measure(collection, input)).toBeUndefined()
  })

  it('does not lose the count of changes when a snapshot cannot be written', async () => {
    provider.before = (operation) => {
      if (operation === 'save') throw new FaceError('storeFull')
    }
    await enrol(1)
    await gallery.rebuildIndex(collection)
    expect(disk.snapshots.size).toBe(0)
    provider.before = () => {}
    await gallery.close()
    expect(disk.snapshots.get(collection.id)!.vectors.size).toBe(1)
  })

  it('refuses writes and waits for nothing after it was closed', async () => {
    await gallery.close()
    await expect(enrol(1)).rejects.toMatchObject({ code: 'notReady' })
    expect(await store.collections.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
  })
})
