import { computeThresholds } from '../../core/policy.ts'
import type { DecisionPolicy, FmrCurve } from '../../core/types.ts'
import { shuffle } from '../../platform/random.ts'
import type { StressDecider } from './decider.ts'
import { type CountedRate, type Crossing, toRate } from './pair-rates.ts'
import { computeSimilarities, rowOf } from './similarities.ts'

/** A gallery of damaged people among clean ones, searched with damaged strangers. */
export interface DamagedGallery {
  readonly cleanPeople: number
  /** Damaged people enrolled: those asked for, or as many as enrolment takes. */
  readonly damagedPeople: number
  /** Strangers with a detected face who got a `match`; those refused a search did not. */
  readonly named: CountedRate
  /** Strangers who were not refused. */
  readonly searched: number
}

export interface DamagedGalleryOptions {
  readonly policy: DecisionPolicy
  readonly curve: FmrCurve
  readonly decider: StressDecider
  /** People enrolled from damaged photographs. */
  readonly damagedPeople: number
  /** One gallery a number. */
  readonly cleanPeople: readonly number[]
  readonly draws: number
  readonly random: () => number
}

/**
 * Enrols damaged faces that enrolment takes, with clean ones, and searches for the other damaged
 * people. Sizes for which there are too few clean people are left out.
 *
 * @returns empty when enrolment takes fewer than two of the damaged faces
 */
export function searchDamagedGalleries(
  crossing: Crossing,
  options: DamagedGalleryOptions,
): readonly DamagedGallery[] {
  const { damaged, clean } = crossing
  const takes = (rows: Crossing['damaged']): number[] =>
    Array.from(rows.enrollable.keys()).filter((i) => rows.enrollable[i] && rows.comparable[i])
  const enrollable = takes(damaged)
  const cleanRows = takes(clean)
  if (enrollable.length < 2) return []
  const enrolledCount = Math.min(
    options.damagedPeople,
    enrollable.length === damaged.count ? damaged.count - 1 : enrollable.length,
  )
  const within = computeSimilarities(damaged, damaged)
  const sizes = options.cleanPeople.filter((size) => size <= cleanRows.length)
  const counts = sizes.map(() => ({ named: 0, strangers: 0, searched: 0 }))
  for (let draw = 0; draw < options.draws; draw++) {
    const enrolled = shuffle(enrollable, options.random).slice(0, enrolledCount)
    const others = shuffle(cleanRows, options.random)
    const isEnrolled = new Set(enrolled)
    for (const [index, size] of sizes.entries()) {
      const gallery: Gallery = { enrolled, clean: others.slice(0, size) }
      const count = counts[index]!
      for (let stranger = 0; stranger < damaged.count; stranger++) {
        if (isEnrolled.has(stranger)) continue
        count.strangers++
        if (!damaged.comparable[stranger]) continue
        count.searched++
        if (isNamed(stranger, gallery, { ...crossing, within, options })) count.named++
      }
    }
  }
  return sizes.map((cleanPeople, index) => ({
    cleanPeople,
    damagedPeople: enrolledCount,
    named: toRate(counts[index]!.named, counts[index]!.strangers),
    searched: counts[index]!.searched,
  }))
}

interface Gallery {
  /** Rows of damaged faces. */
  readonly enrolled: readonly number[]
  /** Rows of clean faces. */
  readonly clean: readonly number[]
}

interface Search extends Crossing {
  /** Similarities of damaged faces with each other. */
  readonly within: Float32Array
  readonly options: DamagedGalleryOptions
}

function isNamed(stranger: number, gallery: Gallery, search: Search): boolean {
  const { damaged, clean, similarities, within, options } = search
  const size = gallery.enrolled.length + gallery.clean.length
  const all = new Float32Array(size)
  for (const [i, row] of gallery.enrolled.entries()) {
    all[i] = within[stranger * damaged.count + row]!
  }
  for (const [i, row] of gallery.clean.entries()) {
    all[gallery.enrolled.length + i] = similarities[stranger * clean.count + row]!
  }
  let best = 0
  for (let i = 1; i < size; i++) if (all[i]! > all[best]!) best = i
  const similarity = all[best]!
  const { policy, curve, decider } = options
  const base = computeThresholds(policy, curve, size).match
  if (similarity < base) return false
  const probe = rowOf(damaged, stranger)
  const candidate =
    best < gallery.enrolled.length
      ? rowOf(damaged, gallery.enrolled[best]!)
      : rowOf(clean, gallery.clean[best - gallery.enrolled.length]!)
  const others = all
    .filter((_, i) => i !== best)
    .sort()
    .reverse()
  return similarity >= decider.searchThreshold(base, { probe, candidate, others })
}
