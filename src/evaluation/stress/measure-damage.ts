import { cosineSimilarity } from '../../core/similarity.ts'
import type { Damage } from '../damage/damage.ts'
import { type DamagedGalleryOptions, searchDamagedGalleries } from './damaged-galleries.ts'
import type { StressDecider } from './decider.ts'
import type { EmbeddedFace, FoundFace } from './face-cache.ts'
import { countAgainst, countWithin, type JudgedRows, toRate } from './pair-rates.ts'
import { computeSimilarities, toRows } from './similarities.ts'
import type { CleanResult, DamageResult, RefusalRates } from './stress-types.ts'

export interface DamageMeasurement {
  /** The damaged photograph of each person. */
  readonly damaged: readonly FoundFace[]
  /** The clean second photograph of each person; `undefined` for people with one. */
  readonly mates: readonly (FoundFace | undefined)[]
  readonly strangers: JudgedRows
  /** Similarity of the stated rate. */
  readonly threshold: number
  readonly decider: StressDecider
  /** The result of the undamaged photographs, of the same people. */
  readonly upright: DamageResult | undefined
  readonly galleries: DamagedGalleryOptions
}

/** All rates of one damage. */
export function measureDamage(damage: Damage, measurement: DamageMeasurement): DamageResult {
  const { damaged, strangers, threshold, decider, upright } = measurement
  const { kind, strength, family, isTurn, showsPerson } = damage
  const rows = toJudgedRows(damaged, decider)
  const similarities = computeSimilarities(rows, strangers)
  const crossing = { damaged: rows, clean: strangers, similarities }
  const recognised = showsPerson ? countRecognised(measurement) : undefined
  const uprightCount = upright?.recognised?.ofAll.count
  return {
    ...{ kind, strength, family, isTurn, showsPerson },
    detected: toRate(rows.count, damaged.length),
    refused: countRefused(facesOf(damaged), decider),
    ...(recognised === undefined ? {} : { recognised }),
    ...(isTurn && recognised !== undefined && uprightCount !== undefined && uprightCount > 0
      ? { recognisedOfUpright: recognised.ofAll.count / uprightCount }
      : {}),
    againstSame: countWithin(rows, threshold, decider),
    againstClean: countAgainst(crossing, threshold, decider),
    galleries: searchDamagedGalleries(crossing, measurement.galleries),
  }
}

/** Faces of a set of photographs, and how many of them are refused. */
export function measureClean(
  dataset: string,
  found: readonly FoundFace[],
  decider: StressDecider,
): CleanResult {
  const faces = facesOf(found)
  return {
    dataset,
    detected: toRate(faces.length, found.length),
    refused: countRefused(faces, decider),
  }
}

/** The embeddings of detected faces, and the decisions about them. */
export function toJudgedRows(found: readonly FoundFace[], decider: StressDecider): JudgedRows {
  const faces = facesOf(found)
  return {
    ...toRows(
      faces.map(({ embedding }) => embedding),
      faces[0]?.embedding.length ?? 0,
    ),
    comparable: faces.map((face) => decider.comparisonReasons(face).length === 0),
    enrollable: faces.map((face) => decider.enrolmentReasons(face).length === 0),
  }
}

function facesOf(found: readonly FoundFace[]): readonly EmbeddedFace[] {
  return found.flatMap(({ face }) => (face === undefined ? [] : [face]))
}

function countRefused(faces: readonly EmbeddedFace[], decider: StressDecider): RefusalRates {
  const reasons: Record<string, number> = {}
  let [enrolment, comparison] = [0, 0]
  for (const face of faces) {
    const ofEnrolment = decider.enrolmentReasons(face)
    const ofComparison = decider.comparisonReasons(face)
    if (ofEnrolment.length > 0) enrolment++
    if (ofComparison.length > 0) comparison++
    for (const reason of new Set([...ofEnrolment, ...ofComparison])) {
      reasons[reason] = (reasons[reason] ?? 0) + 1
    }
  }
  return {
    enrolment: toRate(enrolment, faces.length),
    comparison: toRate(comparison, faces.length),
    reasons,
  }
}

/** People whose second photograph has no face that can be compared are left out. */
function countRecognised({ damaged, mates, threshold, decider }: DamageMeasurement) {
  let [matches, comparable, all] = [0, 0, 0]
  for (const [i, { face }] of damaged.entries()) {
    const mate = mates[i]?.face
    if (mate === undefined || decider.comparisonReasons(mate).length > 0) continue
    all++
    if (face === undefined || decider.comparisonReasons(face).length > 0) continue
    comparable++
    const similarity = cosineSimilarity(face.embedding, mate.embedding)
    if (similarity < threshold) continue
    if (similarity >= decider.pairThreshold(threshold, face.embedding, mate.embedding)) matches++
  }
  return { ofAll: toRate(matches, all), ofComparable: toRate(matches, comparable) }
}
