import type { AuditProbe } from './audit.ts'

/** Probes of each sort that a verification compares with the whole gallery. */
const auditProbesOfSort = 512
/** Faces that one made-up stranger is mixed from. */
const strangerFaces = 64
/** Cosines of two photographs of a person, as MobileFaceNet has them for most pairs of LFW. */
const mateSimilarities = [0.5, 0.6, 0.7, 0.8]

interface ProbeOptions {
  readonly dimension: number
  readonly count: number
}

/** n x dimension, unit rows. */
interface Probes {
  readonly probes: Float32Array
  /** The row that a probe is, if any. */
  readonly own: readonly number[]
}

/**
 * Probes for a verification: faces of the sample, other photographs of them, and strangers.
 *
 * @returns `own`: the row of the sample that a probe is, if any
 */
export function createAuditProbes(sample: Float32Array, dimension: number): readonly AuditProbe[] {
  const wanted = { dimension, count: auditProbesOfSort }
  return [createFaceProbes, createMates, createStrangers].flatMap((create) => {
    const { probes, own } = create(sample, wanted)
    return Array.from({ length: probes.length / dimension }, (_, i) => ({
      probe: probes.subarray(i * dimension, (i + 1) * dimension),
      own: own[i],
    }))
  })
}

/** Faces of the sample; fewer where it has fewer. */
export function createFaceProbes(
  sample: Float32Array,
  { dimension, ...wanted }: ProbeOptions,
): Probes {
  const m = sample.length / dimension
  const count = Math.min(m, wanted.count)
  const own = Array.from({ length: count }, (_, i) => Math.floor((i * m) / count))
  const probes = new Float32Array(count * dimension)
  own.forEach((row, i) => {
    probes.set(sample.subarray(row * dimension, (row + 1) * dimension), i * dimension)
  })
  return { probes: normalizeRows(probes, dimension), own }
}

/**
 * Faces of the sample as another photograph could show them: what each differs from the mean by, and
 * a stranger's difference, so that the two photographs are as alike as real ones. Without them a
 * gallery with one face of each person had no probe that has its own person among others.
 */
export function createMates(sample: Float32Array, options: ProbeOptions): Probes {
  const { dimension } = options
  const { probes: faces } = createFaceProbes(sample, options)
  const count = faces.length / dimension
  const { probes } = createStrangers(sample, { dimension, count })
  const mean = computeMean(sample, dimension)
  for (let i = 0; i < probes.length; i++) {
    const share = mateSimilarities[Math.floor(i / dimension) % mateSimilarities.length]!
    const centre = mean[i % dimension]!
    probes[i] =
      centre + share * (faces[i]! - centre) + Math.sqrt(1 - share ** 2) * (probes[i]! - centre)
  }
  return { probes: normalizeRows(probes, dimension), own: [] }
}

/** The mean plus differences of faces: with many of them, vectors of the sample's mean and covariance. */
export function createStrangers(sample: Float32Array, { dimension, count }: ProbeOptions): Probes {
  const m = sample.length / dimension
  const mean = computeMean(sample, dimension)
  const probes = new Float32Array(count * dimension)
  let state = 1
  for (let from = 0; from < probes.length; from += dimension) {
    for (let i = 0; i < dimension; i++) probes[from + i] = mean[i]!
    for (let face = 0; face < strangerFaces; face++) {
      // Which faces does not matter, only that each run takes the same (numbers: Knuth, MMIX's low half).
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      const row = Math.floor((state / 2 ** 32) * m) * dimension
      const weight = (face % 2 === 0 ? 1 : -1) / Math.sqrt(strangerFaces)
      for (let i = 0; i < dimension; i++) probes[from + i]! += weight * sample[row + i]!
    }
  }
  return { probes: normalizeRows(probes, dimension), own: [] }
}

function computeMean(rows: Float32Array, dimension: number): Float64Array {
  const n = rows.length / dimension
  const mean = new Float64Array(dimension)
  for (let i = 0; i < rows.length; i++) mean[i % dimension]! += rows[i]! / n
  return mean
}

function normalizeRows(rows: Float32Array, dimension: number): Float32Array {
  for (let from = 0; from < rows.length; from += dimension) {
    const row = rows.subarray(from, from + dimension)
    const norm = Math.hypot(...row)
    if (norm > 0) for (let i = 0; i < dimension; i++) row[i]! /= norm
  }
  return rows
}
