import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/platform/random.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import {
  createProjectedPool,
  createProjectedProvider,
} from '../../src/search/projected/provider.ts'
import type { VectorIndex } from '../../src/search/vector-index.ts'
import { createClusteredVectors, createIds } from '../contract/vector-index-oracle.ts'

const dimension = 128
const options = { minFaces: 1000, threads: 2 }

/**
 * Unit vectors that fill few dimensions, as faces do: persons and their faces are drawn with
 * variances that fall off with the number of the axis, around a common mean.
 *
 * @returns count x dimension; row i is of person i modulo `persons`
 */
function createFaces(count: number, persons: number, seed: number): Float32Array<ArrayBuffer> {
  const random = createRandom(seed)
  const gaussian = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const draw = (i: number): number => gaussian() * Math.exp(-i / 12)
  const centres = Float64Array.from({ length: persons * dimension }, (_, i) => draw(i % dimension))
  const out = new Float32Array(count * dimension)
  for (let row = 0; row < count; row++) {
    const from = (row % persons) * dimension
    const face = Float64Array.from({ length: dimension }, (_, i) => {
      return (i === 0 ? 1 : 0) + centres[from + i]! + 0.5 * draw(i)
    })
    const norm = Math.hypot(...face)
    for (let i = 0; i < dimension; i++) out[row * dimension + i] = face[i]! / norm
  }
  return out
}

function row(vectors: Float32Array, i: number): Float32Array<ArrayBuffer> {
  return vectors.slice(i * dimension, (i + 1) * dimension)
}

async function open(provider: ReturnType<typeof createProjectedProvider>) {
  return await provider.open('c1', dimension)
}

/** Waits for a learning that runs in the background. */
async function learned(index: VectorIndex, faces: number): Promise<void> {
  for (;;) {
    const { learnedFaces = 0 } = (await index.status()) as { learnedFaces?: number }
    if (learnedFaces >= faces) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('projected index', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-projected-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('agrees with an exact search on the best face, alone and in batches, and says how much', async () => {
    const faces = createFaces(20_000, 5000, 1)
    const probes = createFaces(400, 400, 2)
    probes.set(createFaces(5200, 5000, 1).subarray(5000 * dimension), 200 * dimension)
    const projected = createProjectedProvider(options)
    const exact = createExactProvider()
    const index = await open(projected)
    const measure = await exact.open('c1', dimension)
    for (const each of [index, measure]) await each.upsert(createIds(20_000), faces.slice())
    await index.optimize()
    const status = await index.status()
    expect(status).toMatchObject({ faces: 20_000, learnedFaces: 20_000, learning: false })
    expect(status.agreement).toBeGreaterThanOrEqual(0.999)
    expect(status.bytesPerFace).toBe(4 * dimension + Number(status.width))

    const [found, expected] = await Promise.all([
      index.search(probes, 5),
      measure.search(probes, 5),
    ])
    const same = found.filter((list, i) => list[0]!.faceId === expected[i]![0]!.faceId)
    // observed 400 of 400, bound 399
    expect(same.length).toBeGreaterThanOrEqual(399)
    found.forEach((list, i) => {
      const known = new Map(expected[i]!.map((item) => [item.faceId, item.similarity]))
      // What both found has the same similarity, to the last bit.
      for (const { faceId, similarity } of list) {
        if (known.has(faceId)) expect(similarity).toBe(known.get(faceId))
      }
    })
    for (const i of [0, 63, 399]) {
      expect(await index.search(row(probes, i), 5)).toEqual([found[i]])
    }
    await projected.close()
    await exact.close()
  })

  it('shares a scan between threads without losing a row', async () => {
    const count = 80_000
    // Few numbers a face, because the threads only come for many faces.
    const faces = createClusteredVectors(count, 16, { seed: 3, centres: 20_000 })
    const first = createProjectedProvider({ ...options, threads: 1, directory })
    const alone = await first.open('c1', 16)
    await alone.upsert(createIds(count), faces.slice())
    await alone.optimize()
    await alone.save('cursor')
    const second = createProjectedProvider({ ...options, threads: 3, directory })
    const shared = await second.open('c1', 16)
    expect(await shared.load()).toBe('cursor')
    expect(await shared.status()).toHaveProperty('width')
    // Several calls, so that threads are early in some and late in others.
    for (let i = 0; i < 20; i++) {
      const probes = faces.slice(i * 4000, i * 4000 + 16 * (i + 1))
      expect(await shared.search(probes, 10)).toEqual(await alone.search(probes, 10))
    }
    await first.close()
    await second.close()
  })

  it('learns in the background when it is large enough, and again when it has doubled', async () => {
    const provider = createProjectedProvider(options)
    const index = await open(provider)
    const faces = createFaces(4000, 1000, 4)
    await index.upsert(createIds(900), faces.slice(0, 900 * dimension))
    expect(await index.status()).toEqual({
      faces: 900,
      bytesPerFace: 4 * dimension,
      learning: false,
      exact: true,
      agreement: 1,
    })
    await index.upsert(createIds(100, 900), faces.slice(900 * dimension, 1000 * dimension))
    await learned(index, 1000)
    await index.upsert(createIds(800, 1000), faces.slice(1000 * dimension, 1800 * dimension))
    expect(await index.status()).toMatchObject({ learning: false, learnedFaces: 1000 })
    await index.upsert(createIds(200, 1800), faces.slice(1800 * dimension, 2000 * dimension))
    await learned(index, 2000)
    await provider.close()
  })

  it('learns again by itself when it has outgrown the sample while it learned', async () => {
    const provider = createProjectedProvider(options)
    const index = await open(provider)
    const faces = createFaces(4000, 1000, 4)
    await index.upsert(createIds(1000), faces.slice(0, 1000 * dimension))
    expect(await index.status()).toMatchObject({ learning: true })
    await index.upsert(createIds(3000, 1000), faces.slice(1000 * dimension))
    await learned(index, 4000)
    await provider.close()
  })

  it('finds what was enrolled and never what was removed, while it learns again and again', async () => {
    const faces = createFaces(6000, 1500, 5)
    const ids = createIds(6000)
    const provider = createProjectedProvider(options)
    const step = fc.record({
      do: fc.constantFrom('upsert', 'remove'),
      from: fc.nat({ max: 5000 }),
      count: fc.integer({ min: 1, max: 1000 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), async (steps) => {
        const index = await open(provider)
        await index.clear()
        const stored = new Set(ids.slice(0, 3000))
        await index.upsert(ids.slice(0, 3000), faces.slice(0, 3000 * dimension))
        // Each change comes at another moment of a learning.
        let learning = index.optimize()
        for (const { do: action, from, count } of steps) {
          const part = ids.slice(from, from + count)
          if (action === 'upsert') {
            await index.upsert(part, faces.slice(from * dimension, (from + count) * dimension))
            for (const id of part) stored.add(id)
          } else {
            await index.remove(part)
            for (const id of part) stored.delete(id)
          }
          await expectStored(index, stored, part)
          if (!(await index.status()).learning) learning = index.optimize()
        }
        await learning
        await expectStored(index, stored, ids.slice(0, 300))
        expect(await index.size()).toBe(stored.size)
      }),
      { numRuns: 8 },
    )
    await provider.close()

    /** The probes find themselves exactly when they are stored. */
    async function expectStored(
      index: VectorIndex,
      stored: ReadonlySet<string>,
      part: readonly string[],
    ): Promise<void> {
      const some = part.filter((_, i) => i % 37 === 0)
      const probes = new Float32Array(some.length * dimension)
      some.forEach((id, i) => {
        probes.set(row(faces, ids.indexOf(id)), i * dimension)
      })
      const lists = await index.search(probes, 3)
      some.forEach((id, i) => {
        for (const { faceId } of lists[i]!) expect(stored.has(faceId)).toBe(true)
        if (stored.has(id)) expect(lists[i]![0]!.faceId).toBe(id)
      })
    }
  })

  it('takes the projection from the snapshot', async () => {
    const faces = createFaces(3000, 750, 6)
    const probes = createFaces(50, 50, 7)
    const first = createProjectedProvider({ ...options, directory })
    const index = await open(first)
    await index.upsert(createIds(3000), faces.slice())
    await index.optimize()
    await index.remove(createIds(10))
    const before = await index.search(probes, 5)
    const status = await index.status()
    await index.save('cursor')
    await first.close()

    const second = createProjectedProvider({ ...options, directory })
    const again = await open(second)
    expect(await again.load()).toBe('cursor')
    expect(await again.status()).toEqual(status)
    expect(await again.search(probes, 5)).toEqual(before)
    await again.upsert(['new'], row(probes, 0))
    expect((await again.search(row(probes, 0), 1))[0]![0]!.faceId).toBe('new')
    await second.close()
  })

  it('does not use a projection of another version', async () => {
    const first = createProjectedProvider({ ...options, directory })
    const index = await open(first)
    await index.upsert(createIds(1200), createFaces(1200, 300, 8))
    await index.optimize()
    await index.save('cursor')
    await first.close()
    const file = join(directory, 'c1', 'projected.snapshot')
    const bytes = await readFile(file)
    const at = bytes.indexOf('"facts":{"version":1')
    bytes.write('9', at + '"facts":{"version":'.length)
    await writeFile(file, bytes)

    const rejected: string[] = []
    const second = createProjectedProvider({
      ...options,
      directory,
      onSnapshotRejected: (_, reason) => rejected.push(reason),
    })
    expect(await (await open(second)).load()).toBeUndefined()
    expect(rejected).toEqual(['damaged'])
    await second.close()
  })

  it('searches exactly where no projection agrees', async () => {
    const provider = createProjectedProvider(options)
    const index = await open(provider)
    // Copies of one face: nothing to learn, and too many equally good.
    await index.upsert(createIds(2000), new Float32Array(2000 * dimension).fill(1 / 16))
    await index.optimize()
    expect(await index.status()).not.toHaveProperty('width')
    const [list] = await index.search(new Float32Array(dimension).fill(1 / 16), 3)
    expect(list!.map(({ faceId }) => faceId)).toEqual(createIds(3))
    await provider.close()
  })

  it('fails after its worker died and comes back from the snapshot', async () => {
    const lost: string[] = []
    const pool = createProjectedPool(options)
    const provider = createProjectedProvider({ directory, pool, onLost: (id) => lost.push(id) })
    const index = await open(provider)
    const faces = createFaces(2000, 500, 9)
    await index.upsert(createIds(2000), faces.slice())
    await index.optimize()
    await index.save('saved')
    const learning = expect(index.optimize()).rejects.toMatchObject({ code: 'workerFailed' })
    await pool.threads[0]!.terminate()
    await learning
    expect(lost).toEqual(['c1'])
    await expect(index.search(row(faces, 0), 1)).rejects.toMatchObject({ code: 'workerFailed' })
    expect(await index.load()).toBe('saved')
    expect(await index.status()).toMatchObject({ faces: 2000, learnedFaces: 2000 })
    expect((await index.search(row(faces, 7), 1))[0]![0]!.faceId).toBe(createIds(1, 7)[0])
    await provider.close()
  })

  it('writes nothing without a folder', async () => {
    const provider = createProjectedProvider(options)
    const index = await open(provider)
    await index.upsert(['a'], new Float32Array(dimension).fill(0.1))
    await index.save('cursor')
    expect(await index.load()).toBeUndefined()
    await expect(stat(join(directory, 'c1'))).rejects.toThrow()
    await provider.close()
  })
})
