import { Binary } from 'mongodb'
import type { FaceCrop } from '../../core/types.ts'
import type { Face, ModelEmbedding } from '../ports/faces.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { scoreFace } from '../rules/face-score.ts'
import type { MongoContext } from './context.ts'
import { toBinary, toEmbeddingId, toPlain } from './documents.ts'
import { insertChanges } from './feed.ts'
import type { FaceDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

/** A face as it is written. */
export interface WrittenFace extends Face {
  readonly crop?: FaceCrop
  readonly embeddings: readonly ModelEmbedding[]
}

/** An embedding as it is written. */
export interface WrittenEmbedding extends ModelEmbedding {
  readonly collectionId: string
  readonly faceId: string
}

/** The place of a face in the image it came from: two faces of a person with one place are the same. */
export function toSource(
  face: Pick<FaceDocument, 'personId' | 'imageHash' | 'quality' | 'box' | 'landmarks'>,
): string {
  return JSON.stringify([face.personId, face.imageHash, toFaceInImage(face).box ?? null])
}

/** The faces of these persons that came from these images, by {@link toSource}. */
export async function findBySource(
  { tables }: MongoContext,
  faces: readonly Pick<Face, 'personId' | 'imageHash'>[],
  { session }: Transaction,
): Promise<Map<string, FaceDocument>> {
  const found = await tables.faces
    .find(
      {
        personId: { $in: [...new Set(faces.map((face) => face.personId))] },
        imageHash: { $in: [...new Set(faces.map((face) => face.imageHash))] },
      },
      { session },
    )
    .toArray()
  return new Map(found.map((document) => [toSource(document), document]))
}

/** Writes faces that are not there, with their embeddings and changes. The counts are the caller's. */
export async function insertFaces(
  context: MongoContext,
  {
    collectionId,
    faces,
  }: { readonly collectionId: string; readonly faces: readonly WrittenFace[] },
  transaction: Transaction,
): Promise<void> {
  const { session } = transaction
  if (faces.length === 0) return
  await context.tables.faces.insertMany(
    faces.map((face) => toDocument(collectionId, face)),
    { session },
  )
  const crops = faces.flatMap(({ id, crop }) => (crop ? [toCropDocument(id, crop)] : []))
  if (crops.length > 0) await context.tables.crops.insertMany(crops, { session })
  const embeddings = faces.flatMap(({ id, embeddings }) =>
    embeddings.map((embedding) => ({ ...embedding, collectionId, faceId: id })),
  )
  await insertEmbeddings(context, embeddings, transaction)
}

function toDocument(
  collectionId: string,
  {
    id,
    modelId: _modelId,
    missingEmbedding: _missing,
    crop,
    embeddings: _embeddings,
    ...face
  }: WrittenFace,
): FaceDocument {
  const score = crop === undefined ? {} : { coverScore: scoreFace(face.quality) }
  return { ...face, _id: id, collectionId, ...score }
}

function toCropDocument(faceId: string, { bytes, place }: FaceCrop) {
  const crop = { _id: faceId, bytes: new Binary(bytes) }
  return place === undefined ? crop : { ...crop, place: toPlain(place) }
}

/** Writes embeddings that are not there, and a change for each of them. */
export async function insertEmbeddings(
  context: MongoContext,
  embeddings: readonly WrittenEmbedding[],
  transaction: Transaction,
): Promise<void> {
  if (embeddings.length === 0) return
  await context.tables.embeddings.insertMany(
    embeddings.map(({ collectionId, faceId, modelId, embedding }) => ({
      _id: toEmbeddingId(faceId, { modelId }),
      collectionId,
      faceId,
      modelId,
      embedding: toBinary(embedding),
    })),
    { session: transaction.session },
  )
  const changes = embeddings.map(
    ({ collectionId, faceId, modelId }) =>
      ({ kind: 'faceAdded', collectionId, faceId, modelId }) as const,
  )
  await insertChanges(context, changes, transaction)
}
