import type { DecisionPolicy } from '../../core/types.ts'
import type { DamageFamily } from '../damage/damage.ts'
import type { DamagedGallery } from './damaged-galleries.ts'
import type { CountedRate, PairRates } from './pair-rates.ts'

/** Shares of detected faces that are refused, by reason. */
export interface RefusalRates {
  /** Enrolment rejects the face. */
  readonly enrolment: CountedRate
  /** The face is in no comparison and no search. */
  readonly comparison: CountedRate
  /** Faces with each reason of either; a face can have several. */
  readonly reasons: Readonly<Record<string, number>>
}

/** One kind of damage at one strength. */
export interface DamageResult {
  readonly kind: string
  readonly strength: number
  readonly family: DamageFamily
  readonly isTurn: boolean
  readonly showsPerson: boolean
  /** Share of pictures with a face where it was, or with any face in pictures without a person. */
  readonly detected: CountedRate
  readonly refused: RefusalRates
  /** Damaged faces against the own clean second photograph; absent without a person. */
  readonly recognised?: {
    /** Pictures without a detection and refused faces are misses. */
    readonly ofAll: CountedRate
    /** Share of the faces that are not refused a comparison. */
    readonly ofComparable: CountedRate
  }
  /** Recognised, over those recognised undamaged; of turned pictures only. */
  readonly recognisedOfUpright?: number
  /** Two people, damaged alike. */
  readonly againstSame: PairRates
  /** A damaged face and a clean stranger. */
  readonly againstClean: PairRates
  readonly galleries: readonly DamagedGallery[]
}

/** Photographs that nobody damaged. */
export interface CleanResult {
  readonly dataset: string
  readonly detected: CountedRate
  readonly refused: RefusalRates
}

export interface StressSummary {
  /** Kinds with so many pairs left that a rate says something. */
  readonly measurableKinds: number
  /** Median over those of the false match rate of two people damaged alike. */
  readonly medianFmr: number
  /** Those above 3e-3, worst first. */
  readonly worstKinds: readonly string[]
  /** Kinds of which a damaged face matches clean strangers more often than stated. */
  readonly aboveStatedRate: readonly string[]
  /** Kinds of which more than 0.02 of the strangers are named in some gallery. */
  readonly namedKinds: readonly string[]
}

export interface StressResult {
  readonly protocol: 'stress'
  readonly dataset: string
  readonly modelId: string
  readonly seed: number
  /** People whose photograph is damaged. */
  readonly people: number
  /** People who were drawn and in whose clean photograph no face was found. */
  readonly peopleWithoutFace: number
  /** Clean people whom they are compared with, those not refused. */
  readonly strangers: number
  readonly statedFmr: number
  /** Similarity that the model's curve gives for the stated rate. */
  readonly threshold: number
  readonly policy: DecisionPolicy
  readonly damages: readonly DamageResult[]
  readonly clean: readonly CleanResult[]
  readonly summary: StressSummary
}
