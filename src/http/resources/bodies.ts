import type { ErrorCode } from '../../core/errors.ts'
import type { ProbeThresholds } from '../../core/policy.ts'
import type {
  Box,
  Decision,
  Detection,
  Landmarks5,
  Quality,
  UndeterminedReason,
} from '../../core/types.ts'
import type {
  Candidate,
  CollectionDifficulty,
  DecisionThresholds,
  DetectResult,
  EmbedResult,
  EnrollResult,
  IdentifyResult,
  ImageFacts,
  VerifyResult,
} from '../../recognition/face-watcher.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Person } from '../../storage/ports/persons.ts'

/*
 * Turns answers of the use cases into bodies where they differ: the fields of a detection are those of
 * its face, embeddings are arrays of numbers, timings are in the Server-Timing header.
 */

export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code: ErrorCode
  readonly requestId: string
}

export interface DetectedFaceBody {
  readonly box: Box
  readonly landmarks: Landmarks5
  readonly confidence: number
  readonly quality: Quality
}

export interface DetectBody extends ImageFacts {
  readonly faces: readonly DetectedFaceBody[]
}

export interface EmbedBody extends ImageFacts {
  readonly modelId: string
  readonly dimension: number
  readonly faces: readonly (DetectedFaceBody & {
    readonly reasons: readonly UndeterminedReason[]
    readonly embedding: readonly number[]
  })[]
}

export interface CollectionDetailsBody extends Collection {
  readonly persons: number
  readonly faces: number
  readonly thresholds: DecisionThresholds
  readonly difficulty?: CollectionDifficulty
}

export interface EnrollBody {
  readonly person: Person
  readonly faces: EnrollResult['faces']
  readonly rejected: EnrollResult['rejected']
  readonly hints: EnrollResult['hints']
}

export interface CreatedPersonBody extends Person {
  readonly faces: EnrollResult['faces']
  readonly rejected: EnrollResult['rejected']
  readonly hints: EnrollResult['hints']
}

export interface IdentifiedFaceBody extends Partial<DetectedFaceBody> {
  readonly decision: Decision
  readonly reasons: readonly UndeterminedReason[]
  readonly thresholds: ProbeThresholds
  readonly candidates: readonly Candidate[]
}

export interface IdentifyBody extends Partial<ImageFacts> {
  readonly collection: string
  readonly modelId: string
  readonly thresholds: DecisionThresholds
  readonly faces: readonly IdentifiedFaceBody[]
}

export type VerifyBody = Omit<VerifyResult, 'timings'>

function toImageFacts({ width, height, turned, omittedFaces }: ImageFacts): ImageFacts {
  return { width, height, turned, omittedFaces }
}

function toFaceBody(face: { detection: Detection; quality: Quality }): DetectedFaceBody {
  const { box, landmarks, confidence } = face.detection
  return { box, landmarks, confidence, quality: face.quality }
}

export function toDetectBody(result: DetectResult): DetectBody {
  return { ...toImageFacts(result), faces: result.faces.map(toFaceBody) }
}

export function toEmbedBody(result: EmbedResult): EmbedBody {
  const { modelId, dimension } = result
  const faces = result.faces.map((face) => ({
    ...toFaceBody(face),
    reasons: face.reasons,
    embedding: Array.from(face.embedding),
  }))
  return { ...toImageFacts(result), modelId, dimension, faces }
}

/** @param probe  what was looked up; an embedding has no place in an image, so its box is left out */
export function toIdentifyBody(result: IdentifyResult, probe: 'image' | 'embedding'): IdentifyBody {
  const { collection, modelId, thresholds } = result
  const faces = result.faces.map((face) => ({
    ...(probe === 'image' ? toFaceBody(face) : {}),
    decision: face.decision,
    reasons: face.reasons,
    thresholds: face.thresholds,
    candidates: face.candidates,
  }))
  const facts = probe === 'image' ? toImageFacts(result) : {}
  return { ...facts, collection, modelId, thresholds, faces }
}

export function toVerifyBody(result: VerifyResult): VerifyBody {
  const { timings: _, ...body } = result
  return body
}
