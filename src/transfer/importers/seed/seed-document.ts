import { Binary, BSON, ObjectId } from 'mongodb'
import { FaceError, isFaceError } from '../../../core/errors.ts'
import { toStoredName } from '../../../storage/rules/person-fields.ts'
import { parseNumpyPickle } from './numpy-pickle.ts'
import { type SeedDocument, seedDimension } from './seed-source.ts'

/**
 * Embeddings are divided by their norm when they are stored. Of norms this near to 1 no squared
 * distance, at most 4, changes by more than 1e-4: it changes in proportion to the norm. FaceNet's own
 * normalisation in float32 errs by 1e-6 at most.
 */
const normTolerance = 2e-5

/**
 * Reads `{ faceName: string, embedding: Binary(subtype 128) }`, the binary a pickle of a NumPy array
 * of 512 float32. What is not exactly that is answered with the reason, never thrown.
 */
export function parseSeedDocument(document: Readonly<Record<string, unknown>>): SeedDocument {
  const id = toText(document._id)
  try {
    const name = parseName(document.faceName)
    return { kind: 'face', id, name, embedding: readUnitEmbedding(document.embedding) }
  } catch (error) {
    if (isFaceError(error)) return { kind: 'refused', id, reason: error.message }
    throw error
  }
}

function parseName(name: unknown): string {
  if (typeof name !== 'string') {
    throw new FaceError('invalidName', { detail: 'faceName is not text.' })
  }
  return toStoredName(name)
}

function readUnitEmbedding(value: unknown): Float32Array {
  if (!(value instanceof Binary) || value.sub_type !== Binary.SUBTYPE_USER_DEFINED) {
    refuse('It is not a binary of subtype 128.')
  }
  const embedding = parseNumpyPickle(value.value(), seedDimension)
  const norm = Math.hypot(...embedding)
  if (!Number.isFinite(norm)) refuse('It has a value that is not a number.')
  if (Math.abs(norm - 1) > normTolerance) {
    refuse(`Its norm is ${norm.toPrecision(6)}; distances keep their meaning only with norm 1.`)
  }
  return embedding
}

function refuse(detail: string): never {
  throw new FaceError('invalidEmbedding', { detail })
}

function toText(id: unknown): string {
  if (typeof id === 'string') return id
  return id instanceof ObjectId ? id.toHexString() : BSON.EJSON.stringify(id)
}
