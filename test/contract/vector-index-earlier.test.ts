import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import { createFaissProvider, faissVersion } from '../../src/search/faiss/provider.ts'
import { createProjectedProvider } from '../../src/search/projected/provider.ts'
import type { VectorIndexProvider } from '../../src/search/vector-index.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'

// Written by the build of commit f328d22: faces "face 0" to "face 559" with the vectors below, of
// which "face 5" was removed again, saved with the cursor "earlier".
const fixtures = fileURLToPath(new URL('../fixtures/snapshots/', import.meta.url))
const dimension = 16
const faces = 560

/** -0.5 to 0.5, without order, and the same on every machine. */
function mix(n: number): number {
  let bits = Math.imul(n ^ (n >>> 16), 0x45d9f3b)
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b)
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32 - 0.5
}

function vectorOf(face: number): Float32Array {
  const numbers = Array.from({ length: dimension }, (_, i) => mix(face * dimension + i + 1))
  const norm = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0))
  return Float32Array.from(numbers, (value) => value / norm)
}

type Options = NonNullable<Parameters<typeof createExactProvider>[0]>

const kinds: readonly [
  string,
  (options: Options) => VectorIndexProvider,
  object,
  (string | undefined)?,
][] = [
  ['exact', createExactProvider, {}],
  [
    'projected',
    (options) => createProjectedProvider({ ...options, minFaces: 256, threads: 1 }),
    { exact: false, learnedFaces: faces },
  ],
  [
    'faiss',
    (options) => createFaissProvider({ ...options, factory: 'HNSW8' }),
    { factory: 'HNSW8' },
    faissVersion() === undefined ? 'npm run build:faiss' : undefined,
  ],
]

describe('a snapshot of an earlier version', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-earlier-'))
    await mkdir(join(directory, 'c1'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  for (const [kind, createProvider, status, reason] of kinds) {
    it.skipIf(reason)(nameWithReason(`of the kind ${kind} opens and answers`, reason), async () => {
      await copyFile(join(fixtures, `${kind}.snapshot`), join(directory, 'c1', `${kind}.snapshot`))
      const rejected: string[] = []
      const onSnapshotRejected = (_: string, why: string) => rejected.push(why)
      const provider = createProvider({ directory, onSnapshotRejected })
      try {
        const index = await provider.open('c1', dimension)
        expect(await index.load()).toBe('earlier')
        expect(rejected).toEqual([])
        expect(await index.status()).toMatchObject({ ...status, faces: faces - 1 })
        for (const face of [0, 7, 559]) {
          const name = `face ${face}`
          expect(await index.vectors([name])).toEqual(vectorOf(face))
          const [list] = await index.search(vectorOf(face), 1)
          expect(list![0]!.faceId).toBe(name)
          expect(list![0]!.similarity).toBeCloseTo(1, 6)
        }
        expect((await index.vectors(['face 5'])).every(Number.isNaN)).toBe(true)
        // And it can be changed and saved.
        await index.remove(['face 0'])
        await index.save('later')
        expect(await index.load()).toBe('later')
        expect(await index.size()).toBe(faces - 2)
      } finally {
        await provider.close()
      }
    })
  }
})
