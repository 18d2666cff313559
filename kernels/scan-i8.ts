/*
 * The first passes of a projected index: integer dot products of many short codes with a probe or two.
 *
 * [Note: Code layout]
 * A code is `width` int8, a multiple of 16, in two parts: the head, its first `head` numbers, and
 * the tail. Codes lie in blocks of 4,096 rows, first the heads of a block, then its tails, each one
 * behind the other; so a scan of the heads reads nothing else, and the codes grow in place. Where
 * head and width are the same, the codes simply lie one behind the other. A probe is `width`
 * int16, at most 2^14 each, so that its own rounding does not count; the largest sum is
 * 127 * sqrt(width) * 2^14 for a probe of norm 2^14, far from overflow. `state` is what one scan
 * of one probe has found so far:
 *
 *   0 int32 bound       the smallest score that is still of interest
 *   4 uint32 found      survivors in the list
 *   8 uint32 above      survivors in bins from `bin` on
 *  12 int32 bin         the bin of the bound
 *  16 uint32 wanted     how many best scores are asked for
 *  20 int32 shift       a bin is 2^shift wide; bin 1024 begins at score 0
 *  24 uint32 crowded    1 when more survivors share the bound than the list can hold
 *  32 uint32[2048]      survivors in each bin
 *  then                 the list: uint32 row, int32 score each, room for 32,768
 *
 * The histogram gives the running bound without sorting: whenever the bins above the bound's hold
 * enough, the bound moves up a bin. All survivors at or above the last bound are the result, so a
 * few more than wanted come back and none that ties with the last is lost.
 */

const blockRows: usize = 4096
const bins: i32 = 2048
const histogram: usize = 32
const list: usize = 32 + 2048 * 4
const capacity: u32 = 32768
const countedRows: u32 = 128

// @ts-ignore: decorator
@inline
function dot(code: usize, probe: usize, width: usize): v128 {
  let acc = i32x4.splat(0)
  for (let i: usize = 0; i < width; i += 16) {
    acc = i32x4.add(
      acc,
      i32x4.dot_i16x8_s(v128.load_ext<i8>(code + i), v128.load(probe + 2 * i)),
    )
    acc = i32x4.add(
      acc,
      i32x4.dot_i16x8_s(v128.load_ext<i8>(code + i, 8), v128.load(probe + 2 * i, 16)),
    )
  }
  return acc
}

// @ts-ignore: decorator
@inline
function sum(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    i32x4.extract_lane(v, 2) +
    i32x4.extract_lane(v, 3)
  )
}

// @ts-ignore: decorator
@inline
function sums(a0: v128, a1: v128, a2: v128, a3: v128): v128 {
  const low = i32x4.add(
    v128.shuffle<i32>(a0, a1, 0, 4, 1, 5),
    v128.shuffle<i32>(a0, a1, 2, 6, 3, 7),
  )
  const high = i32x4.add(
    v128.shuffle<i32>(a2, a3, 0, 4, 1, 5),
    v128.shuffle<i32>(a2, a3, 2, 6, 3, 7),
  )
  return i32x4.add(
    v128.shuffle<i32>(low, high, 0, 1, 4, 5),
    v128.shuffle<i32>(low, high, 2, 3, 6, 7),
  )
}

/** The scores of four codes; their sums stay apart until the end, which hides the latency of an addition. */
// @ts-ignore: decorator
@inline
function dotFour(c0: usize, c1: usize, c2: usize, c3: usize, probe: usize, width: usize): v128 {
  let a0 = i32x4.splat(0)
  let a1 = i32x4.splat(0)
  let a2 = i32x4.splat(0)
  let a3 = i32x4.splat(0)
  for (let i: usize = 0; i < width; i += 16) {
    let p = v128.load(probe + 2 * i)
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.load_ext<i8>(c0 + i), p))
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.load_ext<i8>(c1 + i), p))
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(v128.load_ext<i8>(c2 + i), p))
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(v128.load_ext<i8>(c3 + i), p))
    p = v128.load(probe + 2 * i, 16)
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.load_ext<i8>(c0 + i, 8), p))
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.load_ext<i8>(c1 + i, 8), p))
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(v128.load_ext<i8>(c2 + i, 8), p))
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(v128.load_ext<i8>(c3 + i, 8), p))
  }
  return sums(a0, a1, a2, a3)
}

// @ts-ignore: decorator
@inline
function binOf(state: usize, score: i32): i32 {
  const bin = (score >> load<i32>(state, 20)) + bins / 2
  return max(0, min(bin, bins - 1))
}

/** Drops survivors that fell below the bound since they came. */
function compact(state: usize): void {
  const found = load<u32>(state, 4)
  const bin = load<i32>(state, 12)
  let kept: u32 = 0
  for (let i: u32 = 0; i < found; i++) {
    const entry = load<u64>(state + list + (<usize>i << 3))
    if (binOf(state, <i32>(entry >> 32)) < bin) continue
    store<u64>(state + list + (<usize>kept << 3), entry)
    kept++
  }
  store<u32>(state, kept, 4)
  if (kept > capacity / 2) {
    store<u32>(state, 1, 24)
    store<i32>(state, i32.MAX_VALUE)
  }
}

function keep(state: usize, row: u32, score: i32): void {
  if (score < load<i32>(state)) return
  const bin = binOf(state, score)
  let found = load<u32>(state, 4)
  if (found == capacity) {
    compact(state)
    if (load<u32>(state, 24)) return
    found = load<u32>(state, 4)
  }
  store<u64>(state + list + (<usize>found << 3), <u64>row | (<u64>(<u32>score) << 32))
  store<u32>(state, found + 1, 4)
  const counter = state + histogram + (<usize>bin << 2)
  store<u32>(counter, load<u32>(counter) + 1)

  const wanted = load<u32>(state, 16)
  let lowest = load<i32>(state, 12)
  let above = load<u32>(state, 8) + 1
  let inLowest = load<u32>(state + histogram + (<usize>lowest << 2))
  if (above - inLowest >= wanted) {
    do {
      above -= inLowest
      lowest++
      inLowest = load<u32>(state + histogram + (<usize>lowest << 2))
    } while (above - inLowest >= wanted)
    store<i32>(state, lowest, 12)
    store<i32>(state, (lowest - bins / 2) << load<i32>(state, 20))
  }
  store<u32>(state, above, 8)
}

// @ts-ignore: decorator
@inline
function keepFour(state: usize, row: u32, part: u32, scores: v128): void {
  keep(state, row, i32x4.extract_lane(scores, 0))
  keep(state, row + part, i32x4.extract_lane(scores, 1))
  keep(state, row + 2 * part, i32x4.extract_lane(scores, 2))
  keep(state, row + 3 * part, i32x4.extract_lane(scores, 3))
}

/**
 * Compares one probe with `count` codes of `width` numbers, one behind the other, the first of which
 * is row `first`; the heads of a block are such codes. Four codes at a time, each from another
 * quarter of the call: distant streams keep more memory requests in flight.
 */
export function scan(
  codes: usize,
  first: u32,
  count: u32,
  width: usize,
  probe: usize,
  state: usize,
): void {
  let bound = i32x4.splat(load<i32>(state))
  const part = count >> 2
  const far = <usize>part * width
  let c0 = codes
  for (let row = first; row < first + part; row++, c0 += width) {
    const c1 = c0 + far
    const c2 = c1 + far
    const scores = dotFour(c0, c1, c2, c2 + far, probe, width)
    if (v128.any_true(i32x4.ge_s(scores, bound))) {
      keepFour(state, row, part, scores)
      bound = i32x4.splat(load<i32>(state))
    }
  }
  for (let row = part << 2; row < count; row++) {
    keep(state, first + row, sum(dot(codes + <usize>row * width, probe, width)))
  }
}

/** Does the same as {@link scan} for two probes: a code is loaded and widened once for both. */
export function scanTwo(
  codes: usize,
  first: u32,
  count: u32,
  width: usize,
  probeA: usize,
  stateA: usize,
  probeB: usize,
  stateB: usize,
): void {
  let boundA = i32x4.splat(load<i32>(stateA))
  let boundB = i32x4.splat(load<i32>(stateB))
  const part = count >> 2
  const far = <usize>part * width
  let c0 = codes
  for (let row = first; row < first + part; row++, c0 += width) {
    const c1 = c0 + far
    const c2 = c1 + far
    const c3 = c2 + far
    let a0 = i32x4.splat(0)
    let a1 = i32x4.splat(0)
    let a2 = i32x4.splat(0)
    let a3 = i32x4.splat(0)
    let b0 = i32x4.splat(0)
    let b1 = i32x4.splat(0)
    let b2 = i32x4.splat(0)
    let b3 = i32x4.splat(0)
    for (let i: usize = 0; i < width; i += 8) {
      const a = v128.load(probeA + 2 * i)
      const b = v128.load(probeB + 2 * i)
      let code = v128.load_ext<i8>(c0 + i)
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(code, a))
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(code, b))
      code = v128.load_ext<i8>(c1 + i)
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(code, a))
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(code, b))
      code = v128.load_ext<i8>(c2 + i)
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(code, a))
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(code, b))
      code = v128.load_ext<i8>(c3 + i)
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(code, a))
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(code, b))
    }
    const scoresA = sums(a0, a1, a2, a3)
    if (v128.any_true(i32x4.ge_s(scoresA, boundA))) {
      keepFour(stateA, row, part, scoresA)
      boundA = i32x4.splat(load<i32>(stateA))
    }
    const scoresB = sums(b0, b1, b2, b3)
    if (v128.any_true(i32x4.ge_s(scoresB, boundB))) {
      keepFour(stateB, row, part, scoresB)
      boundB = i32x4.splat(load<i32>(stateB))
    }
  }
  for (let row = part << 2; row < count; row++) {
    const code = codes + <usize>row * width
    keep(stateA, first + row, sum(dot(code, probeA, width)))
    keep(stateB, first + row, sum(dot(code, probeB, width)))
  }
}

// @ts-ignore: decorator
@inline
function headOf(codes: usize, row: usize, width: usize, head: usize): usize {
  const inBlock = row & (blockRows - 1)
  return codes + (row - inBlock) * width + inBlock * head
}

// @ts-ignore: decorator
@inline
function tailOf(codes: usize, row: usize, width: usize, head: usize): usize {
  const inBlock = row & (blockRows - 1)
  return codes + (row - inBlock) * width + blockRows * head + inBlock * (width - head)
}

/**
 * Sets a state's bound by the heads of every `step`-th row, to the lowest bin from which on `enough`
 * of these are: a scan that starts there keeps few rows that it will drop.
 */
export function estimate(
  codes: usize,
  rows: u32,
  step: u32,
  width: usize,
  head: usize,
  probe: usize,
  state: usize,
  enough: u32,
): void {
  const counters = state + histogram
  for (let row: u32 = 0; row < rows; row += step) {
    const score = sum(dot(headOf(codes, row, width, head), probe, head))
    const counter = counters + (<usize>binOf(state, score) << 2)
    store<u32>(counter, load<u32>(counter) + 1)
  }
  let bin = bins
  for (let above: u32 = 0; bin > 0 && above < enough; ) {
    bin--
    above += load<u32>(counters + (<usize>bin << 2))
  }
  memory.fill(counters, 0, <usize>bins << 2)
  if (bin == 0) return
  store<i32>(state, bin, 12)
  store<i32>(state, (bin - bins / 2) << load<i32>(state, 20))
}

/**
 * Gives the survivors in bins from the state's `bin` on the scores of their whole codes, and drops
 * the others. The histogram is then that of the whole scores; `bound` and `above` have no meaning.
 */
export function refine(state: usize, codes: usize, width: usize, head: usize, probe: usize): void {
  const found = load<u32>(state, 4)
  const bin = load<i32>(state, 12)
  memory.fill(state + histogram, 0, <usize>bins << 2)
  let kept: u32 = 0
  for (let i: u32 = 0; i < found; i++) {
    const entry = load<u64>(state + list + (<usize>i << 3))
    const headScore = <i32>(entry >> 32)
    if (binOf(state, headScore) < bin) continue
    const row = <u32>entry
    const tail = tailOf(codes, row, width, head)
    const score = headScore + sum(dot(tail, probe + 2 * head, width - head))
    store<u64>(state + list + (<usize>kept << 3), <u64>row | (<u64>(<u32>score) << 32))
    kept++
    const counter = state + histogram + (<usize>binOf(state, score) << 2)
    store<u32>(counter, load<u32>(counter) + 1)
  }
  store<u32>(state, kept, 4)
}

/** Puts `count` whole codes, one behind the other, into the blocks, from row `first` on. */
export function place(
  whole: usize,
  first: usize,
  count: usize,
  codes: usize,
  width: usize,
  head: usize,
): void {
  for (let row = first; row < first + count; row++, whole += width) {
    const headAt = headOf(codes, row, width, head)
    const tailAt = tailOf(codes, row, width, head) - head
    for (let i: usize = 0; i < head; i += 16) v128.store(headAt + i, v128.load(whole + i))
    for (let i = head; i < width; i += 16) v128.store(tailAt + i, v128.load(whole + i))
  }
}

/**
 * For each of `probes` probes, `2 * width` bytes apart, how many of the codes, one behind the other,
 * score higher than its reference, when only the first `used` numbers (a multiple of 16) of each
 * count. Some codes at a time, which stay in the L1 cache while all probes pass over them.
 *
 * @param list  8 bytes a probe: the uint32 row of its reference; the uint32 count in its place
 */
export function countAbove(
  codes: usize,
  count: u32,
  width: usize,
  used: usize,
  probe: usize,
  probes: u32,
  list: usize,
): void {
  for (let i: usize = 0; i < probes; i++) {
    const entry = list + (i << 3)
    const reference = codes + <usize>load<u32>(entry) * width
    store<u32>(entry, 0)
    store<i32>(entry, sum(dot(reference, probe + i * 2 * width, used)), 4)
  }
  for (let row: u32 = 0; row < count; row += countedRows) {
    const rows = min(countedRows, count - row)
    for (let i: usize = 0; i < probes; i++) {
      const entry = list + (i << 3)
      const above = countRows(
        codes + <usize>row * width,
        rows,
        width,
        used,
        probe + i * 2 * width,
        load<i32>(entry, 4),
      )
      store<u32>(entry, load<u32>(entry) + above)
    }
  }
}

function countRows(
  codes: usize,
  count: u32,
  width: usize,
  used: usize,
  probe: usize,
  score: i32,
): u32 {
  const bound = i32x4.splat(score)
  let counts = i32x4.splat(0)
  const quads = count >> 2
  let code = codes
  for (let i: u32 = 0; i < quads; i++, code += 4 * width) {
    const scores = dotFour(code, code + width, code + 2 * width, code + 3 * width, probe, used)
    counts = i32x4.sub(counts, i32x4.gt_s(scores, bound))
  }
  let above = sum(counts)
  for (let row = quads << 2; row < count; row++) {
    above += i32(sum(dot(codes + <usize>row * width, probe, used)) > score)
  }
  return above
}

// @ts-ignore: decorator
@inline
function sumFloats(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  )
}

/** The coordinates of one vector along eight axes; as many sums as hide the latency of an addition. */
// @ts-ignore: decorator
@inline
function projectEight(vector: usize, stride: usize, x0: usize, out: usize): void {
  let a0 = f32x4.splat(0)
  let a1 = f32x4.splat(0)
  let a2 = f32x4.splat(0)
  let a3 = f32x4.splat(0)
  let a4 = f32x4.splat(0)
  let a5 = f32x4.splat(0)
  let a6 = f32x4.splat(0)
  let a7 = f32x4.splat(0)
  const x1 = x0 + stride
  const x2 = x1 + stride
  const x3 = x2 + stride
  const x4 = x3 + stride
  const x5 = x4 + stride
  const x6 = x5 + stride
  const x7 = x6 + stride
  for (let j: usize = 0; j < stride; j += 16) {
    const v = v128.load(vector + j)
    a0 = f32x4.add(a0, f32x4.mul(v, v128.load(x0 + j)))
    a1 = f32x4.add(a1, f32x4.mul(v, v128.load(x1 + j)))
    a2 = f32x4.add(a2, f32x4.mul(v, v128.load(x2 + j)))
    a3 = f32x4.add(a3, f32x4.mul(v, v128.load(x3 + j)))
    a4 = f32x4.add(a4, f32x4.mul(v, v128.load(x4 + j)))
    a5 = f32x4.add(a5, f32x4.mul(v, v128.load(x5 + j)))
    a6 = f32x4.add(a6, f32x4.mul(v, v128.load(x6 + j)))
    a7 = f32x4.add(a7, f32x4.mul(v, v128.load(x7 + j)))
  }
  store<f32>(out, sumFloats(a0))
  store<f32>(out, sumFloats(a1), 4)
  store<f32>(out, sumFloats(a2), 8)
  store<f32>(out, sumFloats(a3), 12)
  store<f32>(out, sumFloats(a4), 16)
  store<f32>(out, sumFloats(a5), 20)
  store<f32>(out, sumFloats(a6), 24)
  store<f32>(out, sumFloats(a7), 28)
}

/**
 * The coordinates of `count` vectors along `width` axes, row-major float32 in `out`; `stride` bytes
 * a vector and an axis, zero-padded to 16. The axes are the outer loop: eight of them stay in the
 * L1 cache while all vectors pass.
 */
export function project(
  vectors: usize,
  count: u32,
  stride: usize,
  axes: usize,
  width: usize,
  out: usize,
): void {
  for (let i: usize = 0; i < width; i += 8) {
    for (let row: usize = 0; row < count; row++) {
      projectEight(vectors + row * stride, stride, axes + i * stride, out + ((row * width + i) << 2))
    }
  }
}

// @ts-ignore: decorator
@inline
function quantise(coordinates: usize, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(coordinates), scale)))
}

/** Turns `length` coordinates, a multiple of 16, into codes: times `scale`, rounded and cut to int8. */
export function encode(coordinates: usize, length: usize, scale: f32, codes: usize): void {
  const scales = f32x4.splat(scale)
  for (let i: usize = 0; i < length; i += 16) {
    const at = coordinates + (i << 2)
    store<v128>(
      codes + i,
      i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(quantise(at, scales), quantise(at + 16, scales)),
        i16x8.narrow_i32x4_s(quantise(at + 32, scales), quantise(at + 48, scales)),
      ),
    )
  }
}
