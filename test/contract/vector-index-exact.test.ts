import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createExactPool, createExactProvider } from '../../src/search/exact/provider.ts'
import { describeVectorIndexContract } from './vector-index.ts'
import {
  createClusteredVectors,
  createIds,
  createOracle,
  expectCandidates,
} from './vector-index-oracle.ts'

describeVectorIndexContract('exact', async (directory) => createExactProvider({ directory }), {
  snapshotFile: (directory, collectionId) => join(directory, collectionId, 'exact.snapshot'),
})

describe('exact index', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-exact-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('says why a snapshot was not used and removes the damaged file', async () => {
    const rejected: string[] = []
    const provider = createExactProvider({
      directory,
      onSnapshotRejected: (collectionId, reason) => rejected.push(`${collectionId}: ${reason}`),
    })
    await mkdir(join(directory, 'c1'))
    await writeFile(join(directory, 'c1', 'exact.snapshot'), 'not a snapshot')
    const index = await provider.open('c1', 4)
    expect(await index.load()).toBeUndefined()
    expect(await index.load()).toBeUndefined()
    expect(rejected).toEqual(['c1: damaged'])
    expect(await readdir(join(directory, 'c1'))).toEqual([])
    await provider.close()
  })

  // So many rows go through the matrix product, in several segments, the last of them part full.
  describe('of 40,000 faces', () => {
    const dimension = 20
    const faces = 40_000
    const ids = createIds(faces)
    // Every person comes again, so that the best of many probes is a tie.
    const half = createClusteredVectors(faces / 2, dimension, { seed: 2 })
    const vectors = new Float32Array([...half, ...half])

    it.each([
      [1, 1],
      [3, 10],
      [64, 300],
    ])('finds for %i probes the best %i as float64 sums do', async (count, k) => {
      const provider = createExactProvider()
      const index = await provider.open('c1', dimension)
      const oracle = createOracle(dimension)
      await index.upsert(ids, vectors)
      oracle.upsert(ids, vectors)
      const probes = createClusteredVectors(count, dimension, { seed: 3 })
      probes.set(vectors.subarray(0, dimension))
      const found = await index.search(probes, k)
      found.slice(0, 3).forEach((list, i) => {
        const ranking = oracle.rank(probes.subarray(i * dimension, (i + 1) * dimension))
        expectCandidates(list, ranking, { k, tolerance: 0 })
      })
      expect(found.map((list) => list.length)).toEqual(Array.from({ length: count }, () => k))
      await provider.close()
    })

    it('searches before or after a change that comes at the same time, and never between', async () => {
      const provider = createExactProvider()
      const index = await provider.open('c1', dimension)
      await index.upsert(ids, vectors)
      const searches: ReturnType<typeof index.search>[] = []
      for (let round = 0; round < 10; round++) {
        // The last row, which the first removal moves to the front, behind the search.
        const last = faces - 1 - 100 * round
        const probe = vectors.slice(last * dimension, (last + 1) * dimension)
        searches.push(index.search(probe, 2))
        for (let i = 1 + 100 * round; i <= 100 * (round + 1); i++) await index.remove([ids[i]!])
      }
      ;(await Promise.all(searches)).forEach(([list], round) => {
        const last = faces - 1 - 100 * round
        expect(list!.map(({ faceId }) => faceId)).toEqual([ids[last - faces / 2], ids[last]])
      })
      await provider.close()
    })
  })

  it('fails every call after the worker died until it is loaded or cleared', async () => {
    const lost: string[] = []
    const pool = createExactPool()
    const provider = createExactProvider({ directory, pool, onLost: (id) => lost.push(id) })
    const index = await provider.open('c1', 16)
    const vectors = createClusteredVectors(500, 16, { seed: 1 })
    await index.upsert(createIds(500), vectors.slice())
    await index.save('saved')

    const running = index.search(vectors.slice(), 500)
    const refused = expect(running).rejects.toMatchObject({ code: 'workerFailed' })
    await pool.threads[0]!.terminate()
    await refused
    expect(lost).toEqual(['c1'])
    const probe = vectors.slice(0, 16)
    const calls = [
      () => index.search(probe, 1),
      () => index.size(),
      () => index.ids(),
      () => index.remove(['x']),
      () => index.upsert(['x'], probe),
      () => index.save('later'),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'workerFailed' })

    expect(await index.load()).toBe('saved')
    expect(await index.size()).toBe(500)
    const [list] = await index.search(probe, 1)
    expect(list![0]!.faceId).toBe(createIds(1)[0])
    await provider.close()
  })

  it('notices the death of an idle worker, and load from onLost brings the index back', async () => {
    const pool = createExactPool()
    let lost: () => void
    const back = new Promise<void>((resolve) => {
      lost = resolve
    }).then(() => index.load())
    const provider = createExactProvider({ directory, pool, onLost: () => lost() })
    const index = await provider.open('c1', 16)
    await index.upsert(['a'], new Float32Array(16).fill(0.25))
    await index.save('saved')
    await pool.threads[0]!.terminate()
    expect(await back).toBe('saved')
    expect(await index.size()).toBe(1)
    await provider.close()
  })

  it.each([10, 25, 40])('lets its process end during a search, after %s ms', async (delay) => {
    const program = fileURLToPath(
      new URL('../fixtures/gallery/exit-while-searching.mjs', import.meta.url),
    )
    const child = spawn(process.execPath, [program, String(delay)], { stdio: 'ignore' })
    // It aborted with SIGABRT in most cases.
    expect(await once(child, 'exit')).toEqual([3, null])
  })

  it('writes nothing without a folder', async () => {
    const provider = createExactProvider()
    const index = await provider.open('c1', 4)
    await index.upsert(['a'], Float32Array.of(1, 0, 0, 0))
    await index.save('cursor')
    expect(await index.size()).toBe(1)
    expect(await index.load()).toBeUndefined()
    expect(await index.size()).toBe(0)
    await provider.close()
  })

  it('refuses calls after it is closed, and finishes those before', async () => {
    const provider = createExactProvider({ directory })
    const index = await provider.open('c1', 4)
    const stored = index.upsert(['a'], Float32Array.of(1, 0, 0, 0))
    const saved = index.save('cursor')
    await provider.close()
    await stored
    await saved
    await expect(index.size()).rejects.toMatchObject({ code: 'notReady' })
    await expect(provider.open('c2', 4)).rejects.toMatchObject({ code: 'notReady' })
    await provider.close()
  })

  it('gives one index for one collection and refuses another dimension', async () => {
    const provider = createExactProvider({ directory })
    const index = await provider.open('c1', 4)
    expect(await provider.open('c1', 4)).toBe(index)
    await expect(provider.open('c1', 5)).rejects.toMatchObject({ code: 'dimensionMismatch' })
    await expect(provider.open('../c1', 4)).rejects.toMatchObject({ code: 'internal' })
    await provider.close()
  })
})
