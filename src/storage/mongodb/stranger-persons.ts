import type { GivenStranger } from '../rules/strangers.ts'
import type { UndoPlan } from '../rules/undo.ts'
import type { MongoContext } from './context.ts'
import { nextRevision, removeStrangers } from './stranger-documents.ts'
import type { StrangerDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// A stranger that was assigned is anchored to the first face that was enrolled for it, or to the person
// where none was, and is whoever has the anchor: a face that comes to another person takes the stranger
// along. When an undo takes the anchor away, the stranger is one again; when it puts the anchor back, the
// stranger is the person again. A merge gives the survivor also the strangers whose anchor does not come
// along: a person who is gone, a face that was deleted. Its entry keeps which, so that its undo gives
// them back, and the undo's own entry keeps them for the next undo.

/** Gives strangers to those to whom their anchors come. */
export async function followFaces(
  { tables: { strangers } }: MongoContext,
  faces: readonly { readonly id: string; readonly personId: string }[],
  { session }: Transaction,
): Promise<void> {
  const owners = new Map(faces.map(({ id, personId }) => [id, personId]))
  const anchored = await strangers
    .find({ anchorId: { $in: [...owners.keys()] }, status: 'assigned' }, { session })
    .project<Pick<StrangerDocument, '_id' | 'anchorId'>>({ anchorId: 1 })
    .toArray()
  for (const { _id, anchorId } of anchored) {
    const personId = owners.get(anchorId as string) as string
    await strangers.updateOne({ _id }, { $set: { personId } }, { session })
  }
}

/** Gives the survivor of a merge the strangers of the others. */
export async function mergeStrangers(
  context: MongoContext,
  {
    entryId,
    from,
    to,
  }: { readonly entryId: string; readonly from: readonly string[]; readonly to: string },
  transaction: Transaction,
): Promise<void> {
  const { session } = transaction
  const found = await context.tables.strangers
    .find({ personId: { $in: [...from] }, status: 'assigned' }, { session })
    .toArray()
  const given = found.map(({ _id: id, anchorId = '', personId = '' }) => ({
    ...{ id, anchorId, from: personId, to },
  }))
  await giveStrangers(context, { given, entryId }, transaction)
}

/** Writes whose strangers are, and keeps it with the entry that did it. */
async function giveStrangers(
  { tables: { strangers, history } }: MongoContext,
  { given, entryId }: { readonly given: readonly GivenStranger[]; readonly entryId: string },
  { session }: Transaction,
): Promise<void> {
  if (given.length === 0) return
  for (const { id, to } of given) {
    await strangers.updateOne({ _id: id }, { $set: { personId: to } }, { session })
  }
  await history.updateOne({ _id: entryId }, { $set: { strangers: [...given] } }, { session })
}

/** Those that an entry has given, and who has them still, the other way round. */
async function readGivenBack(
  { tables: { strangers, history } }: MongoContext,
  entryId: string,
  { session }: Transaction,
): Promise<readonly GivenStranger[]> {
  const entry = await history.findOne({ _id: entryId }, { session, projection: { strangers: 1 } })
  const given = entry?.strangers ?? []
  const ids = given.map(({ id }) => id)
  const found = await strangers
    .find({ _id: { $in: ids }, status: 'assigned' }, { session })
    .toArray()
  const present = new Map(found.map((stranger) => [stranger._id, stranger]))
  return given.flatMap(({ id, anchorId, from, to }) => {
    const stranger = present.get(id)
    if (stranger?.personId !== to || stranger.anchorId !== anchorId) return []
    return [{ id, anchorId, from: to, to: from }]
  })
}

/** Lets strangers follow what an undo does to persons and faces. */
export async function followUndo(
  context: MongoContext,
  {
    plan,
    entryId,
    undoingId,
  }: {
    readonly plan: Pick<
      UndoPlan,
      'removedFaces' | 'removedPersons' | 'restoredFaces' | 'restoredPersons'
    >
    /** The entry that is undone, and the new one. */
    readonly entryId: string
    readonly undoingId: string
  },
  {
    collectionId,
    transaction,
  }: { readonly collectionId: string; readonly transaction: Transaction },
): Promise<void> {
  const { strangers } = context.tables
  const { session } = transaction
  const given = await readGivenBack(context, entryId, transaction)
  await giveStrangers(context, { given, entryId: undoingId }, transaction)
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
    { anchorId: { $in: removed }, status: 'assigned', _id: { $nin: given.map(({ id }) => id) } },
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
