import { FaceError } from '../../core/errors.ts'
import { checkNorm } from './norms.ts'

/** What `kernels/scan-f32.ts` exports; offsets and strides in bytes of the segment's memory. */
interface ScanKernel {
  scanOne(
    rows: number,
    count: number,
    stride: number,
    probe: number,
    state: number,
    out: number,
  ): void
  compareListed(
    rows: number,
    list: number,
    count: number,
    stride: number,
    probe: number,
    out: number,
  ): void
  scanFour(
    rows: number,
    count: number,
    stride: number,
    probes: number,
    state: number,
    out: number,
    outStride: number,
  ): void
  largestSquare(rows: number, count: number, stride: number): number
}

/** Rows that one call of the kernel scans: they stay in the L2 cache while more probes pass over them. */
export const tileRows = 256

/** Probes that one search takes; a segment has room for so many. */
export const maxProbes = 64

/** Rows of one matrix product: enough that threads seldom wait for each other; 4 MiB of results at most. */
export const productRows = 16_384

/** Rows of the first segment; an index of a few faces costs few pages. */
const firstSegmentRows = 1024

/** No segment is larger, far below the 4 GiB that a WebAssembly memory can address. */
const maxSegmentBytes = 2 ** 30

const pageBytes = 65_536
const bytesPerSurvivor = 8

/**
 * Part of an index's rows in a WebAssembly memory of its own, so that growth copies nothing and the
 * 4 GiB of one memory do not limit the gallery. Pages that were never written are not resident.
 */
export interface Segment {
  /** Number of the first row in the index. */
  readonly start: number
  readonly capacity: number
  /** All floats of the rows, `strideFloats` a row; see [Note: Scan layout] in kernels/scan-f32.ts. */
  readonly floats: Float32Array<ArrayBuffer>
  /**
   * No row of these has a larger norm, and one has nearly this one.
   *
   * @param row  first row, relative to the segment
   * @throws {FaceError} `invalidEmbedding` as {@link checkNorm} does
   */
  largestNorm(row: number, count: number): number
  /** Stores probes for the scans that follow. @param probes up to {@link maxProbes} x dimension */
  setProbes(probes: Float32Array, dimension: number): void
  /** Compares listed rows, relative to the segment, with the first probe. */
  compare(listed: readonly number[], found: (row: number, similarity: number) => void): void
  /**
   * Compares rows with one probe or four.
   *
   * @param row      first row, relative to the segment
   * @param count    1 to {@link tileRows}
   * @param probe    number of the first probe
   * @param bounds   for each probe the smallest similarity to report; its length, 1 or 4, chooses the kernel
   * @param survivor called for each pair at or above its bound: offset of the probe, row relative to the segment
   */
  scan(
    row: number,
    count: number,
    options: {
      readonly probe: number
      readonly bounds: readonly number[]
      readonly survivor: (probe: number, row: number, similarity: number) => void
    },
  ): void
}

/** Floats from one row to the next: the dimension, padded to a cache line of 64 bytes. */
export function toStrideFloats(dimension: number): number {
  return Math.ceil(dimension / 16) * 16
}

/**
 * Makes the segment that continues the given ones: as large as all of them together, at most 1 GiB.
 *
 * @throws {FaceError} `overloaded` when the memory cannot be reserved
 */
export function createSegment(
  kernel: WebAssembly.Module,
  dimension: number,
  before: readonly Segment[],
): Segment {
  const last = before.at(-1)
  const start = last === undefined ? 0 : last.start + last.capacity
  const strideFloats = toStrideFloats(dimension)
  const stride = strideFloats * Float32Array.BYTES_PER_ELEMENT
  const largest = Math.floor(maxSegmentBytes / stride)
  const capacity = Math.min(Math.max(start, firstSegmentRows), largest)

  const state = maxProbes * stride
  const out = state + 4 * bytesPerSurvivor
  const outStride = tileRows * bytesPerSurvivor
  const rows = Math.ceil((out + 4 * outStride) / 64) * 64
  const memory = createMemory(rows + capacity * stride)
  const { exports } = new WebAssembly.Instance(kernel, { env: { memory } })
  const { scanOne, scanFour, compareListed, largestSquare } = exports as unknown as ScanKernel

  const probeFloats = new Float32Array(memory.buffer, 0, maxProbes * strideFloats)
  const stateFloats = new Float32Array(memory.buffer, state, 8)
  const stateWords = new Uint32Array(memory.buffer, state, 8)
  const outFloats = new Float32Array(memory.buffer, out, 8 * tileRows)
  const outWords = new Uint32Array(memory.buffer, out, 8 * tileRows)

  return {
    start,
    capacity,
    floats: new Float32Array(memory.buffer, rows, capacity * strideFloats),
    largestNorm(row, count) {
      const square = largestSquare(rows + row * stride, count, stride)
      // The error of a float32 sum in four lanes, as in a scan.
      return checkNorm(square * (1 + (strideFloats / 4 + 4) * 2 ** -24))
    },
    setProbes(probes, width) {
      for (let i = 0; i * width < probes.length; i++) {
        probeFloats.set(probes.subarray(i * width, (i + 1) * width), i * strideFloats)
      }
    },
    compare(listed, found) {
      const at = out + 4 * tileRows
      for (let from = 0; from < listed.length; from += tileRows) {
        const some = listed.slice(from, from + tileRows)
        outWords.set(some)
        compareListed(rows, out, some.length, stride, 0, at)
        for (let i = 0; i < some.length; i++) found(some[i]!, outFloats[tileRows + i]!)
      }
    },
    scan(row, count, { probe, bounds, survivor }) {
      for (let i = 0; i < bounds.length; i++) stateFloats[2 * i] = bounds[i]!
      const at = rows + row * stride
      if (bounds.length === 4) {
        scanFour(at, count, stride, probe * stride, state, out, outStride)
      } else {
        scanOne(at, count, stride, probe * stride, state, out)
      }
      for (let i = 0; i < bounds.length; i++) {
        const end = i * tileRows + stateWords[2 * i + 1]!
        for (let j = i * tileRows; j < end; j++) {
          survivor(i, row + outWords[2 * j]!, outFloats[2 * j + 1]!)
        }
      }
    },
  }
}

/**
 * A memory that does not grow; pages that were never written are not resident.
 *
 * @throws {FaceError} `overloaded` when it cannot be reserved
 */
export function createMemory(bytes: number): WebAssembly.Memory<ArrayBuffer> {
  const pages = Math.ceil(bytes / pageBytes)
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages })
  } catch (cause) {
    throw new FaceError('overloaded', { detail: 'There is no memory for more faces.', cause })
  }
}
