import type { FaceJudge, PackedRows } from '../../core/judge.ts'
import { dotProduct, normalizeInPlace } from '../../core/similarity.ts'
import type { UndeterminedReason } from '../../core/types.ts'
import { createRandom } from '../../platform/random.ts'
import type { EmbeddedFace } from '../stress/face-cache.ts'
import { clusterDirections } from './clusters.ts'
import { findDamageSpace } from './damage-space.ts'
import { type DamagedExample, toFeatures } from './judged-examples.ts'
import { dot } from './linear-algebra.ts'
import { type Example, fitLogistic, scoreLogistic } from './logistic.ts'

/** Clean photographs, and the share of them that may be refused. */
export interface CleanSet {
  readonly name: string
  readonly faces: readonly EmbeddedFace[]
  readonly maxRefused: number
}

export interface LearnOptions {
  /** Groups of bad faces. Default 64. */
  readonly centroids?: number
  /** Axes of the damage space. Default 64. */
  readonly axes?: number
  readonly seed?: number
}

/** Photographs to learn from. */
export interface Lessons {
  /** Damaged faces, all kinds. */
  readonly examples: readonly DamagedExample[]
  /**
   * Every second face of the first set teaches what clean faces are like. The others, and all other
   * sets, bound what is refused: of the faces that it learned from, a judge refuses too few to tell.
   */
  readonly clean: readonly [CleanSet, ...CleanSet[]]
  /** Two clean photographs each of several people. */
  readonly mates: readonly (readonly [EmbeddedFace, EmbeddedFace])[]
}

/** A judge without the names of its sources. */
export type LearnedJudge = Omit<FaceJudge, 'source' | 'resultFile'>

const defaults = { centroids: 64, axes: 64, seed: 1 }
const clusterRounds = 30
/** A clean set may be refused by its maximum; the rest of it is kept for other photographs. */
const usedShare = 0.9
/** Half of an upright face lies within this share of the crop. */
const maxOutside = 0.4
/** Share of clean photographs that count as weak, as the judge's record says of `weakNorms`. */
const weakShare = 0.05
/** More faces tell no more about how faces of one kind differ, and their covariance takes time. */
const maxResiduals = 4000
/** Means of fewer faces say more about the people than about the damage. */
const leastFacesOfKind = 5

/** Learns which faces of a model cannot be compared, and what damage two faces can share. */
export function learnJudge(
  { examples, clean, mates }: Lessons,
  options: LearnOptions = {},
): LearnedJudge {
  const { centroids: count, axes: axisCount, seed } = { ...defaults, ...options }
  const random = createRandom(seed)
  const bad = examples.filter(({ isBad }) => isBad)
  const [own, ...others] = clean
  const teaching = own.faces.filter((_, i) => i % 2 === 0)
  const bounding = [{ ...own, faces: own.faces.filter((_, i) => i % 2 === 1) }, ...others]
  const badKinds = meansByKind(bad)
  // Means of kinds, not single faces: a group must not learn what somebody looks like, or it would
  // refuse that person for good (one face in five of the people who were damaged).
  const { directions, assigned } = clusterDirections(badKinds.map(toDirection), {
    count,
    random,
    rounds: clusterRounds,
  })
  const kinds = meansByKind(examples)
  const space = findDamageSpace(
    {
      kindMeans: kinds.map(({ mean }) => mean),
      clean: teaching.map(({ embedding }) => embedding),
      residuals: residualsOf(examples, kinds),
    },
    axisCount,
  )
  const offsets = space.axes.map((axis) => dot(axis, space.mean))
  const project = (embedding: Float32Array): number[] =>
    space.axes.map((axis, i) => dot(axis, embedding) - offsets[i]!)
  const describe = (face: EmbeddedFace): readonly number[] => [
    ...toFeatures(face),
    Math.max(...directions.map((direction) => dotProduct(face.embedding, direction))),
    ...project(face.embedding),
  ]
  const toExample = (face: EmbeddedFace, isPositive: boolean): Example => ({
    features: describe(face),
    isPositive,
  })
  const model = fitLogistic([
    ...bad.map(({ face }) => toExample(face, true)),
    ...teaching.map((face) => toExample(face, false)),
    // Of the people who were damaged, too: they are no damage themselves.
    ...mates.flatMap((pair) => pair.map((face) => toExample(face, false))),
  ])
  const score = (face: EmbeddedFace): number => scoreLogistic(model, describe(face))
  const [confidence = 0, ...weights] = model.weights
  const normCount = weights.length - 1 - space.axes.length
  return {
    weights: {
      intercept: round(model.intercept),
      confidence: round(confidence),
      norms: weights.slice(0, normCount).map(round),
      likeness: round(weights[normCount] ?? 0),
      damage: weights.slice(normCount + 1).map(round),
    },
    refuseFrom: round(
      Math.max(
        ...bounding.map(({ faces, maxRefused }) =>
          quantile(faces.map(score), 1 - usedShare * maxRefused),
        ),
      ),
    ),
    weakNorms: findWeakNorms(own.faces),
    maxOutside,
    centroids: {
      reasons: directions.map((_, cluster) =>
        mostFrequent(
          badKinds.filter((__, i) => assigned[i] === cluster).map(({ reason }) => reason),
        ),
      ),
      directions: toSignedBytes(directions),
    },
    damageSpace: {
      mean: toBase64(Float32Array.from(space.mean)),
      axes: pack(space.axes),
      points: pack(space.points),
      displacements: pack(space.displacements),
    },
  }
}

/** The raw norms below which the weakest of clean faces lie, one a part of the model. */
function findWeakNorms(faces: readonly EmbeddedFace[]): readonly number[] {
  const parts = faces[0]?.rawNorms?.length ?? 0
  return Array.from({ length: parts }, (_, part) =>
    round(
      quantile(
        faces.map(({ rawNorms }) => rawNorms?.[part] ?? 0),
        weakShare,
      ),
    ),
  )
}

interface KindMean {
  readonly damage: string
  readonly mean: Float64Array
  readonly reason: UndeterminedReason
}

function meansByKind(examples: readonly DamagedExample[]): readonly KindMean[] {
  const sums = new Map<string, KindMean & { count: number }>()
  for (const { damage, face, reason } of examples) {
    const { length } = face.embedding
    const entry = sums.get(damage) ?? { damage, mean: new Float64Array(length), reason, count: 0 }
    sums.set(damage, entry)
    entry.count++
    for (const [d, value] of face.embedding.entries()) entry.mean[d]! += value
  }
  return [...sums.values()]
    .filter(({ count }) => count >= leastFacesOfKind)
    .map(({ mean, count, ...kind }) => ({ ...kind, mean: mean.map((value) => value / count) }))
}

/** Differences of some faces of every kind from the mean of their kind. */
function residualsOf(
  examples: readonly DamagedExample[],
  kinds: readonly KindMean[],
): readonly Float64Array[] {
  const means = new Map(kinds.map(({ damage, mean }) => [damage, mean]))
  const every = Math.ceil(examples.length / maxResiduals)
  return examples.flatMap(({ damage, face }, i) => {
    const mean = means.get(damage)
    if (mean === undefined || i % every !== 0) return []
    return [mean.map((value, d) => face.embedding[d]! - value)]
  })
}

function toDirection({ mean }: KindMean): Float32Array {
  const direction = Float32Array.from(mean)
  normalizeInPlace(direction)
  return direction
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length))
  return sorted[Math.max(0, index)] ?? Number.POSITIVE_INFINITY
}

function mostFrequent(reasons: readonly UndeterminedReason[]): UndeterminedReason {
  const counts = new Map<UndeterminedReason, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'damaged'
}

/** Rows scaled until the largest value fills a signed byte. */
function toSignedBytes(rows: readonly ArrayLike<number>[]): string {
  const bytes = rows.flatMap((row) => {
    const values = Array.from(row)
    const largest = Math.max(...values.map(Math.abs))
    return values.map((value) => Math.round((127 * value) / largest))
  })
  return toBase64(Int8Array.from(bytes))
}

/** Rows in signed bytes, each with the scale that its largest value needs. */
function pack(rows: readonly ArrayLike<number>[]): PackedRows {
  const scales = rows.map((row) => round(Math.max(...Array.from(row, Math.abs)) / 127))
  const bytes = rows.flatMap((row, i) =>
    Array.from(row, (value) => (scales[i] === 0 ? 0 : Math.round(value / scales[i]!))),
  )
  return { values: toBase64(Int8Array.from(bytes)), scales }
}

function toBase64({ buffer, byteOffset, byteLength }: Float32Array | Int8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

function round(value: number): number {
  return Number(value.toPrecision(7))
}
