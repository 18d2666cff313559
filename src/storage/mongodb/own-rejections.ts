import { toFaceInImage } from '../rules/face-in-image.ts'
import { toStatementSource } from '../rules/statements.ts'
import type { MongoContext } from './context.ts'
import type { FaceDocument, StatementDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { type StatementRemoval, takeStatements } from './trashed-statements.ts'

/**
 * Revokes the rejections by which faces are not the persons whose they are: whoever gives a person a
 * face has said the newer word about it.
 */
export async function revokeOwnRejections(
  context: MongoContext,
  removal: StatementRemoval,
  personIds: readonly string[],
): Promise<void> {
  if (personIds.length === 0) return
  const { session } = removal.transaction
  const rejections = await context.tables.statements
    .find({ personId: { $in: [...new Set(personIds)] }, kind: 'rejection' }, { session })
    .toArray()
  if (rejections.length === 0) return
  const own = await readOwnFaces(context, rejections, removal.transaction)
  const found = rejections.filter((rejection) => own.has(toStatementKey(rejection)))
  await takeStatements(context, removal, { found, record: 'revoked' })
}

/** What tells statements apart: whose they are, and the face of the image that they are about. */
export function toStatementKey({
  personId,
  source,
}: Pick<StatementDocument, 'personId' | 'source'>): string {
  return `${personId} ${source}`
}

/** Keys, as statements have them, of the faces that the persons have of the same images. */
export async function readOwnFaces(
  { tables: { faces } }: MongoContext,
  said: readonly Pick<StatementDocument, 'personId' | 'imageHash'>[],
  { session }: Transaction,
): Promise<ReadonlySet<string>> {
  const personIds = [...new Set(said.map(({ personId }) => personId))]
  const images = [...new Set(said.map(({ imageHash }) => imageHash))]
  const own = await faces
    .find({ personId: { $in: personIds }, imageHash: { $in: images } }, { session })
    .toArray()
  return new Set(
    own.map((face) => toStatementKey({ personId: face.personId, source: toSaidSource(face) })),
  )
}

/** Persons of whom something is said of these faces. */
export async function findSaidOf(
  { tables: { statements } }: MongoContext,
  faceIds: readonly string[],
  { session }: Transaction,
): Promise<readonly string[]> {
  if (faceIds.length === 0) return []
  return statements.distinct('personId', { faceId: { $in: [...faceIds] } }, { session })
}

/** What a statement about this face has as its source. */
export function toSaidSource(face: FaceDocument): string {
  const { box } = toFaceInImage(face)
  return toStatementSource({
    imageHash: face.imageHash,
    ...(box === undefined ? {} : { box }),
  })
}
