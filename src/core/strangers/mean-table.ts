import { dotProduct } from '../similarity.ts'

// [Note: Bound of means]
// A sighting is compared with the mean of every stranger, and nearly all are far away. For an
// orthonormal set of axes, with what it leaves of a and b called rest(a) and rest(b),
// a . b <= coordinates(a) . coordinates(b) + |rest(a)| |rest(b)| by the inequality of Cauchy and
// Schwarz, so a mean whose bound is too low need not be read. The axes change the time it takes,
// and nothing else: who passes is compared exactly. Axes through some of the strangers themselves do
// as well as the eigenvectors of all: of LFW's 512-D embeddings of other people 0.3 % pass.

/**
 * Axes of the bound, at least. Of 512-D embeddings 37 % of the means pass with 64, 1.7 % with 96 and 1.4 %
 * with 128; of the 640-D ones of two networks 43 % with 96 and 3.4 % with 128. 128-D ones need most of
 * their values: with 32 axes a sighting takes 3.5 times as long as with 96.
 */
const leastAxes = 96
/**
 * Values of a mean for each axis, at most. Processor time of a sighting of 640 values among up to 5,900
 * strangers: 1.36 ms with 96 axes, 0.93 with 107, 0.77 with 128, 0.87 with 160, 1.12 with 214.
 */
const valuesPerAxis = 5

/** With fewer strangers than these there is nothing to save. */
export const boundFrom = 256

/** More than the rounding of single precision can amount to. */
const slack = 1e-4

/** The mean of a stranger's embeddings: `sum / count`. */
export interface Mean {
  readonly count: number
  /** [dimension] */
  readonly sum: Float32Array
}

/** Means in rows without gaps, with a bound on their similarity. */
export interface MeanTable {
  /** Its row is the last one. */
  append(mean: Mean): void
  replace(row: number, mean: Mean): void
  /** The last row takes the place of this one. */
  remove(row: number): void
  /**
   * Rows whose mean may be similar enough to the probe, ascending: all that are, and some that are not.
   *
   * @param similarity  inner product of the means
   */
  findPossible(probe: Mean, similarity: number): readonly number[]
}

/** Creates an empty table of means with `dimension` values each. */
export function createMeanTable(dimension: number): MeanTable {
  const width = Math.min(dimension, Math.max(leastAxes, Math.ceil(dimension / valuesPerAxis)))
  const means: Mean[] = []
  let axes: readonly Float32Array[] | undefined
  /** [capacity x width], then [capacity]; rows as in `means`. */
  let coordinates = new Float32Array(0)
  let rests = new Float32Array(0)

  function write(row: number): void {
    if (axes === undefined) return
    if (row >= rests.length) {
      coordinates = enlarge(coordinates, 2 * means.length * width)
      rests = enlarge(rests, 2 * means.length)
    }
    const out = coordinates.subarray(row * width, (row + 1) * width)
    rests[row] = projectInPlace(out, means[row]!, axes)
  }

  return {
    append(mean) {
      const row = means.push(mean) - 1
      if (axes === undefined && means.length === boundFrom) {
        axes = createAxes(means, width)
        for (let earlier = 0; earlier < row; earlier++) write(earlier)
      }
      write(row)
    },
    replace(row, mean) {
      means[row] = mean
      write(row)
    },
    remove(row) {
      const last = means.length - 1
      coordinates.copyWithin(row * width, last * width, (last + 1) * width)
      rests.copyWithin(row, last, last + 1)
      means[row] = means[last]!
      means.pop()
    },
    findPossible(probe, similarity) {
      if (axes === undefined) return Array.from(means.keys())
      const own = new Float32Array(width)
      const rest = projectInPlace(own, probe, axes)
      return findAbove({ coordinates, rests, rows: means.length }, { own, rest, similarity })
    },
  }
}

/** Rows whose bound reaches the similarity. The hot loop: it has no calls. */
function findAbove(
  table: {
    readonly coordinates: Float32Array
    readonly rests: Float32Array
    readonly rows: number
  },
  probe: { readonly own: Float32Array; readonly rest: number; readonly similarity: number },
): readonly number[] {
  const { coordinates, rests, rows } = table
  const { own, rest } = probe
  const width = own.length
  const whole = width & ~3
  const least = probe.similarity - slack
  const found: number[] = []
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    let s0 = rest * rests[row]!
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let i = 0; i < whole; i += 4) {
      s0 += own[i]! * coordinates[at + i]!
      s1 += own[i + 1]! * coordinates[at + i + 1]!
      s2 += own[i + 2]! * coordinates[at + i + 2]!
      s3 += own[i + 3]! * coordinates[at + i + 3]!
    }
    for (let i = whole; i < width; i++) s0 += own[i]! * coordinates[at + i]!
    if (s0 + s1 + (s2 + s3) >= least) found.push(row)
  }
  return found
}

/**
 * Writes the coordinates of a mean.
 *
 * @returns length of what the axes leave of it
 */
function projectInPlace(out: Float32Array, mean: Mean, axes: readonly Float32Array[]): number {
  const { sum, count } = mean
  let square = dotProduct(sum, sum) / (count * count)
  for (const [i, axis] of axes.entries()) {
    out[i] = dotProduct(axis, sum) / count
    square -= out[i]! * out[i]!
  }
  return Math.sqrt(Math.max(0, square))
}

/**
 * Orthonormal axes through some of the means, spread over all rows.
 *
 * @returns at most `width` unit vectors; fewer where the means span less
 * @source modified Gram-Schmidt, Golub & Van Loan 2013, Matrix Computations, sec. 5.2.8, applied twice
 */
function createAxes(means: readonly Mean[], width: number): readonly Float32Array[] {
  const axes: Float32Array[] = []
  for (let i = 0; i < width; i++) {
    const { sum, count } = means[Math.floor((i * means.length) / width)]!
    const rest = sum.map((value) => value / count)
    for (const axis of [...axes, ...axes]) {
      const along = dotProduct(axis, rest)
      for (let d = 0; d < rest.length; d++) rest[d] = rest[d]! - along * axis[d]!
    }
    const length = Math.sqrt(dotProduct(rest, rest))
    if (length > 0.01) axes.push(rest.map((value) => value / length))
  }
  return axes
}

function enlarge(values: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(length)
  out.set(values)
  return out
}
