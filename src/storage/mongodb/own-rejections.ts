import { toFaceInImage } from '../rules/face-in-image.ts'
import { toStatementSource } from '../rules/statements.ts'
import type { MongoContext } from './context.ts'
import type { FaceDocument } from './tables.ts'
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
  const { statements, faces } = context.tables
  const { session } = removal.transaction
  const rejections = await statements
    .find({ personId: { $in: [...new Set(personIds)] }, kind: 'rejection' }, { session })
    .toArray()
  if (rejections.length === 0) return
  const own = await faces
    .find(
      {
        personId: { $in: [...new Set(rejections.map(({ personId }) => personId))] },
        imageHash: { $in: rejections.map(({ imageHash }) => imageHash) },
      },
      { session },
    )
    .toArray()
  const sources = new Set(own.map((face) => `${face.personId} ${toFaceSource(face)}`))
  const found = rejections.filter(({ personId, source }) => sources.has(`${personId} ${source}`))
  await takeStatements(context, removal, { found, record: 'revoked' })
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
export function toFaceSource(face: FaceDocument): string {
  const { box } = toFaceInImage(face)
  return toStatementSource({
    imageHash: face.imageHash,
    ...(box === undefined ? {} : { box }),
  })
}
