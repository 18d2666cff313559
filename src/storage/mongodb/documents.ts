import { Binary } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import type { EmbeddingBatch, FaceCrop } from '../../core/types.ts'
import type { Collection, EmbeddingSet } from '../ports/collections.ts'
import type { Face } from '../ports/faces.ts'
import type { Metadata, Person } from '../ports/persons.ts'
import { toEmbeddingBatch } from '../rules/embedding.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { fromMetadataJson } from '../rules/person-fields.ts'
import type {
  CollectionDocument,
  CropDocument,
  EmbeddingDocument,
  FaceDocument,
  PersonDocument,
} from './tables.ts'

/** The value as JSON keeps it: without undefined fields, -0 and NaN. */
export function toPlain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

export function toCollection({ _id: id, modelWrites: _, ...rest }: CollectionDocument): Collection {
  return { id, ...rest }
}

/** @throws {FaceError} `storeCorrupt` */
export function readMetadata(json: string): Metadata {
  try {
    return fromMetadataJson(json)
  } catch (cause) {
    throw new FaceError('storeCorrupt', { detail: 'Metadata of a person is not JSON.', cause })
  }
}

/**
 * A person as it is answered.
 *
 * @param hasCover  whether the cover's face is there and the person's
 * @param shownFaceId  the face whose crop shows the person
 * @throws {FaceError} `storeCorrupt`
 */
export function toPerson(
  document: PersonDocument,
  {
    hasCover,
    shownFaceId,
  }: { readonly hasCover: boolean; readonly shownFaceId: string | undefined },
): Person {
  const { externalId, notes, coverFaceId, lastSeenAt, consent } = document
  return {
    id: document._id,
    name: document.name,
    aliases: document.aliases,
    ...(externalId === undefined ? {} : { externalId }),
    ...(notes === undefined ? {} : { notes }),
    metadata: readMetadata(document.metadata),
    ...(hasCover && coverFaceId !== undefined ? { coverFaceId } : {}),
    ...(shownFaceId === undefined ? {} : { shownFaceId }),
    hidden: document.hidden,
    favourite: document.favourite,
    ...(consent === undefined ? {} : { consent }),
    faceCount: document.faceCount,
    revision: document.revision,
    ...(lastSeenAt === '' ? {} : { lastSeenAt }),
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  }
}

/** @param hasEmbedding  whether it has one of the model, that of its collection that answers */
export function toFace(
  document: FaceDocument,
  { modelId, hasEmbedding }: { readonly modelId: string; readonly hasEmbedding: boolean },
): Face {
  return {
    id: document._id,
    personId: document.personId,
    modelId,
    ...(hasEmbedding ? {} : { missingEmbedding: true }),
    ...toFaceInImage(document),
    imageHash: document.imageHash,
    hasCrop: document.hasCrop,
    createdAt: document.createdAt,
  }
}

export function toCrop({ bytes, place }: CropDocument): FaceCrop {
  // A copy, as the bytes are a view into the reply.
  const crop = { bytes: Uint8Array.from(bytes.value()) }
  return place === undefined ? crop : { ...crop, place }
}

/** The id of an embedding's document. Face ids are of one length, so no two pairs have the same. */
export function toEmbeddingId(faceId: string, { modelId }: Pick<EmbeddingSet, 'modelId'>): string {
  return `${faceId}:${modelId}`
}

/** The stored form of an embedding: little-endian float32, as all machines that Node.js runs on. */
export function toBinary(embedding: Float32Array): Binary {
  return new Binary(
    new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength).slice(),
  )
}

/**
 * What a model made of a face.
 *
 * @returns a copy of the stored bytes
 * @throws {FaceError} `storeCorrupt` when it is not binary, or its length is not a multiple of 4
 */
export function readEmbedding({ embedding }: Pick<EmbeddingDocument, 'embedding'>): Float32Array {
  const length = embedding instanceof Binary ? embedding.position : 0
  if (length === 0 || length % 4 !== 0) {
    throw new FaceError('storeCorrupt', { detail: 'An embedding has a wrong length.' })
  }
  // A copy, as the bytes are a view into the reply, perhaps unaligned.
  return new Float32Array(Uint8Array.from(embedding.value()).buffer)
}

/** @throws {FaceError} `storeCorrupt` */
export function toBatch(
  embeddings: readonly Pick<EmbeddingDocument, 'faceId' | 'embedding'>[],
): EmbeddingBatch {
  return toEmbeddingBatch(
    embeddings.map(({ faceId }) => faceId),
    embeddings.map(readEmbedding),
  )
}
