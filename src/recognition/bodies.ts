import type { ProbeThresholds } from '../core/policy.ts'
import type {
  Box,
  Decision,
  Detection,
  Landmarks5,
  Quality,
  UndeterminedReason,
} from '../core/types.ts'
import type { SuppressedPerson } from '../gallery/gallery.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { Person } from '../storage/ports/persons.ts'
import type {
  Candidate,
  CollectionDifficulty,
  DecisionThresholds,
  DetectResult,
  EmbedResult,
  EnrollResult,
  FaceEmbedding,
  IdentifiedFace,
  IdentifiedProbe,
  IdentifyEmbeddingResult,
  IdentifyResult,
  ImageFacts,
  VerifyResult,
} from './face-watcher.ts'

/*
 * The use cases' answers as JSON, the same over HTTP and with `--json` on the command line, where that
 * is not exactly what the library answers: the fields of a detection are those of its face, embeddings
 * are arrays of numbers, timings are left out (HTTP sends them in the header Server-Timing).
 */

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

export interface FaceEmbeddingBody {
  readonly faceId: string
  readonly modelId: string
  readonly dimension: number
  readonly embedding: readonly number[]
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
  readonly entryId?: string
}

export interface CreatedPersonBody extends Person {
  readonly faces: EnrollResult['faces']
  readonly rejected: EnrollResult['rejected']
  readonly hints: EnrollResult['hints']
  readonly entryId?: string
}

/** What an enrolment answers besides the person. */
export function toEnrolled({
  faces,
  rejected,
  hints,
  entryId,
}: EnrollResult): Omit<EnrollBody, 'person'> {
  return { faces, rejected, hints, ...(entryId === undefined ? {} : { entryId }) }
}

export interface IdentifiedFaceBody extends Partial<DetectedFaceBody> {
  readonly decision: Decision
  readonly reasons: readonly UndeterminedReason[]
  readonly thresholds: ProbeThresholds
  readonly candidates: readonly Candidate[]
  readonly suppressed?: readonly SuppressedPerson[]
  readonly sightingId?: string
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

export function toIdentifyBody(result: IdentifyResult | IdentifyEmbeddingResult): IdentifyBody {
  const { collection, modelId, thresholds } = result
  const faces = result.faces.map((face: IdentifiedFace | IdentifiedProbe) => ({
    ...('detection' in face ? toFaceBody(face) : {}),
    decision: face.decision,
    reasons: face.reasons,
    thresholds: face.thresholds,
    candidates: face.candidates,
    ...(face.suppressed === undefined ? {} : { suppressed: face.suppressed }),
    ...(face.sightingId === undefined ? {} : { sightingId: face.sightingId }),
  }))
  const facts = 'width' in result ? toImageFacts(result) : {}
  return { ...facts, collection, modelId, thresholds, faces }
}

export function toFaceEmbeddingBody({
  faceId,
  modelId,
  embedding,
}: FaceEmbedding): FaceEmbeddingBody {
  return { faceId, modelId, dimension: embedding.length, embedding: Array.from(embedding) }
}

/** A person who was made without an image. */
export function toCreatedPersonBody(person: Person): CreatedPersonBody {
  return { ...person, faces: [], rejected: [], hints: [] }
}

export function toVerifyBody(result: VerifyResult): VerifyBody {
  const { timings: _, ...body } = result
  return body
}
