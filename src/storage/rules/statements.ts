import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import type { ModelEmbedding } from '../ports/faces.ts'
import { maxStatements, type SaidOf } from '../ports/statements.ts'
import type { MovedStatement } from '../ports/transfer.ts'
import { assertUnitEmbedding, toUnitEmbedding } from './embedding.ts'
import { assertDimension, assertId, assertImageHash } from './input-checks.ts'
import { findSetModel } from './second-models.ts'

/**
 * Tells what statements of one person are about: those of one text are about the same face of the same
 * image, of which only the newest counts.
 */
export function toStatementSource({ imageHash, box }: Pick<SaidOf, 'imageHash' | 'box'>): string {
  if (box === undefined) return imageHash
  return [imageHash, box.x, box.y, box.width, box.height].join(' ')
}

/** The image and the place in it that {@link toStatementSource} was made of. */
export function parseStatementSource(source: string): Pick<SaidOf, 'imageHash' | 'box'> {
  const [imageHash = '', ...place] = source.split(' ')
  if (place.length !== 4) return { imageHash }
  const [x, y, width, height] = place.map(Number) as [number, number, number, number]
  return { imageHash, box: { x, y, width, height } }
}

/**
 * Checks a statement that is moved here.
 *
 * @throws {FaceError} `dimensionMismatch`, `invalidEmbedding`, `invalidOption`
 */
export function assertMovable(
  collection: Pick<Collection, 'modelId' | 'dimension'>,
  { id, of }: MovedStatement,
): void {
  assertId(id)
  if ('faceId' in of) return
  assertImageHash(of)
  if (of.embedding === undefined) return
  assertDimension(collection, of.embedding)
  assertUnitEmbedding(of.embedding)
}

/**
 * Checks a face that something is said of.
 *
 * @returns its embedding as a unit vector
 * @throws {FaceError} `modelMismatch`, `dimensionMismatch`, `invalidEmbedding`, `invalidOption`
 */
export function toStatementEmbedding(collection: Collection, said: SaidOf): ModelEmbedding {
  assertImageHash(said)
  const model = findSetModel(collection, { id: collection.id, modelId: said.modelId })
  assertDimension(model, said.embedding)
  return { modelId: said.modelId, embedding: toUnitEmbedding(said.embedding) }
}

/** @param count  of what was said of the person @throws {FaceError} `limitReached` */
export function assertMayBeMore(count: number): void {
  if (count < maxStatements) return
  throw new FaceError('limitReached', {
    detail: `Of a person at most ${maxStatements} rejections and confirmations are kept. Revoke some before.`,
  })
}

/** The refusal of a rejection of a face that the person has, by its id or as the same face of the same image. */
export function ownFaceRejected(): FaceError {
  return new FaceError('faceOfPerson', {
    detail: 'Delete it, or enrol it as another person, before it is rejected.',
  })
}
