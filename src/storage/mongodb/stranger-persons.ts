import type { UndoPlan } from '../rules/undo.ts'
import type { MongoContext } from './context.ts'
import { nextRevision, removeStrangers } from './stranger-documents.ts'
import type { Transaction } from './transactions.ts'

/**
 * Lets strangers follow what an undo does to persons and faces: one that was assigned is anchored to the
 * first face that was enrolled for it, or to the person where none was. When an undo takes the anchor
 * away, the stranger is one again; when it puts the anchor back, the stranger is the person again.
 */
export async function followUndo(
  context: MongoContext,
  plan: Pick<UndoPlan, 'removedFaces' | 'removedPersons' | 'restoredFaces' | 'restoredPersons'>,
  {
    collectionId,
    transaction,
  }: { readonly collectionId: string; readonly transaction: Transaction },
): Promise<void> {
  const { strangers } = context.tables
  const { session } = transaction
  const removed = [...plan.removedFaces.map(({ id }) => id), ...plan.removedPersons]
  const restored = [
    ...plan.restoredFaces,
    ...plan.restoredPersons.map((id) => ({ id, personId: id })),
  ]
  const anchorIds = [...removed, ...restored.map(({ id }) => id)]
  const anchored = await strangers.findOne({ anchorId: { $in: anchorIds } }, { session })
  if (!anchored) return
  const revision = await nextRevision(context, collectionId, transaction)
  await strangers.updateMany(
    { anchorId: { $in: removed }, status: 'assigned' },
    { $set: { status: 'shown', revision }, $unset: { personId: '' } },
    { session },
  )
  for (const { id, personId } of restored) {
    await strangers.updateMany(
      { anchorId: id, status: { $ne: 'assigned' } },
      { $set: { status: 'assigned', personId, revision }, $unset: { likeId: '' } },
      { session },
    )
  }
}

/** Erases the strangers who turned out to be these persons, with their sightings. */
export async function eraseStrangersOf(
  context: MongoContext,
  personIds: Iterable<string>,
  {
    collectionId,
    transaction,
  }: { readonly collectionId: string; readonly transaction: Transaction },
): Promise<void> {
  const found = await context.tables.strangers
    .find(
      { personId: { $in: [...personIds] } },
      { session: transaction.session, projection: { _id: 1 } },
    )
    .toArray()
  if (found.length === 0) return
  await nextRevision(context, collectionId, transaction)
  await removeStrangers(
    context,
    found.map(({ _id }) => _id),
    transaction,
  )
}
