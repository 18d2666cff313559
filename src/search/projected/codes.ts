import { FaceError } from '../../core/errors.ts'
import { toStrideFloats } from '../table/segments.ts'

/** Probes that one pass over the codes serves. */
export const maxProbes = 16

/** Vectors that are encoded in one go: they stay in the L2 cache while the axes pass. */
const stagedRows = 64

/** Rows of a block in [Note: Code layout] in kernels/scan-i8.ts. */
export const blockRows = 4096

/**
 * Bytes of one probe's state in [Note: Code layout] in kernels/scan-i8.ts: 8 words, 2048 bins, a
 * list of 32,768.
 */
const stateBytes = 32 + 2048 * 4 + 32_768 * 8

const pageBytes = 65_536
const maxPages = 65_536

/** A rotation of the gallery's vectors of which the first `width` coordinates are kept as int8. */
export interface Projection {
  /** Numbers of a code, a multiple of 16; those beyond the dimension are 0. */
  readonly width: number
  /** Numbers of a code that the first pass looks at, a multiple of 16; `width` where it is the only pass. */
  readonly head: number
  /** Orthonormal axes, width x dimension, row-major, by falling share of the gallery's energy. */
  readonly axes: Float32Array<ArrayBuffer>
  /** A code is its coordinates times this, rounded and cut to int8. */
  readonly scale: number
}

/** Where things are in the memory of a {@link CodeTable}, in bytes; plain data for other threads. */
export interface CodeLayout {
  readonly width: number
  readonly head: number
  /** int16, {@link maxProbes} x width. */
  readonly probes: number
  readonly axes: number
  readonly staged: number
  readonly coordinates: number
  /** threads x {@link maxProbes} states, see [Note: Code layout] in kernels/scan-i8.ts. */
  readonly states: number
  readonly threads: number
  /** Blocks of {@link blockRows} rows, see [Note: Code layout] in kernels/scan-i8.ts. */
  readonly codes: number
}

/** Where the state of a thread's scan for a probe begins. */
export function toStateOffset(layout: CodeLayout, thread: number, probe: number): number {
  return layout.states + (thread * maxProbes + probe) * stateBytes
}

/** Where a probe begins. */
export function toProbeOffset(layout: CodeLayout, probe: number): number {
  return layout.probes + probe * layout.width * 2
}

function createLayout(
  { width, head }: Projection,
  { dimension, threads }: { readonly dimension: number; readonly threads: number },
): CodeLayout {
  const stride = 4 * toStrideFloats(dimension)
  // The first 64 bytes are the words of the scan that is under way.
  const probes = 64
  const axes = probes + maxProbes * width * 2
  const staged = axes + width * stride
  const coordinates = staged + stagedRows * stride
  const states = coordinates + stagedRows * width * 4
  const codes = Math.ceil((states + threads * maxProbes * stateBytes) / 64) * 64
  return { width, head, probes, axes, staged, coordinates, states, threads, codes }
}

/** Exports of `kernels/scan-i8.ts` for vectors; offsets in bytes. */
interface EncodeKernel {
  project(
    vectors: number,
    count: number,
    stride: number,
    axes: number,
    width: number,
    out: number,
  ): void
  encode(coordinates: number, length: number, scale: number, codes: number): void
  place(
    whole: number,
    first: number,
    count: number,
    codes: number,
    width: number,
    head: number,
  ): void
  countAbove(
    codes: number,
    count: number,
    width: number,
    used: number,
    probe: number,
    probes: number,
    list: number,
  ): void
}

/** The codes of a gallery's rows in one WebAssembly memory that threads share. */
export interface CodeTable {
  readonly projection: Projection
  readonly memory: WebAssembly.Memory
  readonly layout: CodeLayout
  /** Writes the codes of rows `from` on. @param vectors n x dimension. @throws {FaceError} `overloaded` */
  write(from: number, vectors: Float32Array): void
  /** Writes codes as `toCodes` gave them. @throws {FaceError} `overloaded` */
  put(from: number, codes: Uint8Array): void
  /** The codes of vectors that are not rows. @returns n x width, int8 */
  toCodes(vectors: Float32Array): Uint8Array<ArrayBuffer>
  /** Stores unit vectors as probes for the scans that follow. @param probes up to {@link maxProbes} x dimension */
  setProbes(probes: Float32Array): void
  /**
   * For each probe, how many of the first `count` rows score higher than its row of `rows` in the
   * first `used` coordinates; for codes without tails.
   */
  countAbove(options: {
    readonly rows: readonly number[]
    readonly count: number
    readonly used: number
  }): readonly number[]
}

/**
 * Makes a table without rows, with room for the scans of `threads` threads. It grows in place, up
 * to the 4 GiB of a WebAssembly memory: 32 million rows of 128 bytes.
 *
 * @param kernel  the compiled `scan-i8.wasm`
 * @throws {FaceError} `overloaded` when the memory cannot be reserved
 */
export function createCodeTable(
  kernel: WebAssembly.Module,
  projection: Projection,
  options: { readonly dimension: number; readonly threads: number },
): CodeTable {
  const { dimension } = options
  const { width, head, axes, scale } = projection
  const layout = createLayout(projection, options)
  const strideFloats = toStrideFloats(dimension)
  const memory = reserve(Math.ceil(layout.codes / pageBytes))
  const { exports } = new WebAssembly.Instance(kernel, { env: { memory } })
  const { project, encode, place, countAbove } = exports as unknown as EncodeKernel
  let bytes = new Uint8Array(memory.buffer)

  const staged = new Float32Array(memory.buffer, layout.staged, stagedRows * strideFloats)
  const coordinates = new Float32Array(memory.buffer, layout.coordinates, maxProbes * width)
  const probeWords = new Int16Array(memory.buffer, layout.probes, maxProbes * width)
  const axisFloats = new Float32Array(memory.buffer, layout.axes, width * strideFloats)
  for (let i = 0; i * dimension < axes.length; i++) {
    axisFloats.set(axes.subarray(i * dimension, (i + 1) * dimension), i * strideFloats)
  }

  function grow(rows: number): void {
    const needed = layout.codes + Math.ceil(rows / blockRows) * blockRows * width
    if (needed <= bytes.length) return
    // A little at a time: it only commits what was reserved at the start.
    const pages = Math.ceil((needed - bytes.length) / pageBytes) + 16
    try {
      memory.grow(pages)
    } catch (cause) {
      throw new FaceError('overloaded', { detail: 'There is no memory for more faces.', cause })
    }
    bytes = new Uint8Array(memory.buffer)
  }

  /** Leaves the coordinates of at most {@link stagedRows} vectors in the memory. */
  function projectAll(vectors: Float32Array): number {
    const count = vectors.length / dimension
    for (let i = 0; i < count; i++) {
      staged.set(vectors.subarray(i * dimension, (i + 1) * dimension), i * strideFloats)
    }
    project(layout.staged, count, 4 * strideFloats, layout.axes, width, layout.coordinates)
    return count
  }

  /** Leaves the codes of at most {@link stagedRows} vectors in the place of their coordinates. */
  function encodeAll(vectors: Float32Array): number {
    const count = projectAll(vectors)
    // In place: a code ends before the coordinates that are still to be read.
    encode(layout.coordinates, count * width, scale, layout.coordinates)
    return count
  }

  return {
    projection,
    memory,
    layout,
    write(from, vectors) {
      grow(from + vectors.length / dimension)
      for (let i = 0; i < vectors.length; i += stagedRows * dimension) {
        const count = encodeAll(vectors.subarray(i, i + stagedRows * dimension))
        place(layout.coordinates, from + i / dimension, count, layout.codes, width, head)
      }
    },
    put(from, codes) {
      grow(from + codes.length / width)
      for (let i = 0; i < codes.length; i += stagedRows * width) {
        const some = codes.subarray(i, i + stagedRows * width)
        bytes.set(some, layout.coordinates)
        const count = some.length / width
        place(layout.coordinates, from + i / width, count, layout.codes, width, head)
      }
    },
    toCodes(vectors) {
      const out = new Uint8Array((vectors.length / dimension) * width)
      for (let i = 0; i < vectors.length; i += stagedRows * dimension) {
        const count = encodeAll(vectors.subarray(i, i + stagedRows * dimension))
        const end = layout.coordinates + count * width
        out.set(bytes.subarray(layout.coordinates, end), (i / dimension) * width)
      }
      return out
    },
    setProbes(probes) {
      const count = projectAll(probes)
      for (let i = 0; i < count * width; i++) probeWords[i] = Math.round(coordinates[i]! * 2 ** 14)
    },
    countAbove({ rows, count, used }) {
      // Nothing is staged while codes are counted.
      const list = layout.staged
      const words = new Uint32Array(memory.buffer, list, 2 * rows.length)
      rows.forEach((row, i) => {
        words[2 * i] = row
      })
      countAbove(layout.codes, count, width, used, layout.probes, rows.length, list)
      return rows.map((_, i) => words[2 * i]!)
    },
  }
}

function reserve(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: maxPages, shared: true })
  } catch (cause) {
    throw new FaceError('overloaded', { detail: 'There is no memory for more faces.', cause })
  }
}
