import { FaceError } from '../../core/errors.ts'
import type { Collection, CollectionModel } from '../ports/collections.ts'
import type { NewFace } from '../ports/faces.ts'
import type { NewApiKey } from '../ports/keys.ts'
import type { NewSession } from '../ports/sessions.ts'
import { isUlid } from './pages.ts'

const collectionNamePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/
const sha256Pattern = /^[0-9a-f]{64}$/

export function isCollectionName(name: unknown): name is string {
  return typeof name === 'string' && collectionNamePattern.test(name)
}

export function isSha256(hash: unknown): hash is string {
  return typeof hash === 'string' && sha256Pattern.test(hash)
}

/** @throws {FaceError} `invalidOption` */
export function assertId(id: string): void {
  if (!isUlid(id)) throw new FaceError('invalidOption', { detail: 'An id must be a ULID.' })
}

/** @throws {FaceError} `invalidName`, `invalidOption` */
export function assertCollection({
  name,
  dimension,
}: Pick<Collection, 'name' | 'dimension'>): void {
  if (!isCollectionName(name)) {
    throw new FaceError('invalidName', {
      detail: 'Expected 1 to 64 of a-z, 0-9, "_" and "-", starting with a letter or digit.',
    })
  }
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > 65_536) {
    throw new FaceError('invalidOption', { detail: 'dimension must be a whole number from 1.' })
  }
}

/** @throws {FaceError} `modelMismatch` */
export function assertModel(
  collection: Pick<CollectionModel, 'modelId'>,
  { modelId }: { readonly modelId: string },
): void {
  if (modelId === collection.modelId) return
  throw new FaceError('modelMismatch', {
    detail: `The embedding is of ${modelId}, the collection of ${collection.modelId}.`,
    info: { expected: collection.modelId, actual: modelId },
  })
}

/** @throws {FaceError} `dimensionMismatch` */
export function assertDimension(
  { dimension }: Pick<CollectionModel, 'dimension'>,
  embedding: Float32Array,
): void {
  if (embedding.length === dimension) return
  throw new FaceError('dimensionMismatch', {
    detail: `Expected ${dimension} values, got ${embedding.length}.`,
    info: { expected: dimension, actual: embedding.length },
  })
}

/** @throws {FaceError} `invalidOption` */
export function assertImageHash(face: Pick<NewFace, 'imageHash'>): void {
  if (!isSha256(face.imageHash)) {
    throw new FaceError('invalidOption', { detail: 'imageHash must be a lower-case hex SHA-256.' })
  }
}

/** @throws {FaceError} `invalidOption` */
export function assertKey(key: NewApiKey): void {
  const { hash, scopes, collectionIds } = key
  if (!isSha256(hash)) {
    throw new FaceError('invalidOption', { detail: 'hash must be a lower-case hex SHA-256.' })
  }
  // An empty list could be taken for "no limit".
  if (scopes.length === 0 || collectionIds?.length === 0) {
    throw new FaceError('invalidOption', {
      detail: 'An API key has one scope at least, and collections are one at least or all.',
    })
  }
  for (const id of collectionIds ?? []) assertId(id)
  for (const name of ['ratePerMinute', 'quotaPerDay'] as const) {
    const limit = key[name]
    if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 1)) continue
    throw new FaceError('invalidOption', { detail: `${name} must be an integer from 1.` })
  }
}

/** @throws {FaceError} `invalidOption` */
export function assertSession({ hash, keyHash, roles }: NewSession): void {
  if (!isSha256(hash) || (keyHash !== undefined && !isSha256(keyHash))) {
    throw new FaceError('invalidOption', { detail: 'hash must be a lower-case hex SHA-256.' })
  }
  if (keyHash === undefined && (roles === undefined || roles.length === 0)) {
    throw new FaceError('invalidOption', { detail: 'A session is of a key, or has one role.' })
  }
}

/** How long an answer is kept for a repeated request. */
export const idempotencyKeptMs: number = 24 * 3600_000
/**
 * A claim without an answer is of a request that runs, or of a process that died while it ran. No
 * request runs this long, so that the client of a dead process is not refused for a day.
 */
export const idempotencyClaimedMs = 600_000

/** @throws {FaceError} `invalidRequest` */
export function assertIdempotencyKey(key: string): void {
  if (key.length === 0 || key.length > 255 || key.includes('\0')) {
    throw new FaceError('invalidRequest', {
      detail: 'Idempotency-Key must be 1 to 255 characters.',
    })
  }
}
