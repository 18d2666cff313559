import type { MongoContext } from './context.ts'
import { moveAnswers } from './idempotency.ts'
import { followFaces } from './stranger-persons.ts'
import type { Transaction } from './transactions.ts'

/** A face that comes from one person to another. */
export interface GivenFace {
  readonly id: string
  readonly from: string
  readonly personId: string
}

/** Gives faces to other persons, with the counts of these and what is told of the faces. */
export async function giveFaces(
  context: MongoContext,
  faces: readonly GivenFace[],
  transaction: Transaction,
): Promise<void> {
  if (faces.length === 0) return
  const { tables } = context
  const { session } = transaction
  for (const personId of new Set(faces.map((face) => face.personId))) {
    const ids = faces.filter((face) => face.personId === personId).map(({ id }) => id)
    await tables.faces.updateMany({ _id: { $in: ids } }, { $set: { personId } }, { session })
  }
  await addToFaceCounts(
    context,
    faces.flatMap(({ from, personId }) => [
      { personId: from, faces: -1 },
      { personId, faces: 1 },
    ]),
    transaction,
  )
  await followFaces(context, faces, transaction)
  await moveAnswers(context, { faces, persons: [] }, transaction)
  await moveJobItems(context, faces, transaction)
}

/** Adds to the numbers of faces of persons, which also keeps others from changing these at the same time. */
export async function addToFaceCounts(
  { tables }: MongoContext,
  changes: readonly { readonly personId: string; readonly faces: number }[],
  { session }: Transaction,
): Promise<void> {
  const counts = new Map<string, number>()
  for (const { personId, faces } of changes) {
    counts.set(personId, (counts.get(personId) ?? 0) + faces)
  }
  if (counts.size === 0) return
  await tables.persons.bulkWrite(
    [...counts].map(([_id, faceCount]) => ({
      updateOne: { filter: { _id }, update: { $inc: { faceCount } } },
    })),
    { session },
  )
}

/** What jobs tell of faces follows the faces to their new persons, with whom it is deleted. */
async function moveJobItems(
  { tables: { jobItems } }: MongoContext,
  faces: readonly GivenFace[],
  { session }: Transaction,
): Promise<void> {
  const owners = new Map(faces.map(({ id, personId }) => [id, personId]))
  const from = [...new Set(faces.map((face) => face.from))]
  const moved = new Map<string, string[]>()
  for await (const { _id, body } of jobItems.find({ personId: { $in: from } }, { session })) {
    const { faceId } = JSON.parse(body) as { readonly faceId?: unknown }
    const personId = owners.get(String(faceId))
    if (personId !== undefined) moved.set(personId, [...(moved.get(personId) ?? []), _id])
  }
  for (const [personId, ids] of moved) {
    await jobItems.updateMany({ _id: { $in: ids } }, { $set: { personId } }, { session })
  }
}
