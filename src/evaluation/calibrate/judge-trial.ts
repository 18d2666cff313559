import { createJudge } from '../../core/judge.ts'
import { dotProduct } from '../../core/similarity.ts'
import type { DamagedExample } from './judged-examples.ts'
import { type LearnedJudge, type LearnOptions, type Lessons, learnJudge } from './learn-judge.ts'

/** Rates of a judge for faces of people whom it has not seen. */
export interface TrialRates {
  /** Faces found. */
  readonly faces: number
  /** Share of them that is refused. */
  readonly refused: number
  /** Pairs of different people of which neither is refused. */
  readonly pairs: number
  /** Share of those pairs that match. */
  readonly fmr: number
}

export interface KindTrial {
  readonly damage: string
  /** Pairs of all faces that match at the stated rate's threshold, nothing refused. */
  readonly fmrBefore: number
  /** Rates of a judge that learned from other people, damaged in the same ways. */
  readonly known: TrialRates
  /** Rates of a judge that learned from other people, without this family of damage. */
  readonly unseen: TrialRates
}

/**
 * Cross-validates by person, and by family of damage left out: every face is judged by judges that
 * learned from the other half of the people.
 *
 * @param threshold  similarity of the stated rate
 * @param onStep     called when one of the judges has been tried; what it throws ends the trial
 */
export async function tryJudges(
  lessons: Lessons,
  options: LearnOptions & { readonly threshold: number; readonly onStep?: () => Promise<void> },
): Promise<readonly KindTrial[]> {
  const { examples } = lessons
  const families = [...new Set(examples.map(({ family }) => family))]
  const known = new Map<string, Tally>()
  const unseen = new Map<string, Tally>()
  const half = (person: number): number => person % 2
  for (const half_ of [0, 1]) {
    const others = examples.filter(({ person }) => half(person) !== half_)
    const own = examples.filter(({ person }) => half(person) === half_)
    count(known, own, learnJudge({ ...lessons, examples: others }, options), options.threshold)
    await options.onStep?.()
    for (const family of families) {
      const without = others.filter((each) => each.family !== family)
      const tried = own.filter((each) => each.family === family)
      count(
        unseen,
        tried,
        learnJudge({ ...lessons, examples: without }, options),
        options.threshold,
      )
      await options.onStep?.()
    }
  }
  return [...known].map(([damage, tally]) => ({
    damage,
    fmrBefore: share(tally.before, tally.allPairs),
    known: toRates(tally),
    unseen: toRates(unseen.get(damage) ?? emptyTally()),
  }))
}

/** Judges that {@link tryJudges} learns. */
export function countTrials(examples: readonly DamagedExample[]): number {
  return 2 * (1 + new Set(examples.map(({ family }) => family)).size)
}

interface Tally {
  faces: number
  refused: number
  allPairs: number
  before: number
  pairs: number
  matches: number
}

function emptyTally(): Tally {
  return { faces: 0, refused: 0, allPairs: 0, before: 0, pairs: 0, matches: 0 }
}

function count(
  tallies: Map<string, Tally>,
  examples: readonly DamagedExample[],
  learned: LearnedJudge,
  threshold: number,
): void {
  const judge = createJudge({ ...learned, source: '', resultFile: '' })
  for (const damage of new Set(examples.map((each) => each.damage))) {
    const tally = tallies.get(damage) ?? emptyTally()
    tallies.set(damage, tally)
    const faces = examples
      .filter((each) => each.damage === damage)
      .map(({ face, person }) => ({
        person,
        embedding: face.embedding,
        comparable: judge.assess({ ...face, rawNorms: face.rawNorms ?? [] }).comparable,
      }))
    tally.faces += faces.length
    tally.refused += faces.filter(({ comparable }) => !comparable).length
    for (const [i, first] of faces.entries()) {
      for (const second of faces.slice(i + 1)) {
        const similarity = dotProduct(first.embedding, second.embedding)
        const isComparable = first.comparable && second.comparable
        tally.allPairs++
        if (isComparable) tally.pairs++
        if (similarity < threshold) continue
        tally.before++
        const shift = isComparable ? judge.pairShift(first.embedding, second.embedding) : 0
        if (isComparable && similarity >= threshold + shift) tally.matches++
      }
    }
  }
}

function toRates({ faces, refused, pairs, matches }: Tally): TrialRates {
  return { faces, refused: share(refused, faces), pairs, fmr: share(matches, pairs) }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
