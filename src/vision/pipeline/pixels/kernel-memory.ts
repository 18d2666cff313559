import type { PyramidLevel } from './levels.ts'
import { isByteLevel } from './levels.ts'

/** Pixels of a level, the last included. */
export interface Area {
  readonly x0: number
  readonly x1: number
  readonly y0: number
  readonly y1: number
}

/** Where a level lies, or would begin if all of it were there. Bytes. */
export interface Place {
  readonly base: number
  readonly rowStride: number
  readonly planeStride: number
}

const pageBytes = 65_536
/** A read of a pixel takes some bytes behind it. */
const readBeyond = 16
/**
 * A level up to this size is copied whole, when a crop is first cut from it, and stays until others
 * need its place; of a larger one only the part that a crop needs. Of a photograph of 1.3 megapixels
 * all levels stay.
 */
const maxWholeBytes = 4 * 2 ** 20
const maxKeptBytes = 8 * 2 ** 20
/** A part must not be larger than this. */
const maxPartBytes = 2 * 2 ** 20

/** The memory of a kernel: what the host writes for a call, the crops, and the levels they are cut from. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory
  /** Views end when the memory grows, which `place` and `reserveCrops` may cause. */
  readonly floats: () => Float32Array
  readonly numbers: () => Float64Array
  /** Room for crops behind the host's part. */
  reserveCrops(bytes: number): void
  /**
   * Copies a level, or the part of it that is asked for, where the kernel can read it. The place is
   * good until the next call.
   *
   * @returns `undefined` where the part is too large
   */
  place(level: PyramidLevel, findPart: () => Area): Place | undefined
}

/** @param cropsAt  bytes that the host needs before the crops */
export function createKernelMemory(cropsAt: number): KernelMemory {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2048 })
  let bytes = new Uint8Array(memory.buffer)
  let floats = new Float32Array(memory.buffer)
  let numbers = new Float64Array(memory.buffer)
  /** Where the levels begin, and where the next one goes. */
  let first = cropsAt
  let next = cropsAt
  let kept = new WeakMap<PyramidLevel, Place>()

  return {
    memory,
    floats: () => floats,
    numbers: () => numbers,
    reserveCrops(needed) {
      if (cropsAt + needed <= first) return
      first = toMultiple(cropsAt + needed, pageBytes)
      forgetLevels()
    },
    place(level, findPart) {
      const known = kept.get(level)
      if (known !== undefined) return known
      const size = level.data.byteLength
      if (size > maxWholeBytes) return copyPart(level, findPart())
      if (next + size > first + maxKeptBytes) forgetLevels()
      const place = copyAll(level, next)
      next = toMultiple(next + size, readBeyond)
      kept.set(level, place)
      return place
    },
  }

  function forgetLevels(): void {
    next = first
    kept = new WeakMap()
  }

  function ensure(end: number): void {
    const missing = end + readBeyond - bytes.byteLength
    if (missing <= 0) return
    memory.grow(Math.ceil(missing / pageBytes))
    bytes = new Uint8Array(memory.buffer)
    floats = new Float32Array(memory.buffer)
    numbers = new Float64Array(memory.buffer)
  }

  function copyAll(level: PyramidLevel, at: number): Place {
    const { data, width, height } = level
    ensure(at + data.byteLength)
    if (isByteLevel(level)) {
      bytes.set(data, at)
      return { base: at, rowStride: 3 * width, planeStride: 0 }
    }
    floats.set(data, at / 4)
    return { base: at, rowStride: 4 * width, planeStride: 4 * width * height }
  }

  /** Behind the levels that stay. */
  function copyPart(level: PyramidLevel, { x0, x1, y0, y1 }: Area): Place | undefined {
    const { data, width, height } = level
    const [columns, rows] = [x1 - x0 + 1, y1 - y0 + 1]
    const isBytes = isByteLevel(level)
    const [planes, values, valueBytes] = isBytes ? [1, 3, 1] : [3, 1, 4]
    const rowStride = columns * values * valueBytes
    const partBytes = planes * rows * rowStride
    if (partBytes > maxPartBytes) return undefined
    ensure(next + partBytes)
    const target = isBytes ? bytes : floats
    let to = next / valueBytes
    for (let plane = 0; plane < planes; plane++) {
      for (let y = y0; y <= y1; y++, to += columns * values) {
        const from = ((plane * height + y) * width + x0) * values
        target.set(data.subarray(from, from + columns * values), to)
      }
    }
    const base = next - y0 * rowStride - x0 * values * valueBytes
    return { base, rowStride, planeStride: rows * rowStride }
  }
}

function toMultiple(value: number, of: number): number {
  return Math.ceil(value / of) * of
}
