import type { components } from './api.d.ts'

type Schemas = components['schemas']

export type Box = Schemas['Box']
export type CollectionDetails = Schemas['CollectionDetails']
export type EnrolledFace = Schemas['EnrolledFace']
export type Face = Schemas['Face']
export type Person = Schemas['Person']
export type Rejection = Schemas['RejectedImage']
export type Thresholds = Schemas['DecisionThresholds']

/** A face of a probe image; the page never sends embeddings, so that it always has a box. */
export interface IdentifiedFace extends Pick<Schemas['IdentifiedFace'], 'decision' | 'candidates'> {
  readonly box: Box
}

/** What became of a probe image. Boxes are in pixels of an image of this size. */
export interface Identification {
  readonly width: number
  readonly height: number
  readonly thresholds: Thresholds
  readonly faces: readonly IdentifiedFace[]
}

/** What became of one photo of a registration. `person` is absent when nobody was created. */
export interface Enrolment {
  readonly person: Person | undefined
  readonly faces: readonly EnrolledFace[]
  readonly rejected: readonly Rejection[]
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor?: string | undefined
}
