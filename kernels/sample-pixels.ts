/*
 * Crops of an image: bilinear samples of three channels, from a level of bytes or of floats.
 *
 * [Note: Pixel layout]
 * Bytes are interleaved R, G, B: a pixel is 3 bytes, its channels are next to each other. Floats are
 * three planes, `planeStride` bytes apart: a pixel is 4 bytes. `base` is where the level's first pixel
 * would lie: where only a part of the level is in memory it may lie before it, and only pixels of that
 * part are read. A read of bytes takes one byte more than the pixel, which is not used.
 *
 * Positions are computed in float64, colours in float32.
 */

/** The task of one call. The host writes it; whole numbers are float64, too. */
@unmanaged
class Job {
  /** Addresses; see [Note: Pixel layout]. */
  base: f64
  rowStride: f64
  planeStride: f64
  /** Width of the level, pixels. */
  width: f64
  height: f64
  /** The block of the crop that is made: columns `i0` to `i1 - 1`, rows `j0` to `j1 - 1`. */
  i0: f64
  i1: f64
  j0: f64
  j1: f64
  /** Side of the crop, pixels. */
  size: f64
  /** Address of the crop's first value; [3 x size x size] of float32. */
  out: f64
  /** Address of room for a table; where it begins, `warp` finds the samples' offsets. */
  table: f64
  /** Pixel (i, j) is at (ax i + bx j + startX, cy i + dy j + startY), level pixels, first centre at 0. */
  ax: f64
  bx: f64
  startX: f64
  cy: f64
  dy: f64
  startY: f64
  /** Samples a pixel. */
  samples: f64
  /** 1: samples beyond the level are black, 0: the nearest pixel. */
  blackens: f64
}

/** Four numbers a column of `cut`: two offsets in bytes (int32), two weights (float32). */
const columnBytes: usize = 16

// @ts-ignore: decorator
@inline
function pixelBytes<T>(): usize {
  return sizeof<T>() === 1 ? 3 : 4
}

/** The three channels of a pixel, as floats. */
// @ts-ignore: decorator
@inline
function read<T>(at: usize, planeStride: usize): v128 {
  if (sizeof<T>() === 1) {
    const bytes = v128.load32_zero(at)
    // Signed, which is one instruction of the processor where unsigned is ten.
    return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)))
  }
  const red = v128.load32_zero(at)
  const two = v128.load32_lane(at + planeStride, red, 1)
  return v128.load32_lane(at + 2 * planeStride, two, 2)
}

// @ts-ignore: decorator
@inline
function write(out: usize, plane: usize, value: v128): void {
  store<f32>(out, f32x4.extract_lane(value, 0))
  store<f32>(out + plane, f32x4.extract_lane(value, 1))
  store<f32>(out + 2 * plane, f32x4.extract_lane(value, 2))
}

// @ts-ignore: decorator
@inline
function clamp(index: i32, last: i32): i32 {
  return index < 0 ? 0 : index > last ? last : index
}

/** Beyond the level is black: its pixels have no weight. */
// @ts-ignore: decorator
@inline
function weigh(index: i32, length: i32, weight: f64): f32 {
  return index >= 0 && index < length ? <f32>weight : 0
}

// @ts-ignore: decorator
@inline
function toIndex(position: f64): i32 {
  // Far outside, all that matters is on which side.
  return <i32>Math.max(-2, Math.min(<f64>0x3fffffff, Math.floor(position)))
}

/** One sample a pixel, blended with black at the level's edge; `bx` and `cy` are 0. */
// @ts-ignore: decorator
@inline
function cut<T>(job: Job): void {
  const planeStride = <usize>job.planeStride
  const width = <i32>job.width
  const height = <i32>job.height
  const columns = <usize>job.table
  const i0 = <i32>job.i0
  const i1 = <i32>job.i1
  const size = <usize>job.size
  for (let i = i0; i < i1; i++) {
    const position = job.ax * <f64>i + job.startX
    const index = toIndex(position)
    const fraction = position - Math.floor(position)
    const at = columns + <usize>(i - i0) * columnBytes
    store<i32>(at, clamp(index, width - 1) * <i32>pixelBytes<T>())
    store<i32>(at, clamp(index + 1, width - 1) * <i32>pixelBytes<T>(), 4)
    store<f32>(at, weigh(index, width, 1 - fraction), 8)
    store<f32>(at, weigh(index + 1, width, fraction), 12)
  }
  const plane = size * size * 4
  const columnsEnd = columns + <usize>(i1 - i0) * columnBytes
  for (let j = <i32>job.j0; j < <i32>job.j1; j++) {
    const position = job.dy * <f64>j + job.startY
    const index = toIndex(position)
    const fraction = position - Math.floor(position)
    const above = <usize>(<i32>job.base) + <usize>clamp(index, height - 1) * <usize>job.rowStride
    const below = <usize>(<i32>job.base) + <usize>clamp(index + 1, height - 1) * <usize>job.rowStride
    const weightAbove = f32x4.splat(weigh(index, height, 1 - fraction))
    const weightBelow = f32x4.splat(weigh(index + 1, height, fraction))
    let to = <usize>job.out + (<usize>j * size + <usize>i0) * 4
    for (let at = columns; at < columnsEnd; at += columnBytes, to += 4) {
      const left = <usize>load<i32>(at)
      const right = <usize>load<i32>(at, 4)
      const weightLeft = v128.load32_splat(at, 8)
      const weightRight = v128.load32_splat(at, 12)
      const top = f32x4.add(
        f32x4.mul(read<T>(above + left, planeStride), weightLeft),
        f32x4.mul(read<T>(above + right, planeStride), weightRight),
      )
      const bottom = f32x4.add(
        f32x4.mul(read<T>(below + left, planeStride), weightLeft),
        f32x4.mul(read<T>(below + right, planeStride), weightRight),
      )
      const value = f32x4.add(f32x4.mul(top, weightAbove), f32x4.mul(bottom, weightBelow))
      write(to, plane, value)
    }
  }
}

/**
 * The numbers that a sample of `warp` reads: the addresses of its pixel, of the next one and of the row below
 * from there (int32), the fractions of x and y, and 0 where it is black, else 1 (float32).
 */
const sampleBytes: usize = 32
/** The sum of a column's samples: three channels of float32. */
const sumBytes: usize = 16

/**
 * The mean of several samples a pixel; their offsets from it are float64 x, y each. A row at a time,
 * first where the samples lie, then their colours: in one loop each pixel waits for all of its
 * positions, and takes twice as long.
 */
// @ts-ignore: decorator
@inline
function warp<T>(job: Job): void {
  const size = <usize>job.size
  const plane = size * size * 4
  const i0 = <usize>job.i0
  const count = <usize>job.i1 - i0
  const offsets = <usize>job.table
  const offsetsEnd = offsets + ((<usize>job.samples) << 4)
  const samples = offsetsEnd
  const sums = samples + count * sampleBytes
  const sumsEnd = sums + count * sumBytes
  const weight = f32x4.splat(1 / <f32>job.samples)
  for (let j = job.j0; j < job.j1; j++) {
    memory.fill(sums, 0, sumsEnd - sums)
    for (let at = offsets; at < offsetsEnd; at += 16) {
      placeSamples<T>(job, j, at, samples)
      addSamples<T>(samples, sums, sumsEnd, <usize>job.planeStride)
    }
    let to = <usize>job.out + (<usize>j * size + i0) * 4
    for (let at = sums; at < sumsEnd; at += sumBytes, to += 4) {
      write(to, plane, f32x4.mul(v128.load(at), weight))
    }
  }
}

/** Where one sample of each pixel of row `j` lies. Both coordinates are computed at once. */
// @ts-ignore: decorator
@inline
function placeSamples<T>(job: Job, j: f64, offset: usize, samples: usize): void {
  const base = <usize>(<i32>job.base)
  const rowStride = <usize>job.rowStride
  const lastColumn = <i32>job.width - 1
  const lastRow = <i32>job.height - 1
  const blackens = job.blackens !== 0
  const right = pair(job.ax, job.cy)
  const down = pair(job.bx, job.dy)
  const start = f64x2.add(pair(job.startX, job.startY), v128.load(offset))
  const row = f64x2.add(start, f64x2.mul(down, f64x2.splat(j)))
  const last = pair(<f64>lastColumn, <f64>lastRow)
  // A pixel reaches half its width beyond its centre.
  const half = f64x2.splat(0.5)
  const end = job.i1
  for (let i = job.i0; i < end; i++, samples += sampleBytes) {
    const position = f64x2.add(row, f64x2.mul(right, f64x2.splat(i)))
    const inside = f64x2.pmin(last, f64x2.pmax(f64x2.splat(0), position))
    const index = i32x4.trunc_sat_f64x2_s_zero(inside)
    const fraction = f32x4.demote_f64x2_zero(f64x2.sub(inside, f64x2.convert_low_i32x4_s(index)))
    const x = i32x4.extract_lane(index, 0)
    const y = i32x4.extract_lane(index, 1)
    const beyond = f64x2.gt(f64x2.abs(f64x2.sub(position, inside)), half)
    store<usize>(samples, base + <usize>y * rowStride + <usize>x * pixelBytes<T>())
    store<usize>(samples, x < lastColumn ? pixelBytes<T>() : 0, 4)
    store<usize>(samples, y < lastRow ? rowStride : 0, 8)
    store<f32>(samples, blackens && v128.any_true(beyond) ? 0 : 1, 12)
    v128.store64_lane(samples, fraction, 0, 16)
  }
}

// @ts-ignore: decorator
@inline
function addSamples<T>(samples: usize, sums: usize, sumsEnd: usize, planeStride: usize): void {
  for (; sums < sumsEnd; sums += sumBytes, samples += sampleBytes) {
    const above = load<usize>(samples)
    const beside = load<usize>(samples, 4)
    const below = above + load<usize>(samples, 8)
    const fractionX = v128.load32_splat(samples, 16)
    const top = mix<T>(above, above + beside, planeStride, fractionX)
    const bottom = mix<T>(below, below + beside, planeStride, fractionX)
    const fractionY = v128.load32_splat(samples, 20)
    const value = f32x4.add(top, f32x4.mul(f32x4.sub(bottom, top), fractionY))
    const visible = v128.load32_splat(samples, 12)
    v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(value, visible)))
  }
}

// @ts-ignore: decorator
@inline
function pair(x: f64, y: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(x), 1, y)
}

/** Interpolates between two pixels. */
// @ts-ignore: decorator
@inline
function mix<T>(left: usize, right: usize, planeStride: usize, fraction: v128): v128 {
  const from = read<T>(left, planeStride)
  return f32x4.add(from, f32x4.mul(f32x4.sub(read<T>(right, planeStride), from), fraction))
}

export function cutBytes(job: Job): void {
  cut<u8>(job)
}

export function cutFloats(job: Job): void {
  cut<f32>(job)
}

export function warpBytes(job: Job): void {
  warp<u8>(job)
}

export function warpFloats(job: Job): void {
  warp<f32>(job)
}
