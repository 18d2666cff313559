import { mkdtemp, open, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/platform/random.ts'
import type { Neighbour, VectorIndex, VectorIndexProvider } from '../../src/search/vector-index.ts'
import {
  createClusteredVectors,
  createIds,
  createOracle,
  expectCandidates,
} from './vector-index-oracle.ts'

export interface VectorIndexContractOptions {
  /** Largest difference from float64 similarities, and of faces that may change places. Default 0. */
  readonly tolerance?: number
  /** Where a kind that keeps its snapshot in a file keeps it; without it, damage is not tested. */
  readonly snapshotFile?: (directory: string, collectionId: string) => string
  /**
   * The engine keeps what it was told last, not what it held when it was saved: `load` gives the
   * saved cursor and the present faces, and the feed since is applied to them once more.
   */
  readonly live?: boolean
  /** Sequences of random changes, default 60. */
  readonly runs?: number
}

/**
 * What every kind of index must do, compared with a brute-force float64 search.
 *
 * @param openProvider  opens a provider that keeps its snapshots in the folder, which outlives it
 */
export function describeVectorIndexContract(
  name: string,
  openProvider: (directory: string) => Promise<VectorIndexProvider>,
  options: VectorIndexContractOptions = {},
): void {
  const tolerance = options.tolerance ?? 0
  const { live = false, runs = 60 } = options

  describe(`vector index: ${name}`, () => {
    let directory: string
    let provider: VectorIndexProvider

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'face-watcher-index-'))
      provider = await openProvider(directory)
    })

    afterEach(async () => {
      await provider.close()
      await rm(directory, { recursive: true, force: true })
    })

    async function reopen(): Promise<void> {
      await provider.close()
      provider = await openProvider(directory)
    }

    /** An index with the given number of faces, and what it holds. */
    async function fill(count: number, dimension: number, collectionId = 'c1') {
      const index = await provider.open(collectionId, dimension)
      const oracle = createOracle(dimension)
      const ids = createIds(count)
      const vectors = createClusteredVectors(count, dimension, { seed: dimension + count })
      oracle.upsert(ids, vectors)
      await index.upsert(ids, vectors.slice())
      return { index, oracle, ids, vectors }
    }

    it('is empty at first and answers each probe with an empty list', async () => {
      const index = await provider.open('c1', 8)
      expect(index.kind).toBe(provider.kind)
      expect(index.dimension).toBe(8)
      expect(await index.size()).toBe(0)
      expect(await index.ids()).toEqual([])
      expect(await index.search(new Float32Array(16).fill(0.1), 5)).toEqual([[], []])
      expect(await index.search(new Float32Array(0), 5)).toEqual([])
      await index.remove(['nobody'])
      await index.optimize()
      expect(await index.size()).toBe(0)
    })

    it.each([128, 512, 130])('finds the nearest faces in %i dimensions', async (dimension) => {
      const { index, oracle } = await fill(1500, dimension)
      expect(await index.size()).toBe(1500)
      const probes = createClusteredVectors(7, dimension, { seed: 5, centres: 7 })
      const found = await index.search(probes, 10)
      expect(found).toHaveLength(7)
      found.forEach((list, i) => {
        const probe = probes.subarray(i * dimension, (i + 1) * dimension)
        expectCandidates(list, oracle.rank(probe), { k: 10, tolerance })
      })
    })

    it('tells how many faces it has', async () => {
      const { index, ids } = await fill(20, 8)
      await index.remove(ids.slice(0, 5))
      expect(await index.status()).toMatchObject({ faces: 15 })
    })

    it('answers a probe alone as it does in a batch of any size', async () => {
      const { index, vectors } = await fill(700, 130)
      const alone: (readonly Neighbour[])[] = []
      for (let i = 0; i < 70; i++) {
        const [list] = await index.search(vectors.slice(i * 130, (i + 1) * 130), 3)
        alone.push(list!)
      }
      for (const n of [1, 3, 4, 5, 64, 65, 70]) {
        const together = await index.search(vectors.slice(0, n * 130), 3)
        expect(together).toHaveLength(n)
        together.forEach((list, i) => {
          expectCandidates(list, alone[i]!, { k: 3, tolerance })
        })
      }
      expect(alone.map((list) => list![0]!.faceId)).toEqual(createIds(70))
    })

    it('gives all faces when k exceeds the gallery, and none when k is 0', async () => {
      const { index, oracle, vectors } = await fill(5, 16)
      const probe = vectors.slice(0, 16)
      const [all] = await index.search(probe, 100)
      expectCandidates(all!, oracle.rank(probe), { k: 100, tolerance })
      expect(await index.search(probe, 0)).toEqual([[]])
    })

    it('puts faces of equal similarity in the order of their ids', async () => {
      const index = await provider.open('c1', 16)
      const one = createClusteredVectors(1, 16, { seed: 1 })
      const ids = createIds(2000)
      const vectors = new Float32Array(2000 * 16)
      for (let i = 0; i < 2000; i++) vectors.set(one, i * 16)
      await index.upsert([...ids].reverse(), vectors)
      const [list] = await index.search(one.slice(), 12)
      expect(list!.map((item) => item.faceId)).toEqual(ids.slice(0, 12))
    })

    it('replaces the vector of a face that is there', async () => {
      const { index, oracle, ids, vectors } = await fill(40, 32)
      const other = createClusteredVectors(2, 32, { seed: 99 })
      await index.upsert([ids[3]!, ids[3]!], other.slice())
      oracle.upsert([ids[3]!], other.slice(32))
      expect(await index.size()).toBe(40)
      for (const probe of [other.slice(32), vectors.slice(3 * 32, 4 * 32)]) {
        const [list] = await index.search(probe, 40)
        expectCandidates(list!, oracle.rank(probe), { k: 40, tolerance })
      }
    })

    it('does not find a removed face once the removal is answered', async () => {
      const { index, oracle, ids, vectors } = await fill(3000, 32)
      const gone = ids.filter((_, i) => i % 3 === 0)
      oracle.remove(gone)
      await index.remove([...gone, 'nobody', gone[0]!])
      expect(await index.size()).toBe(2000)
      expect([...(await index.ids())].sort()).toEqual([...oracle.ids].sort())
      for (const i of [0, 1, 2999]) {
        const probe = vectors.slice(i * 32, (i + 1) * 32)
        const [list] = await index.search(probe, 20)
        expectCandidates(list!, oracle.rank(probe), { k: 20, tolerance })
      }
    })

    it('gives back stored vectors in the order asked, NaN for missing ones', async () => {
      const { index, ids, vectors } = await fill(10, 12)
      const back = await index.vectors([ids[7]!, 'nobody', ids[0]!])
      expect(back.subarray(0, 12)).toEqual(vectors.subarray(84, 96))
      expect(back.subarray(12, 24).every((value) => Number.isNaN(value))).toBe(true)
      expect(back.subarray(24)).toEqual(vectors.subarray(0, 12))
    })

    it('refuses vectors of another length and vectors that are not finite', async () => {
      const { index, vectors } = await fill(10, 16)
      const probe = vectors.slice(0, 16)
      const withNaN = probe.slice().fill(Number.NaN, 3, 4)
      const withInfinity = probe.slice().fill(Number.POSITIVE_INFINITY, 3, 4)
      const cases: [() => Promise<unknown>, string][] = [
        [() => index.search(probe.slice(1), 3), 'dimensionMismatch'],
        [() => index.upsert(['a', 'b'], probe.slice()), 'dimensionMismatch'],
        [() => index.search(withNaN.slice(), 3), 'invalidEmbedding'],
        [() => index.search(withInfinity.slice(), 3), 'invalidEmbedding'],
        [() => index.upsert(['a'], withNaN.slice()), 'invalidEmbedding'],
        [() => index.upsert(['a'], withInfinity.slice()), 'invalidEmbedding'],
        [() => index.search(probe.slice(), 1.5), 'invalidOption'],
        [() => index.search(probe.slice(), -1), 'invalidOption'],
        [() => index.search(probe.slice(), Number.NaN), 'invalidOption'],
      ]
      for (const [call, code] of cases) await expect(call()).rejects.toMatchObject({ code })
      expect(await index.size()).toBe(10)
      expect((await index.search(probe, 3))[0]).toHaveLength(3)
    })

    it('keeps the collections apart', async () => {
      const first = await fill(20, 16, 'c1')
      const second = await fill(30, 24, 'c2')
      await first.index.clear()
      expect(await first.index.size()).toBe(0)
      expect(await second.index.size()).toBe(30)
      await first.index.upsert(['again'], first.vectors.slice(0, 16))
      const [list] = await first.index.search(first.vectors.slice(0, 16), 5)
      expect(list!.map((item) => item.faceId)).toEqual(['again'])
    })

    it('applies changes in the order of the calls, not of the answers', async () => {
      const index = await provider.open('c1', 64)
      const ids = createIds(20_000)
      const vectors = new Float32Array(20_000 * 64).fill(0.125)
      const loaded = index.upsert(ids, vectors)
      const removed = index.remove(ids.slice(-5))
      await Promise.all([loaded, removed])
      expect(await index.size()).toBe(19_995)
    })

    it('does what the oracle does under any sequence of changes', async () => {
      const dimension = 20
      const pool = createClusteredVectors(60, dimension, { seed: 3 })
      const vectorOf = (i: number) => pool.slice(i * dimension, (i + 1) * dimension)
      const number = fc.nat({ max: 59 })
      const upsert = fc.record({
        do: fc.constant('upsert' as const),
        rows: fc.array(fc.record({ id: number, vector: number }), { maxLength: 40 }),
      })
      const remove = fc.record({ do: fc.constant('remove' as const), ids: fc.array(number) })
      const search = fc.record({
        do: fc.constant('search' as const),
        probes: fc.array(number, { maxLength: 9 }),
        k: fc.nat({ max: 70 }),
      })
      const other = fc.record({ do: fc.constantFrom('clear', 'reload', 'optimize') })
      const step = fc.oneof(
        { weight: 5, arbitrary: upsert },
        { weight: 3, arbitrary: remove },
        { weight: 5, arbitrary: search },
        { weight: 1, arbitrary: other },
      )
      const name = (i: number) => `f${String(i).padStart(2, '0')}`

      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const index = await provider.open('c1', dimension)
          await index.clear()
          const oracle = createOracle(dimension)
          for (const item of steps) {
            if (item.do === 'upsert') {
              const ids = item.rows.map((row) => name(row.id))
              const vectors = Float32Array.from(item.rows.flatMap((r) => [...vectorOf(r.vector)]))
              oracle.upsert(ids, vectors)
              await index.upsert(ids, vectors)
            } else if (item.do === 'remove') {
              oracle.remove(item.ids.map(name))
              await index.remove(item.ids.map(name))
            } else if (item.do === 'search') {
              const probes = Float32Array.from(item.probes.flatMap((i) => [...vectorOf(i)]))
              const found = await index.search(probes, item.k)
              item.probes.forEach((probe, i) => {
                const ranking = oracle.rank(vectorOf(probe))
                expectCandidates(found[i]!, ranking, { k: item.k, tolerance })
              })
            } else if (item.do === 'reload') {
              await index.save('here')
              expect(await index.load()).toBe('here')
            } else if (item.do === 'clear') {
              oracle.clear()
              await index.clear()
            } else {
              await index.optimize()
            }
          }
          expect([...(await index.ids())].sort()).toEqual([...oracle.ids].sort())
          expect(await index.size()).toBe(oracle.ids.length)
        }),
        { numRuns: runs },
      )
    })

    it('loads what was saved, with its cursor, in a new process', async () => {
      const { index, oracle, vectors, ids } = await fill(2500, 130)
      await index.remove(ids.slice(0, 7))
      oracle.remove(ids.slice(0, 7))
      expect(await index.load()).toBeUndefined()
      expect(await index.size()).toBe(0)
      await index.upsert(ids, vectors.slice())
      await index.remove(ids.slice(0, 7))
      await index.save('cursor 1')
      await index.remove(ids.slice(0, 20))
      await index.upsert(ids.slice(7, 20), vectors.slice(7 * 130, 20 * 130))
      await index.save('cursor 2')
      if (!live) await index.remove(ids)
      await reopen()
      const again = await provider.open('c1', 130)
      expect(await again.size()).toBe(0)
      expect(await again.load()).toBe('cursor 2')
      expect(await again.size()).toBe(2493)
      const probe = vectors.slice(130 * 10, 130 * 11)
      const [list] = await again.search(probe, 10)
      expectCandidates(list!, oracle.rank(probe), { k: 10, tolerance })
    })

    if (!live)
      it('saves the rows of the moment of the call while changes go on', async () => {
        const { index, oracle, ids, vectors } = await fill(6000, 64)
        const saved = index.save('before')
        const replaced = index.upsert(ids.slice(3000), vectors.slice(0, 3000 * 64))
        const removed = index.remove(ids.filter((_, i) => i % 2 === 0))
        const added = index.upsert(createIds(500, 10_000), vectors.slice(0, 500 * 64))
        const [list] = await index.search(vectors.slice(0, 64), 1)
        expect(list).toHaveLength(1)
        await Promise.all([saved, removed, replaced, added])
        expect(await index.load()).toBe('before')
        expect([...(await index.ids())].sort()).toEqual(ids)
        expect(
          Buffer.compare(
            Buffer.from((await index.vectors(ids)).buffer),
            Buffer.from(vectors.buffer),
          ),
        ).toBe(0)
        const probe = vectors.slice(64, 128)
        const [after] = await index.search(probe, 30)
        expectCandidates(after!, oracle.rank(probe), { k: 30, tolerance })
      })

    it('saves what was asked for before, and loads what was saved before', async () => {
      const { index, vectors } = await fill(3000, 64)
      const calls = [
        index.save('first'),
        index.upsert(createIds(3000, 5000), vectors.slice()),
        index.save('second'),
        index.remove(createIds(3000)),
        index.load(),
      ]
      expect((await Promise.all(calls)).at(-1)).toBe('second')
      expect(await index.size()).toBe(live ? 3000 : 6000)
    })

    it('leaves no snapshot when it is destroyed during a save', async () => {
      const { index } = await fill(3000, 64)
      await Promise.allSettled([index.save('cursor'), index.destroy()])
      const again = await provider.open('c1', 64)
      expect(await again.load()).toBeUndefined()
    })

    it('does not load a snapshot of another dimension', async () => {
      const { index } = await fill(10, 16)
      await index.save('cursor')
      await reopen()
      const other = await provider.open('c1', 20)
      expect(await other.load()).toBeUndefined()
      expect(await other.size()).toBe(0)
    })

    it('forgets everything when it is destroyed', async () => {
      const { index } = await fill(10, 16)
      await index.save('cursor')
      await index.destroy()
      await expect(index.size()).rejects.toMatchObject({ code: 'collectionNotFound' })
      const again = await provider.open('c1', 16)
      expect(await again.size()).toBe(0)
      expect(await again.load()).toBeUndefined()
      expect(await readdir(directory)).toEqual([])
    })

    it('answers searches while a large gallery is loaded, and leaves the event loop free', async () => {
      const dimension = 256
      const { index, vectors } = await fill(100, dimension)
      const random = createRandom(1)
      const many = Float32Array.from({ length: 20_000 * dimension }, () => random() / 100)
      const ids = createIds(20_000, 1000)
      const delay = monitorEventLoopDelay({ resolution: 5 })
      delay.enable()
      let loading = true
      let answered = 0
      const loaded = index.upsert(ids, many).then(() => {
        loading = false
      })
      while (loading) {
        const i = answered % 100
        const [list] = await index.search(vectors.slice(i * dimension, (i + 1) * dimension), 1)
        expect(list![0]!.faceId).toBe(createIds(1, i)[0])
        if (loading) answered++
      }
      await loaded
      delay.disable()
      expect(await index.size()).toBe(20_100)
      // observed 10 (one a message of 2 MiB), bound 2
      expect(answered).toBeGreaterThanOrEqual(2)
      // The loop ran on between the messages: it was measured many times.
      expect(delay.count).toBeGreaterThan(2)
    })

    const { snapshotFile } = options
    if (snapshotFile === undefined) return
    describe('a snapshot in a file', () => {
      async function saveThenDamage(
        damage: (file: string, bytes: Buffer) => Promise<void>,
      ): Promise<VectorIndex> {
        const { index } = await fill(300, 24)
        await index.save('cursor')
        const file = snapshotFile!(directory, 'c1')
        await reopen()
        await damage(file, await readFile(file))
        return provider.open('c1', 24)
      }

      async function flip(file: string, at: number): Promise<void> {
        const handle = await open(file, 'r+')
        const byte = Buffer.alloc(1)
        await handle.read(byte, 0, 1, at)
        byte[0]! ^= 4
        await handle.write(byte, 0, 1, at)
        await handle.close()
      }

      it.each([
        ['in the first byte', () => 0],
        ['in the header', () => 30],
        ['in the ids', () => 300],
        ['in a vector', (size: number) => size - 1000],
        ['in the checksum', (size: number) => size - 1],
      ])('is not used with one bit changed %s', async (_, position) => {
        const index = await saveThenDamage((file, bytes) => flip(file, position(bytes.length)))
        expect(await index.load()).toBeUndefined()
        expect(await index.size()).toBe(0)
      })

      it.each([0, 5, 100, 5000, -33, -1])('is not used when cut to %i bytes', async (length) => {
        const index = await saveThenDamage((file, bytes) =>
          truncate(file, length < 0 ? bytes.length + length : length),
        )
        expect(await index.load()).toBeUndefined()
        expect(await index.size()).toBe(0)
        await index.upsert(['a'], new Float32Array(24).fill(0.2))
        await index.save('later')
        expect(await index.load()).toBe('later')
        expect(await index.size()).toBe(1)
      })

      it('is not used with something behind its end', async () => {
        const index = await saveThenDamage(async (file, bytes) => {
          const handle = await open(file, 'r+')
          await handle.write(Buffer.alloc(40), 0, 40, bytes.length)
          await handle.close()
        })
        expect(await index.load()).toBeUndefined()
      })
    })
  })
}
