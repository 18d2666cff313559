import type { FloatTensor } from '../../runtime.ts'
import type { PyramidLevel } from '../pixels/levels.ts'
import { isByteLevel } from '../pixels/levels.ts'
import { cell, stride } from './mtcnn-levels.ts'

/**
 * P-Net's arrays take 150 bytes a pixel of what it looks at, so that it looks at a larger level in
 * tiles. They lap over by what a window sees beyond its neighbour's, so every output is computed
 * from the same pixels by the same sums: equal to the bit.
 */
export const maxTilePixels = 250_000
/**
 * Windows a side of a tile: 266 pixels. The arrays of one fit in the memory that a worker keeps from
 * usual images.
 */
const tileWindows = 128

/** Outputs of P-Net where they reach a threshold. */
export interface FoundWindows {
  /** Windows of one row. */
  readonly columns: number
  /** Place of each window, row by row, ascending. */
  readonly at: readonly number[]
  /** [n x 5]: logit of a face above the other's, four offsets. */
  readonly values: Float32Array
}

/** Reads the outputs of P-Net on a whole level. @param least  logit */
export function readWindows({ data, dims }: FloatTensor, least: number): FoundWindows {
  const columns = dims[3]!
  const plane = dims[2]! * columns
  const at: number[] = []
  for (let i = 0; i < plane; i++) if (data[i]! >= least) at.push(i)
  const values = new Float32Array(5 * at.length)
  for (const [n, i] of at.entries()) {
    for (let k = 0; k < 5; k++) values[5 * n + k] = data[k * plane + i]!
  }
  return { columns, at, values }
}

/**
 * P-Net on a level of any size, in tiles.
 *
 * @param run    P-Net on [1 x 3 x height x width], 0 to 255
 * @param least  logit
 * @param limit  so many of the highest logits are kept at least, and not many more
 */
export async function findWindowsInTiles(
  level: PyramidLevel,
  run: (tile: FloatTensor) => Promise<FloatTensor>,
  { least, limit }: { readonly least: number; readonly limit: number },
): Promise<FoundWindows> {
  const columns = countWindows(level.width)
  const rows = countWindows(level.height)
  const best = createBest(limit)
  // One for all tiles: V8 would let a hundred megabytes come together before it collects them.
  const buffer = new Float32Array(3 * (stride * tileWindows + cell) ** 2)
  for (let top = 0; top < rows; top += tileWindows) {
    const height = toPixels(Math.min(tileWindows, rows - top), level.height - stride * top)
    for (let left = 0; left < columns; left += tileWindows) {
      const width = toPixels(Math.min(tileWindows, columns - left), level.width - stride * left)
      const area = { x: stride * left, y: stride * top, width, height }
      const tile = { data: cutTile(level, area, buffer), dims: [1, 3, height, width] }
      const found = readWindows(await run(tile), least)
      for (const [n, i] of found.at.entries()) {
        const row = top + Math.floor(i / found.columns)
        best.add(
          row * columns + left + (i % found.columns),
          found.values.subarray(5 * n, 5 * n + 5),
        )
      }
      best.trim()
    }
  }
  return { columns, ...best.take() }
}

interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Planar floats of a part of a level. */
function cutTile(
  level: PyramidLevel,
  { x, y, width, height }: Area,
  buffer: Float32Array,
): Float32Array {
  const { data } = level
  const isBytes = isByteLevel(level)
  const pixelStride = isBytes ? 3 : 1
  const rowStride = pixelStride * level.width
  const channelStride = isBytes ? 1 : level.width * level.height
  const tile = buffer.subarray(0, 3 * width * height)
  let to = 0
  for (let channel = 0; channel < 3; channel++) {
    for (let row = y; row < y + height; row++) {
      let from = channel * channelStride + row * rowStride + x * pixelStride
      for (let column = 0; column < width; column++, from += pixelStride) tile[to++] = data[from]!
    }
  }
  return tile
}

/** Windows along a side: the pool after the first convolution rounds up. */
function countWindows(side: number): number {
  return Math.ceil((side - cell) / stride) + 1
}

/** Pixels that so many windows see; the last one may see one less. */
function toPixels(windows: number, left: number): number {
  return Math.min(stride * (windows - 1) + cell, left)
}

interface Best {
  add(at: number, values: Float32Array): void
  /** Drops what is surely not among the best, once much has come together. */
  trim(): void
  take(): Pick<FoundWindows, 'at' | 'values'>
}

/** Keeps the best windows; of two with equal logits the one that came first is better. */
function createBest(limit: number): Best {
  let found: { readonly at: number; readonly values: Float32Array }[] = []
  let floor = Number.NEGATIVE_INFINITY
  return {
    add(at, values) {
      // A copy, which does not keep the outputs of its tile.
      if (values[0]! >= floor) found.push({ at, values: values.slice() })
    },
    trim() {
      if (found.length <= 4 * limit) return
      found.sort((a, b) => b.values[0]! - a.values[0]! || a.at - b.at)
      found = found.slice(0, limit)
      floor = found.at(-1)!.values[0]!
    },
    take() {
      found.sort((a, b) => a.at - b.at)
      const values = new Float32Array(5 * found.length)
      for (const [n, one] of found.entries()) values.set(one.values, 5 * n)
      return { at: found.map(({ at }) => at), values }
    },
  }
}
