import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { FaceError } from '../../core/errors.ts'

/** How vectors are compared; of unit vectors both give the cosine. */
export type FaissMetric = 'ip' | 'l2'

/** A factory string and a metric, as faiss' `index_factory` takes them. */
export interface FaissKind {
  readonly factory: string
  readonly metric: FaissMetric
}

/** The candidates of all probes in one row; probe i has counts[i] of them. */
export interface NativeNeighbours {
  readonly counts: Uint32Array
  readonly slots: Uint32Array
  readonly similarities: Float64Array
}

/**
 * A faiss index in native code. Its labels are slots: vectors are numbered from 0 in the order in
 * which they are added, and no number is used twice. Work is done on threads of libuv's pool.
 * `threads` is how many it may start itself.
 */
export interface NativeIndex {
  /** Vectors are kept at a loss. */
  readonly lossy: boolean
  /** Vectors that `train` wants before anything can be added; 0 when it is not needed. */
  readonly trainingRows: number
  /** Ends a training under way, which then fails. */
  stop(): void
  train(rows: Float32Array, threads: number): Promise<void>
  /** Takes over what another index of the same kind has learned; this one is empty then. */
  learnFrom(other: NativeIndex): Promise<void>
  add(rows: Float32Array, threads: number): Promise<void>
  /** Gone from search when it resolves; unknown slots are ignored. */
  remove(slots: Uint32Array): Promise<void>
  /** Not sorted among equals: at least the k best, and those as near as the last of them. */
  search(probes: Float32Array, k: number): Promise<NativeNeighbours>
  /** @returns slots x dimension; NaN for slots that are not used */
  vectors(slots: Uint32Array): Promise<Float32Array>
  /** Writes what faiss' `read_index` reads. @param file descriptor; the position moves */
  write(file: number): Promise<void>
  /** Replaces everything; only for bytes that are known to be whole and well formed. */
  read(file: number, offset: number, length: number, slots: number): Promise<void>
}

interface FaissAddon {
  /** Of the library, for instance 1.7.3. */
  readonly version: string
  readonly Index: new (dimension: number, factory: string, metric: FaissMetric) => NativeIndex
}

// The same way from src/ and from dist/.
const addonPath = '../../../native/faiss/build/Release/faiss.node'
const sourcePath = '../../../native/faiss/binding.gyp'

const largestNumber = 2 ** 22
const mostBits = 12

/**
 * Loads the addon; Node keeps it.
 *
 * @throws {FaceError} `indexKindUnavailable` when it is not built or does not load
 */
export function loadFaissAddon(): FaissAddon {
  try {
    return createRequire(import.meta.url)(addonPath) as FaissAddon
  } catch (cause) {
    throw new FaceError('indexKindUnavailable', {
      detail: describeMissingAddon(existsSync(new URL(sourcePath, import.meta.url))),
      cause,
    })
  }
}

/**
 * Why the addon is not there, and what to do.
 *
 * @param hasSource  whether its source is there, as in a checkout; the npm package has none
 */
export function describeMissingAddon(hasSource: boolean): string {
  if (!hasSource) {
    return (
      'The npm package has no faiss addon. Run Face Watcher from a checkout of its repository and ' +
      'build the addon there (docs/guides/faiss.md), or set index.kind to "projected" or "exact".'
    )
  }
  return (
    'The faiss addon is not built. Install libfaiss (Debian, Ubuntu: apt-get install ' +
    'libfaiss-dev libopenblas-dev; Homebrew: brew install faiss libomp; conda: conda install ' +
    '-c conda-forge faiss), then run: npm run build:faiss'
  )
}

/**
 * Makes an empty index.
 *
 * @throws {FaceError} `indexKindUnavailable`; `invalidOption` for a factory string that faiss does
 * not know, that does not fit the dimension, or whose indexes cannot be kept up to date
 */
export function createNativeIndex(dimension: number, { factory, metric }: FaissKind): NativeIndex {
  const addon = loadFaissAddon()
  assertFactory(factory)
  try {
    return new addon.Index(dimension, factory, metric)
  } catch (cause) {
    // What faiss says begins with the place in its source.
    const reason = String((cause as Error).message).replace(/^Error in .*? at \S+:\d+: /s, '')
    throw new FaceError('invalidOption', {
      detail: `The faiss factory ${JSON.stringify(factory)} cannot be used for ${dimension} dimensions: ${reason}.`,
      cause,
    })
  }
}

/** Refuses what faiss itself does not check: it divides by a 0 and allocates what it is told. */
function assertFactory(factory: string): void {
  const numbers = [...factory.matchAll(/\d+/g)].map(Number)
  const bits = [...factory.matchAll(/x(\d+)/g)].map((match) => Number(match[1]))
  if (
    /^[\w,()+.-]{1,200}$/.test(factory) &&
    !factory.includes('IMI') &&
    numbers.every((number) => number >= 1 && number <= largestNumber) &&
    bits.every((number) => number <= mostBits)
  ) {
    return
  }
  throw new FaceError('invalidOption', {
    detail: `The faiss factory ${JSON.stringify(factory.slice(0, 200))} is not valid; expected for instance Flat, "IVF1024,Flat" or HNSW32.`,
  })
}
