import { FaceError } from '../../core/errors.ts'
import type { FaceCrop } from '../../core/types.ts'
import type { Collection } from '../ports/collections.ts'
import type { Face } from '../ports/faces.ts'
import type { Metadata, Person } from '../ports/persons.ts'
import { isJsonTooDeep, maxDepth } from '../rules/depth.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { parseStoredMetadata } from '../rules/person-fields.ts'
import type { SqlRow } from './libsql.ts'

/** @throws {FaceError} `storeCorrupt` when there is no such text */
export function readText(row: SqlRow | undefined, column: string): string {
  const value = row?.[column]
  if (typeof value === 'string') return value
  throw new FaceError('storeCorrupt', { detail: `Column ${column} is not text.` })
}

/** @throws {FaceError} `storeCorrupt` when there is no such number */
export function readNumber(row: SqlRow | undefined, column: string): number {
  const value = row?.[column]
  if (typeof value === 'number') return value
  throw new FaceError('storeCorrupt', { detail: `Column ${column} is not a number.` })
}

/** @throws {FaceError} `storeCorrupt` when there is no such blob */
export function readBlob(row: SqlRow | undefined, column: string): Uint8Array {
  const value = row?.[column]
  if (value instanceof Uint8Array) return value
  throw new FaceError('storeCorrupt', { detail: `Column ${column} is not binary.` })
}

/**
 * The embedding of a row.
 *
 * @returns view of the row's bytes, little-endian float32 (libsql is built for little-endian machines only)
 * @throws {FaceError} `storeCorrupt` when its length is not a multiple of 4
 */
export function readEmbedding(row: SqlRow): Float32Array {
  const bytes = readBlob(row, 'embedding')
  if (bytes.byteLength === 0 || bytes.byteLength % 4 !== 0) {
    throw new FaceError('storeCorrupt', { detail: 'An embedding has a wrong length.' })
  }
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}

/** The bytes of an embedding as they are stored, little-endian float32. */
export function toEmbeddingBytes(embedding: Float32Array): Uint8Array {
  return new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength)
}

/** The crop of a row with its bytes and place; `undefined` where there is none. */
export function readCrop(row: SqlRow): FaceCrop | undefined {
  if (row.crop === null) return undefined
  const bytes = readBlob(row, 'crop')
  return row.crop_place === null ? { bytes } : { bytes, place: readJson(row, 'crop_place') }
}

/** @param levels  of objects and arrays that the value may have */
export function readJson<T>(row: SqlRow, column: string, levels: number = maxDepth): T {
  const json = readText(row, column)
  try {
    if (!isJsonTooDeep(json, levels)) return JSON.parse(json) as T
  } catch (cause) {
    throw new FaceError('storeCorrupt', { detail: `Column ${column} is not JSON.`, cause })
  }
  // It might not come through to the thread that asks; see [Note: Calls that never settle] in
  // calls.ts.
  throw new FaceError('storeCorrupt', { detail: `Column ${column} is nested too deeply.` })
}

/** Is told of a person whose stored metadata are not what a store writes. */
export type UnreadableMetadata = (personId: string) => void

/**
 * The metadata of a person; an empty object when what is stored cannot be used, so that the person,
 * and others on the same page, can still be listed, exported and deleted.
 *
 * @param stored  the text of the column
 */
export function readMetadata(
  stored: string,
  personId: string,
  onUnreadable: UnreadableMetadata,
): Metadata {
  const metadata = parseStoredMetadata(stored)
  if (metadata === undefined) onUnreadable(personId)
  return metadata ?? {}
}

export const collectionColumns: string =
  'id, name, model_id, dimension, policy, index_id, second_model, store_crops, quality_gates, ' +
  'keep_unknown, template_secret_id, created_at'

export function readCollection(row: SqlRow): Collection {
  return {
    id: readText(row, 'id'),
    name: readText(row, 'name'),
    modelId: readText(row, 'model_id'),
    dimension: readNumber(row, 'dimension'),
    policy: readJson(row, 'policy'),
    indexId: readText(row, 'index_id'),
    ...(row.second_model === null ? {} : { second: readJson(row, 'second_model') }),
    storeCrops: readNumber(row, 'store_crops') === 1,
    ...(row.quality_gates === null ? {} : { qualityGates: readJson(row, 'quality_gates') }),
    ...(row.keep_unknown === null ? {} : { keepUnknown: readJson(row, 'keep_unknown') }),
    ...(row.template_secret_id === null
      ? {}
      : { templateSecretId: readText(row, 'template_secret_id') }),
    createdAt: readText(row, 'created_at'),
  }
}

export const personColumns: string =
  'persons.id, name, aliases, external_id, notes, metadata, ' +
  '(SELECT f.id FROM faces f WHERE f.id = persons.cover_face_id AND f.person_id = persons.id) ' +
  'AS cover, coalesce((SELECT f.id FROM faces f WHERE f.id = persons.cover_face_id ' +
  'AND f.person_id = persons.id AND f.cover_score IS NOT NULL), ' +
  '(SELECT f.id FROM faces f INDEXED BY faces_by_cover_score WHERE f.person_id = persons.id ' +
  'AND f.cover_score IS NOT NULL ORDER BY f.cover_score DESC, f.id LIMIT 1)) AS shown, hidden, favourite, face_count, revision, last_seen_at, created_at, updated_at'

export function readPerson(row: SqlRow, onUnreadable: UnreadableMetadata): Person {
  const id = readText(row, 'id')
  const lastSeenAt = readText(row, 'last_seen_at')
  return {
    id,
    name: readText(row, 'name'),
    aliases: readJson(row, 'aliases'),
    ...(row.external_id === null ? {} : { externalId: readText(row, 'external_id') }),
    ...(row.notes === null ? {} : { notes: readText(row, 'notes') }),
    metadata: readMetadata(readText(row, 'metadata'), id, onUnreadable),
    ...(row.cover === null ? {} : { coverFaceId: readText(row, 'cover') }),
    ...(row.shown === null ? {} : { shownFaceId: readText(row, 'shown') }),
    hidden: readNumber(row, 'hidden') === 1,
    favourite: readNumber(row, 'favourite') === 1,
    faceCount: readNumber(row, 'face_count'),
    revision: readNumber(row, 'revision'),
    ...(lastSeenAt === '' ? {} : { lastSeenAt }),
    createdAt: readText(row, 'created_at'),
    updatedAt: readText(row, 'updated_at'),
  }
}

/** The columns of a face, from {@link facesAndModel}. */
export const faceColumns: string =
  'faces.id, person_id, model_id, quality, box, landmarks, image_hash, faces.created_at, ' +
  'EXISTS (SELECT 1 FROM crops WHERE face_id = faces.id) AS has_crop, ' +
  'EXISTS (SELECT 1 FROM embeddings e WHERE e.face_id = faces.id ' +
  'AND e.model_id = collections.model_id) AS has_embedding'

/** Faces with the model of their collection that answers. CROSS: a planner of its own mind begins with the collections. */
export const facesAndModel: string =
  'faces CROSS JOIN collections ON collections.id = faces.collection_id'

export function readFace(row: SqlRow): Face {
  return {
    id: readText(row, 'id'),
    personId: readText(row, 'person_id'),
    modelId: readText(row, 'model_id'),
    ...(readNumber(row, 'has_embedding') === 1 ? {} : { missingEmbedding: true }),
    ...toFaceInImage({
      quality: readJson(row, 'quality'),
      box: readJson(row, 'box'),
      landmarks: readJson(row, 'landmarks'),
    }),
    imageHash: readText(row, 'image_hash'),
    hasCrop: readNumber(row, 'has_crop') === 1,
    createdAt: readText(row, 'created_at'),
  }
}
