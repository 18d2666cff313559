import type { components } from '../api.d.ts'

type Schemas = components['schemas']

export type ApiKey = Schemas['ApiKey']
export type AssignedStranger = Schemas['AssignedStranger']
export type Box = Schemas['Box']
export type BulkPersonOutcome = Schemas['BulkPersonOutcome']
export type Collection = Schemas['Collection']
export type CollectionDetails = Schemas['CollectionDetails']
export type DetectedFace = Schemas['DetectedFace']
export type EnrolledFace = Schemas['EnrolledFace']
export type DecisionPolicy = Schemas['DecisionPolicy']
export type EnrollHint = Schemas['EnrollHint']
export type EnrollWarning = EnrolledFace['warnings'][number]
export type ErasedStrangers = Schemas['ErasedStrangers']
export type Face = Schemas['Face']
export type FacesMoved = Schemas['FacesMoved']
export type FacesRestored = Schemas['FacesRestored']
export type FacesSetAside = Schemas['FacesSetAside']
export type GalleryReport = Schemas['GalleryReport']
export type HistoryDetails = Schemas['HistoryDetails']
export type HistoryEntry = Schemas['HistoryEntry']
export type Job = Schemas['Job']
export type JobItem = Schemas['JobItem']
export type Model = Schemas['Model']
export type Person = Schemas['Person']
export type PersonQuality = Schemas['PersonQuality']
export type PersonsMerged = Schemas['PersonsMerged']
export type Rejection = Schemas['RejectedImage']
export type RejectionReason = Rejection['reasons'][number]
export type SessionInfo = Schemas['SessionInfo']
export type ServerStatus = Schemas['ServerStatus']
export type ThresholdForRate = Schemas['ThresholdsForRates']['items'][number]
export type ResemblingSighting = Schemas['ResemblingSighting']
export type Sighting = Schemas['Sighting']
export type Stranger = Schemas['Stranger']
export type StrangerSuggestion = Schemas['StrangerSuggestions']['items'][number]
export type Statement = Schemas['Statement']
export type Stated = Schemas['Stated']
export type Thresholds = Schemas['DecisionThresholds']
export type UndeterminedReason = Schemas['IdentifiedFace']['reasons'][number]

/** A face of a probe image; the page never sends embeddings, so that it always has a box. */
export interface IdentifiedFace
  extends Pick<Schemas['IdentifiedFace'], 'decision' | 'reasons' | 'candidates' | 'suppressed'> {
  readonly box: Box
}

/** The result for a probe image. Boxes are in pixels of an image of this size. */
export interface Identification {
  readonly width: number
  readonly height: number
  /** Degrees clockwise by which the image was turned to be read. */
  readonly turned: number
  /** Smaller faces that are not answered. */
  readonly omittedFaces: number
  readonly thresholds: Thresholds
  readonly faces: readonly IdentifiedFace[]
}

/** The result for one photo of a registration. `person` is absent when nobody was created. */
export interface Enrolment {
  readonly person: Person | undefined
  readonly faces: readonly EnrolledFace[]
  readonly rejected: readonly Rejection[]
  readonly hints: readonly EnrollHint[]
  /** The enrolment in the history; absent when nothing changed. */
  readonly entryId?: string | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor?: string | undefined
}
