import { FaceError } from '../core/errors.ts'
import { createJudge, type FaceJudge } from '../core/judge.ts'
import { computeThresholds, decide, shiftThresholds } from '../core/policy.ts'
import type { Decision, DecisionPolicy, FmrCurve } from '../core/types.ts'
import type { ProbeResult } from '../gallery/person-search.ts'
import { createRandom, shuffle } from '../platform/random.ts'
import type { VectorIndex } from '../search/vector-index.ts'
import type { EmbeddedDataset } from './embeddings.ts'
import type { LabelledPerson } from './label-corrections.ts'
import { createTrialGallery, type TrialGallery } from './trial-gallery.ts'

/** A data set whose photographs are put together by person. */
export interface LabelledSet {
  readonly name: string
  readonly people: readonly LabelledPerson[]
  readonly embedded: Pick<EmbeddedDataset, 'embeddings' | 'dimension' | 'refused'>
}

export interface PromiseInput {
  /** People who are enrolled, and without `strangers` also those who are not. */
  readonly enrolled: LabelledSet
  /**
   * Other embeddings of the photographs of `enrolled`, row by row, with which its people are
   * enrolled, such as those of stored crops. They are searched for with its own.
   */
  readonly enrolledWith?: LabelledSet['embedded']
  /** People of whom nobody is enrolled. */
  readonly strangers?: LabelledSet
  /** An exact index to work with; its content is lost. */
  readonly index: VectorIndex
  readonly policy: DecisionPolicy
  readonly curve: FmrCurve
  /** Judge of the model; absent where none was learned. */
  readonly judge?: FaceJudge
  readonly onDraw?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface PromiseOptions {
  /** Persons enrolled. */
  readonly persons: number
  /** Photographs of each that are enrolled, default 1. */
  readonly photographs?: number
  /** Random draws, default 20. */
  readonly draws?: number
  /** Seed of the draws. Default 1. */
  readonly seed?: number
}

/** Mean of the draws and their standard deviation. */
export interface MeanRate {
  readonly mean: number
  readonly std: number
}

export interface PromiseRates {
  /** Share of the searches for strangers that were answered with a name. */
  readonly fpir: MeanRate
  /** Share of the searches for enrolled people that were not answered with theirs; absent where nobody has a photograph left. */
  readonly fnir?: MeanRate
}

export interface PromiseResult {
  readonly protocol: 'promise'
  readonly enrolled: string
  readonly strangers: string
  readonly persons: number
  readonly photographs: number
  /** Searches of one draw. */
  readonly strangerProbes: number
  readonly matedProbes: number
  readonly draws: number
  readonly seed: number
  readonly policy: DecisionPolicy
  readonly thresholds: { readonly match: number; readonly possible: number }
  /** Share of the people drawn of whom no photograph can be enrolled; they are in no other rate. */
  readonly notEnrolled: MeanRate
  /** Rates with the policy as it is; it promises `maxFpir` and `possibleFpir`. */
  readonly match: PromiseRates
  readonly possible: PromiseRates
  /** `match` without the probe shift. */
  readonly withoutShift: PromiseRates
  /** Mean shift of the threshold, cosine. */
  readonly shift: { readonly strangers: number; readonly mated?: number }
}

/** Strangers of small sets are searched by several photographs, so that a draw counts about this many. */
const strangerProbesWanted = 1000
const maxPhotographsOfStranger = 10

/**
 * How far the promise of a policy holds: people are drawn and enrolled, others of them and all
 * strangers are searched for, by the functions that the product searches and decides with.
 *
 * Images without an embedding are failures of the search: never enrolled, never found.
 *
 * @throws {FaceError} `invalidOption` when there are too few people; `aborted`
 * @source ISO/IEC 19795-1:2021, FPIR and FNIR with rank 1
 */
export async function evaluatePromise(
  input: PromiseInput,
  options: PromiseOptions,
): Promise<PromiseResult> {
  const { persons, photographs = 1, draws = 20, seed = 1 } = options
  const { enrolled, strangers, policy, curve } = input
  const random = createRandom(seed)
  const outcomes: Outcome[] = []
  const notEnrolled: number[] = []
  let faces = 0
  for (let draw = 0; draw < draws; draw++) {
    if (input.signal?.aborted) throw new FaceError('aborted')
    const drawn = drawPeople(input, { persons, photographs }, random)
    const gallery = await createTrialGallery(input.index, drawn.gallery, policy)
    faces = Math.max(faces, gallery.faces)
    outcomes.push(await search(input, gallery, drawn))
    notEnrolled.push(drawn.notEnrolled)
    input.onDraw?.(draw + 1, draws)
  }
  const first = outcomes[0] as Outcome
  const { match, possible } = computeThresholds(policy, curve, faces)
  const rates = (accepts: (probe: Judged) => boolean): PromiseRates => {
    const fpir = meanOf(outcomes.map((outcome) => shareOf(outcome.strangers, accepts)))
    if (first.mated.length === 0) return { fpir }
    const missed = (probe: Judged) => !(probe.right && accepts(probe))
    return { fpir, fnir: meanOf(outcomes.map((outcome) => shareOf(outcome.mated, missed))) }
  }
  const shiftOf = (probes: readonly Judged[]): number =>
    meanOf(probes.map(({ shift }) => shift)).mean
  return {
    protocol: 'promise',
    enrolled: enrolled.name,
    strangers: (strangers ?? enrolled).name,
    ...{ persons, photographs, draws, seed, policy, thresholds: { match, possible } },
    strangerProbes: first.strangers.length,
    matedProbes: first.mated.length,
    notEnrolled: meanOf(notEnrolled),
    match: rates(({ decision }) => decision === 'match'),
    possible: rates(({ decision }) => decision === 'match' || decision === 'possible'),
    withoutShift: rates(({ plain }) => plain),
    shift: {
      strangers: shiftOf(outcomes.flatMap((outcome) => outcome.strangers)),
      ...(first.mated.length === 0
        ? {}
        : { mated: shiftOf(outcomes.flatMap((outcome) => outcome.mated)) }),
    },
  }
}

interface Drawn {
  readonly gallery: readonly { readonly person: string; readonly embedding: Float32Array }[]
  /** Share of the people of whom no photograph can be enrolled. */
  readonly notEnrolled: number
  /** Probes: `undefined` for an image without an embedding. */
  readonly mated: readonly Probe[]
  readonly strangers: readonly Probe[]
}

interface Probe {
  readonly person: string
  readonly embedding: Float32Array | undefined
}

function drawPeople(
  { enrolled, enrolledWith = enrolled.embedded, strangers }: PromiseInput,
  { persons, photographs }: { readonly persons: number; readonly photographs: number },
  random: () => number,
): Drawn {
  // Those with a photograph to search with come first.
  const people = shuffle(enrolled.people, random)
  const probed = people.filter(({ rows }) => rows.length > photographs)
  const others = people.filter(({ rows }) => rows.length === photographs)
  const chosen = [...probed, ...others].slice(0, persons)
  const known = new Set(chosen)
  const unknown = strangers?.people ?? people.filter((person) => !known.has(person))
  if (chosen.length < persons || unknown.length === 0) {
    throw new FaceError('invalidOption', {
      detail: `A gallery of ${persons} persons with ${photographs} photograph(s) each needs as many and at least one stranger; ${enrolled.name} has ${probed.length + others.length} of ${people.length}. Choose fewer with --persons.`,
    })
  }
  const probesOf = (person: LabelledPerson, set: LabelledSet, rows: readonly number[]): Probe[] =>
    rows.map((row) => ({ person: person.person, embedding: embeddingAt(set, row) }))
  const gallerySet = { ...enrolled, embedded: enrolledWith }
  const gallery: { person: string; embedding: Float32Array }[] = []
  const mated: Probe[] = []
  let notEnrolled = 0
  for (const person of chosen) {
    const rows = shuffle(person.rows, random)
    const shown = probesOf(person, gallerySet, rows.slice(0, photographs))
    const taken = shown.flatMap(({ embedding }) =>
      embedding === undefined ? [] : [{ person: person.person, embedding }],
    )
    gallery.push(...taken)
    // Enrolment says so at once, and nobody looks for a person who is not there.
    if (taken.length === 0) notEnrolled++
    else mated.push(...probesOf(person, enrolled, rows.slice(photographs, photographs + 1)))
  }
  const each = Math.ceil(strangerProbesWanted / unknown.length)
  return {
    gallery,
    notEnrolled: notEnrolled / persons,
    mated,
    strangers: unknown.flatMap((person) => {
      const rows = shuffle(person.rows, random).slice(0, Math.min(each, maxPhotographsOfStranger))
      return probesOf(person, strangers ?? enrolled, rows)
    }),
  }
}

/** `undefined` without a face, and for one that cannot be compared: it is neither enrolled nor named. */
function embeddingAt({ embedded }: LabelledSet, row: number): Float32Array | undefined {
  const { embeddings, dimension, refused } = embedded
  return row < 0 || refused[row]
    ? undefined
    : embeddings.subarray(row * dimension, (row + 1) * dimension)
}

/** Result of the policy for one probe. */
interface Judged {
  readonly decision: Decision
  /** Whether it matches without the probe shift. */
  readonly plain: boolean
  /** Whether the nearest person is theirs. */
  readonly right: boolean
  readonly shift: number
}

interface Outcome {
  readonly strangers: readonly Judged[]
  readonly mated: readonly Judged[]
}

async function search(
  { policy, curve, index, judge: record }: PromiseInput,
  gallery: TrialGallery,
  { mated, strangers }: Drawn,
): Promise<Outcome> {
  const thresholds = computeThresholds(policy, curve, gallery.faces)
  const damage = record && createJudge(record)
  const judge = ({ persons, rest }: ProbeResult, { person, embedding }: Probe): Judged => {
    const best = persons[0]
    const shared =
      (best?.embedding && embedding && damage?.pairShift(embedding, best.embedding)) ?? 0
    const own = shiftThresholds(thresholds, policy, { curve, rest, shared })
    return {
      decision: decide(best?.similarity, own),
      plain: decide(best?.similarity, thresholds) === 'match',
      right: best?.personId === person,
      shift: own.shift,
    }
  }
  const failed: Judged = { decision: 'unknown', plain: false, right: false, shift: 0 }
  const judgeAll = async (probes: readonly Probe[]): Promise<readonly Judged[]> => {
    const found = probes.filter(({ embedding }) => embedding !== undefined)
    const rows = new Float32Array(found.length * index.dimension)
    for (const [i, probe] of found.entries()) {
      rows.set(probe.embedding as Float32Array, i * index.dimension)
    }
    const results = await gallery.search(rows, thresholds.possible)
    const judged = found.map((probe, i) => judge(results[i] as ProbeResult, probe))
    return [...judged, ...Array.from({ length: probes.length - found.length }, () => failed)]
  }
  return { strangers: await judgeAll(strangers), mated: await judgeAll(mated) }
}

function shareOf(probes: readonly Judged[], counts: (probe: Judged) => boolean): number {
  return probes.filter(counts).length / probes.length
}

function meanOf(values: readonly number[]): MeanRate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 }
}
