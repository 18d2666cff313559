import { readFileSync } from 'node:fs'
import { workerUrl } from '../../../platform/workers/url.ts'
import type { Area, KernelMemory, Place } from './kernel-memory.ts'
import { createKernelMemory } from './kernel-memory.ts'
import type { PyramidLevel } from './levels.ts'
import { isByteLevel } from './levels.ts'

/** A crop as an affine map of a level: its pixel (i, j) is at (ax i + bx j + startX, cy i + dy j + startY). */
export interface CropJob {
  readonly level: PyramidLevel
  /** Level pixels, the first pixel's centre at 0. */
  readonly map: LevelMap
}

export interface LevelMap {
  readonly ax: number
  readonly bx: number
  readonly startX: number
  readonly cy: number
  readonly dy: number
  readonly startY: number
}

/** How a pixel is the mean of several samples. */
export interface WarpSamples {
  /** Where they lie from the pixel: x, y each, level pixels. At most {@link maxWarpSamples}. */
  readonly offsets: Float64Array
  /** Whether samples beyond the level are black; otherwise they repeat its edge. */
  readonly blackens: boolean
}

export const maxWarpSamples = 16

/** Columns of a crop that one call makes, and bytes of its table for each of them. */
const maxColumns = 256
const columnBytes = 48
/** Where the kernel's memory has the table, which begins with the samples' offsets, and the crop. Bytes. */
const tableAt = 256
const cropsAt = tableAt + 2 * 8 * maxWarpSamples + columnBytes * maxColumns

/**
 * Cuts crops with `kernels/sample-pixels.ts`: half the time that loops in JavaScript take, and
 * less in the first images of a thread. All that it needs is copied within the call.
 */
export interface Sampler {
  /**
   * One sample a pixel, blended with black at the level's edge; `bx` and `cy` must be 0.
   *
   * @returns [n x 3 x size x size] planar, 0 to 255
   */
  cut(jobs: readonly CropJob[], size: number): Float32Array
  /** The mean of several samples a pixel. @returns [3 x size x size] planar, 0 to 255 */
  warp(job: CropJob, samples: WarpSamples, size: number): Float32Array
}

let sampler: Sampler | undefined

/** The sampler of this thread. */
export function getSampler(): Sampler {
  sampler ??= createSampler()
  return sampler
}

type Kernel = Readonly<
  Record<'cutBytes' | 'cutFloats' | 'warpBytes' | 'warpFloats', (job: number) => void>
>

/** Part of a crop: columns `i0` to `i1 - 1`, rows `j0` to `j1 - 1`. */
interface Block {
  readonly i0: number
  readonly i1: number
  readonly j0: number
  readonly j1: number
}

const oneSample: WarpSamples = { offsets: Float64Array.of(0, 0), blackens: true }

function createSampler(): Sampler {
  const room = createKernelMemory(cropsAt)
  const file = workerUrl(import.meta.url, '../../../kernels/sample-pixels.wasm')
  const module = new WebAssembly.Module(readFileSync(file))
  const { memory } = room
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel
  return {
    cut(jobs, size) {
      const out = new Float32Array(jobs.length * 3 * size * size)
      room.reserveCrops(out.byteLength)
      for (const [n, job] of jobs.entries()) {
        const run = isByteLevel(job.level) ? kernel.cutBytes : kernel.cutFloats
        makeCrop(room, job, { size, at: cropsAt + n * 12 * size * size, samples: oneSample, run })
      }
      return takeCrops(room, out)
    },
    warp(job, samples, size) {
      const out = new Float32Array(3 * size * size)
      room.reserveCrops(out.byteLength)
      const run = isByteLevel(job.level) ? kernel.warpBytes : kernel.warpFloats
      makeCrop(room, job, { size, at: cropsAt, samples, run })
      return takeCrops(room, out)
    },
  }
}

function takeCrops(room: KernelMemory, out: Float32Array): Float32Array {
  out.set(room.floats().subarray(cropsAt / 4, cropsAt / 4 + out.length))
  return out
}

interface Call {
  /** Crop pixels. */
  readonly size: number
  /** Where the crop goes, bytes. */
  readonly at: number
  readonly samples: WarpSamples
  readonly run: (job: number) => void
}

function makeCrop(room: KernelMemory, job: CropJob, call: Call): void {
  const { size, at } = call
  const { ax, bx, startX, cy, dy, startY } = job.map
  // Boxes or landmarks without numbers show nothing.
  if (!Number.isFinite(ax + bx + startX + cy + dy + startY)) {
    room.floats().fill(0, at / 4, at / 4 + 3 * size * size)
    return
  }
  makeBlock(room, job, { call, block: { i0: 0, i1: size, j0: 0, j1: size } })
}

interface Part {
  readonly call: Call
  readonly block: Block
}

function makeBlock(room: KernelMemory, job: CropJob, { call, block }: Part): void {
  const isNarrow = block.i1 - block.i0 <= maxColumns
  const find = (): Area => findArea(job, block, call.samples)
  const place = isNarrow ? room.place(job.level, find) : undefined
  if (place === undefined) {
    for (const half of halve(block)) makeBlock(room, job, { call, block: half })
    return
  }
  writeJob(room.numbers(), job, { place, block, call })
  call.run(0)
}

/** The longer side of a block in two; a single pixel's samples always have a place. */
function halve({ i0, i1, j0, j1 }: Block): readonly Block[] {
  if (i1 - i0 >= j1 - j0) {
    const middle = (i0 + i1) >> 1
    return [
      { i0, i1: middle, j0, j1 },
      { i0: middle, i1, j0, j1 },
    ]
  }
  const middle = (j0 + j1) >> 1
  return [
    { i0, i1, j0, j1: middle },
    { i0, i1, j0: middle, j1 },
  ]
}

/** Finds the part of its level that a block reads. */
function findArea(
  { level, map }: CropJob,
  { i0, i1, j0, j1 }: Block,
  { offsets }: WarpSamples,
): Area {
  const reach = offsets.reduce((most, offset) => Math.max(most, Math.abs(offset)), 0)
  const columns = [i0, i1 - 1]
  const rows = [j0, j1 - 1]
  const { ax, bx, startX, cy, dy, startY } = map
  const xs = columns.flatMap((i) => rows.map((j) => ax * i + bx * j + startX))
  const ys = columns.flatMap((i) => rows.map((j) => cy * i + dy * j + startY))
  const clampX = (x: number): number => Math.max(0, Math.min(level.width - 1, Math.floor(x)))
  const clampY = (y: number): number => Math.max(0, Math.min(level.height - 1, Math.floor(y)))
  return {
    x0: clampX(Math.min(...xs) - reach),
    x1: clampX(Math.max(...xs) + reach + 1),
    y0: clampY(Math.min(...ys) - reach),
    y1: clampY(Math.max(...ys) + reach + 1),
  }
}

interface Written extends Part {
  readonly place: Place
}

/**
 * Writes a job's numbers in the order of the kernel's class `Job`, one by one: an array for each
 * call takes longer.
 */
function writeJob(
  numbers: Float64Array,
  { level, map }: CropJob,
  { place, block, call: { size, at, samples } }: Written,
): void {
  numbers[0] = place.base
  numbers[1] = place.rowStride
  numbers[2] = place.planeStride
  numbers[3] = level.width
  numbers[4] = level.height
  numbers[5] = block.i0
  numbers[6] = block.i1
  numbers[7] = block.j0
  numbers[8] = block.j1
  numbers[9] = size
  numbers[10] = at
  numbers[11] = tableAt
  numbers[12] = map.ax
  numbers[13] = map.bx
  numbers[14] = map.startX
  numbers[15] = map.cy
  numbers[16] = map.dy
  numbers[17] = map.startY
  numbers[18] = samples.offsets.length / 2
  numbers[19] = samples.blackens ? 1 : 0
  numbers.set(samples.offsets, tableAt / 8)
}
