/*
 * The scan of an exact index: dot products of many stored rows with one probe or four.
 *
 * [Note: Scan layout]
 * A row is `stride` bytes of float32, zero-padded to a multiple of 64 bytes (one cache line; the
 * unrolled loops need 32). Rows lie one behind the other. A group of probes has the same
 * stride. `state` is one 8-byte entry a probe: float32 bound, then the uint32 count of survivors
 * that the scan writes. Survivors (similarity >= bound) are 8 bytes each: uint32 row number within
 * this call, then float32 similarity; each probe has room for one survivor a row, `outStride`
 * bytes behind the one before it. The host picks the best of the survivors, raises the bounds and
 * calls again, so a call never has to stop early.
 *
 * Each (row, probe) pair is summed in the same order in both functions (four lanes, one
 * accumulator), so a probe has the same similarities alone and in a batch. The sum of d products
 * of unit vectors is off by at most (d / 4 + 4) * 2^-24, which the host allows for.
 */

// @ts-ignore: decorator
@inline
function sum(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  )
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, stride: usize): f32 {
  let acc = f32x4.splat(0)
  for (let i: usize = 0; i < stride; i += 16) {
    acc = f32x4.add(acc, f32x4.mul(v128.load(a + i), v128.load(b + i)))
  }
  return sum(acc)
}

/**
 * The similarities of four rows with one probe. Four independent sums hide the latency of an
 * addition, and four distant rows keep more memory requests in flight than neighbouring ones do.
 */
// @ts-ignore: decorator
@inline
function dotFour(r0: usize, r1: usize, r2: usize, r3: usize, probe: usize, stride: usize): v128 {
  let a0 = f32x4.splat(0)
  let a1 = f32x4.splat(0)
  let a2 = f32x4.splat(0)
  let a3 = f32x4.splat(0)
  for (let i: usize = 0; i < stride; i += 32) {
    let p = v128.load(probe + i)
    a0 = f32x4.add(a0, f32x4.mul(v128.load(r0 + i), p))
    a1 = f32x4.add(a1, f32x4.mul(v128.load(r1 + i), p))
    a2 = f32x4.add(a2, f32x4.mul(v128.load(r2 + i), p))
    a3 = f32x4.add(a3, f32x4.mul(v128.load(r3 + i), p))
    p = v128.load(probe + i, 16)
    a0 = f32x4.add(a0, f32x4.mul(v128.load(r0 + i, 16), p))
    a1 = f32x4.add(a1, f32x4.mul(v128.load(r1 + i, 16), p))
    a2 = f32x4.add(a2, f32x4.mul(v128.load(r2 + i, 16), p))
    a3 = f32x4.add(a3, f32x4.mul(v128.load(r3 + i, 16), p))
  }
  let sums = f32x4.splat(sum(a0))
  sums = f32x4.replace_lane(sums, 1, sum(a1))
  sums = f32x4.replace_lane(sums, 2, sum(a2))
  return f32x4.replace_lane(sums, 3, sum(a3))
}

// @ts-ignore: decorator
@inline
function keep(state: usize, out: usize, row: u32, similarity: f32): void {
  // Written so that a NaN, which only a damaged row can give, is not kept.
  if (similarity >= load<f32>(state)) {
    const count = load<u32>(state, 4)
    const at = out + (<usize>count << 3)
    store<u32>(at, row)
    store<f32>(at, similarity, 4)
    store<u32>(state, count + 1, 4)
  }
}

/**
 * One probe. Four rows at a time, each from another quarter of the call (100,000 x 512: 11.4 ms
 * against 20.7 with neighbouring rows).
 */
export function scanOne(
  rows: usize,
  count: u32,
  stride: usize,
  probe: usize,
  state: usize,
  out: usize,
): void {
  store<u32>(state, 0, 4)
  const part = count >> 2
  const far = <usize>part * stride
  let r0 = rows
  for (let row: u32 = 0; row < part; row++, r0 += stride) {
    const r1 = r0 + far
    const r2 = r1 + far
    const similarities = dotFour(r0, r1, r2, r2 + far, probe, stride)
    keep(state, out, row, f32x4.extract_lane(similarities, 0))
    keep(state, out, row + part, f32x4.extract_lane(similarities, 1))
    keep(state, out, row + 2 * part, f32x4.extract_lane(similarities, 2))
    keep(state, out, row + 3 * part, f32x4.extract_lane(similarities, 3))
  }
  for (let row = part << 2; row < count; row++) {
    keep(state, out, row, dot(rows + <usize>row * stride, probe, stride))
  }
}

/**
 * Four probes. Two rows at a time, from the two halves of the call, so that a loaded row serves
 * four sums and a loaded probe two; eight sums and their operands are what 16 registers hold.
 */
export function scanFour(
  rows: usize,
  count: u32,
  stride: usize,
  probes: usize,
  state: usize,
  out: usize,
  outStride: usize,
): void {
  store<u32>(state, 0, 4)
  store<u32>(state, 0, 12)
  store<u32>(state, 0, 20)
  store<u32>(state, 0, 28)
  const p1 = probes + stride
  const p2 = p1 + stride
  const p3 = p2 + stride
  const o1 = out + outStride
  const o2 = o1 + outStride
  const o3 = o2 + outStride
  const part = count >> 1
  const far = <usize>part * stride
  let r = rows
  for (let row: u32 = 0; row < part; row++, r += stride) {
    const s = r + far
    let a0 = f32x4.splat(0)
    let a1 = f32x4.splat(0)
    let a2 = f32x4.splat(0)
    let a3 = f32x4.splat(0)
    let b0 = f32x4.splat(0)
    let b1 = f32x4.splat(0)
    let b2 = f32x4.splat(0)
    let b3 = f32x4.splat(0)
    for (let i: usize = 0; i < stride; i += 32) {
      let x = v128.load(r + i)
      let y = v128.load(s + i)
      let p = v128.load(probes + i)
      a0 = f32x4.add(a0, f32x4.mul(x, p))
      b0 = f32x4.add(b0, f32x4.mul(y, p))
      p = v128.load(p1 + i)
      a1 = f32x4.add(a1, f32x4.mul(x, p))
      b1 = f32x4.add(b1, f32x4.mul(y, p))
      p = v128.load(p2 + i)
      a2 = f32x4.add(a2, f32x4.mul(x, p))
      b2 = f32x4.add(b2, f32x4.mul(y, p))
      p = v128.load(p3 + i)
      a3 = f32x4.add(a3, f32x4.mul(x, p))
      b3 = f32x4.add(b3, f32x4.mul(y, p))
      x = v128.load(r + i, 16)
      y = v128.load(s + i, 16)
      p = v128.load(probes + i, 16)
      a0 = f32x4.add(a0, f32x4.mul(x, p))
      b0 = f32x4.add(b0, f32x4.mul(y, p))
      p = v128.load(p1 + i, 16)
      a1 = f32x4.add(a1, f32x4.mul(x, p))
      b1 = f32x4.add(b1, f32x4.mul(y, p))
      p = v128.load(p2 + i, 16)
      a2 = f32x4.add(a2, f32x4.mul(x, p))
      b2 = f32x4.add(b2, f32x4.mul(y, p))
      p = v128.load(p3 + i, 16)
      a3 = f32x4.add(a3, f32x4.mul(x, p))
      b3 = f32x4.add(b3, f32x4.mul(y, p))
    }
    keep(state, out, row, sum(a0))
    keep(state + 8, o1, row, sum(a1))
    keep(state + 16, o2, row, sum(a2))
    keep(state + 24, o3, row, sum(a3))
    keep(state, out, row + part, sum(b0))
    keep(state + 8, o1, row + part, sum(b1))
    keep(state + 16, o2, row + part, sum(b2))
    keep(state + 24, o3, row + part, sum(b3))
  }
  if (count & 1) {
    const row = count - 1
    const last = rows + <usize>row * stride
    keep(state, out, row, dot(last, probes, stride))
    keep(state + 8, o1, row, dot(last, p1, stride))
    keep(state + 16, o2, row, dot(last, p2, stride))
    keep(state + 24, o3, row, dot(last, p3, stride))
  }
}

/**
 * The similarities of listed rows (uint32 numbers in `list`) with one probe, float32 each in `out`,
 * summed as in the scans. Four rows at a time keep more memory requests in flight.
 */
export function compareListed(
  rows: usize,
  list: usize,
  count: u32,
  stride: usize,
  probe: usize,
  out: usize,
): void {
  const end = list + (<usize>count << 2)
  for (; list + 16 <= end; list += 16, out += 16) {
    const r0 = rows + <usize>load<u32>(list) * stride
    const r1 = rows + <usize>load<u32>(list, 4) * stride
    const r2 = rows + <usize>load<u32>(list, 8) * stride
    const r3 = rows + <usize>load<u32>(list, 12) * stride
    v128.store(out, dotFour(r0, r1, r2, r3, probe, stride))
  }
  for (; list < end; list += 4, out += 4) {
    store<f32>(out, dot(rows + <usize>load<u32>(list) * stride, probe, stride))
  }
}

/** The largest sum of squares of a row; infinity when one is no finite number. */
export function largestSquare(rows: usize, count: u32, stride: usize): f32 {
  let largest: f32 = 0
  for (let row: u32 = 0; row < count; row++, rows += stride) {
    const square = dot(rows, rows, stride)
    // Also false for NaN.
    if (!(square < f32.MAX_VALUE)) return Infinity
    if (square > largest) largest = square
  }
  return largest
}

/**
 * Which similarities of a matrix reach their column's bound (float32 each); a NaN does not.
 *
 * @param matrix  rows x columns of float32, row-major
 * @param out     room for one uint32 a similarity: the places in the matrix, in its order
 * @returns how many
 */
export function selectAbove(
  matrix: usize,
  rows: u32,
  columns: u32,
  bounds: usize,
  out: usize,
): u32 {
  const first = out
  const whole = columns & ~3
  for (let row: u32 = 0, place: u32 = 0; row < rows; row++, place += columns) {
    const at = matrix + (<usize>place << 2)
    for (let i: u32 = 0; i < whole; i += 4) {
      const offset = <usize>i << 2
      const above = f32x4.ge(v128.load(at + offset), v128.load(bounds + offset))
      if (!v128.any_true(above)) continue
      for (let mask = i32x4.bitmask(above); mask !== 0; mask &= mask - 1) {
        store<u32>(out, place + i + <u32>ctz(mask))
        out += 4
      }
    }
    for (let i = whole; i < columns; i++) {
      const offset = <usize>i << 2
      if (load<f32>(at + offset) >= load<f32>(bounds + offset)) {
        store<u32>(out, place + i)
        out += 4
      }
    }
  }
  return <u32>((out - first) >> 2)
}
