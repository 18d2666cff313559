import type { Collection } from '../ports/collections.ts'
import { toErasureEvent } from '../rules/audit.ts'
import { modelsOf } from '../rules/second-models.ts'
import type { MongoContext } from './context.ts'
import { toEmbeddingId } from './documents.ts'
import { insertChanges } from './feed.ts'
import { scrubHistory } from './history-documents.ts'
import { forgetAnswers } from './idempotency.ts'
import { assertFreeExternalId } from './person-by-name.ts'
import { eraseStrangersOf } from './stranger-persons.ts'
import type { FaceDocument, PersonDocument, TrashDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { removeStatements, restoreStatements } from './trashed-statements.ts'

// What is deleted is kept apart, as [Note: Trash] in history.ts says. Crops alone stay where they are: they are found by their faces only, and they are the bulk of what
// a person of a thousand faces has. They are erased with the trash.

/** Where removed documents go; without an entry they are erased. */
export interface Removal {
  readonly collectionId: string
  readonly entryId?: string | undefined
  readonly transaction: Transaction
  /** What a face is in the trash, see [Note: Set-aside] in ports/set-aside.ts; default `face`. */
  readonly record?: 'face' | 'setAside'
}

/** Removes faces with their embeddings and crops, and writes their changes. The counts are the caller's. */
export async function removeFaces(
  context: MongoContext,
  removal: Removal,
  found: readonly FaceDocument[],
): Promise<void> {
  if (found.length === 0) return
  const { tables } = context
  const { collectionId, entryId, transaction } = removal
  const { session } = transaction
  const ids = found.map(({ _id }) => _id)
  await forgetAnswers(context, ids, transaction)
  await removeStatements(context, removal, { faceIds: ids })
  if (entryId === undefined) {
    const withCrop = found.filter(({ hasCrop }) => hasCrop).map(({ _id }) => _id)
    if (withCrop.length > 0) await tables.crops.deleteMany({ _id: { $in: withCrop } }, { session })
  } else await keep(context, removal, await toTrash(context, { ...removal, entryId }, found))
  await tables.faces.deleteMany({ _id: { $in: ids } }, { session })
  await tables.embeddings.deleteMany({ faceId: { $in: ids } }, { session })
  const changes = ids.map((faceId) => ({ kind: 'faceRemoved', collectionId, faceId }) as const)
  await insertChanges(context, changes, transaction)
}

async function toTrash(
  { tables, now }: MongoContext,
  {
    collectionId,
    entryId,
    record = 'face',
    transaction: { session },
  }: Removal & { readonly entryId: string },
  found: readonly FaceDocument[],
): Promise<readonly TrashDocument[]> {
  const ids = found.map(({ _id }) => _id)
  const embeddings = await tables.embeddings
    .find({ faceId: { $in: ids } }, { session })
    .sort({ _id: 1 })
    .toArray()
  const at = record === 'face' ? { removedAt: now() } : { setAsideAt: now() }
  return found.map((face) => ({
    ...{ _id: face._id, collectionId, entryId, record, ...at },
    ...{ personId: face.personId, face },
    embeddings: embeddings.filter(({ faceId }) => faceId === face._id),
  }))
}

/** Removes persons who have no faces any more. The counts are the caller's. */
export async function removePersons(
  context: MongoContext,
  removal: Removal,
  found: readonly PersonDocument[],
): Promise<void> {
  if (found.length === 0) return
  const { tables, now } = context
  const { collectionId, entryId, transaction } = removal
  const { session } = transaction
  const ids = found.map(({ _id }) => _id)
  await forgetAnswers(context, ids, transaction)
  await tables.jobItems.deleteMany({ personId: { $in: ids } }, { session })
  await removeStatements(context, removal, { personIds: ids })
  await tables.persons.deleteMany({ _id: { $in: ids } }, { session })
  if (entryId === undefined) return forgetPersons(context, removal, ids)
  const documents = found.map(
    (person): TrashDocument => ({
      ...{ _id: person._id, collectionId, entryId, record: 'person', removedAt: now() },
      ...{ personId: person._id, person },
    }),
  )
  await keep(context, removal, documents)
}

async function keep(
  { tables }: MongoContext,
  { transaction: { session } }: Removal,
  documents: readonly TrashDocument[],
): Promise<void> {
  // It is there when a transfer brought back what was removed.
  await tables.trash.deleteMany({ _id: { $in: documents.map(({ _id }) => _id) } }, { session })
  await tables.trash.insertMany([...documents], { session })
}

/** Puts persons back who are in the trash, without faces. @throws {FaceError} `externalIdTaken` */
export async function restorePersons(
  context: MongoContext,
  removal: Removal,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return
  const { tables } = context
  const { transaction } = removal
  const { session } = transaction
  const those = { _id: { $in: [...ids] } }
  const kept = await tables.trash.find(those, { session }).toArray()
  const persons = kept.flatMap(({ person }) => (person ? [{ ...person, faceCount: 0 }] : []))
  for (const person of persons) await assertFreeExternalId(context, person, transaction)
  await tables.persons.insertMany(persons, { session })
  await tables.trash.deleteMany(those, { session })
  await restoreStatements(context, removal, { personIds: ids })
}

/** Puts faces back that are in the trash, with their embeddings of models that the collection has. */
export async function restoreFaces(
  context: MongoContext,
  removal: Removal,
  { collection, kept }: { collection: Collection; readonly kept: readonly TrashDocument[] },
): Promise<void> {
  if (kept.length === 0) return
  const { tables } = context
  const { transaction } = removal
  const { session } = transaction
  const models = new Set(modelsOf(collection).map(({ modelId }) => modelId))
  await tables.faces.insertMany(
    kept.flatMap(({ face }) => (face ? [face] : [])),
    { session },
  )
  const embeddings = kept
    .flatMap((document) => document.embeddings ?? [])
    .filter(({ modelId }) => models.has(modelId))
    .map((embedding) => ({ ...embedding, _id: toEmbeddingId(embedding.faceId, embedding) }))
  if (embeddings.length > 0) await tables.embeddings.insertMany(embeddings, { session })
  const changes = embeddings.map(
    ({ collectionId, faceId, modelId }) =>
      ({ kind: 'faceAdded', collectionId, faceId, modelId }) as const,
  )
  await insertChanges(context, changes, transaction)
  const ids = kept.map(({ _id }) => _id)
  await tables.trash.deleteMany({ _id: { $in: ids } }, { session })
  await restoreStatements(context, removal, { faceIds: ids })
}

/**
 * Erases what the trash and the history have of persons who are erased, beyond ids and times; whoever
 * was merged into one of them is the same individual.
 */
export async function forgetPersons(
  context: MongoContext,
  { collectionId, transaction }: Omit<Removal, 'entryId'>,
  personIds: readonly string[],
): Promise<void> {
  const { tables } = context
  const { session } = transaction
  const merges = await tables.history
    .find(
      { collectionId, personIds: { $in: [...personIds] }, kind: 'personsMerged' },
      { session, projection: { _id: 1 } },
    )
    .toArray()
  const merged = await tables.trash
    .find(
      { entryId: { $in: merges.map(({ _id }) => _id) }, record: 'person' },
      { session, projection: { _id: 1 } },
    )
    .toArray()
  const ids = new Set([...personIds, ...merged.map(({ _id }) => _id)])
  const kept = await tables.trash
    .find({ personId: { $in: [...ids] } }, { session, projection: { embeddings: 0 } })
    .toArray()
  await eraseKept(context, kept, transaction)
  await scrubHistory(context, collectionId, { personIds: ids, transaction })
  await eraseStrangersOf(context, ids, { collectionId, transaction })
}

/** Erases documents of the trash, and the crops of its faces. */
export async function eraseKept(
  { tables }: MongoContext,
  kept: readonly Pick<TrashDocument, '_id' | 'record'>[],
  { session }: Transaction,
): Promise<void> {
  if (kept.length === 0) return
  const isFace = ({ record }: Pick<TrashDocument, 'record'>) =>
    record === 'face' || record === 'setAside'
  const faceIds = kept.filter(isFace).map(({ _id }) => _id)
  await tables.trash.deleteMany({ 'statement.faceId': { $in: faceIds } }, { session })
  // A transfer may have brought a face back, whose crop it is then.
  const there = await tables.faces
    .find({ _id: { $in: faceIds } }, { session, projection: { _id: 1 } })
    .toArray()
  const used = new Set(there.map(({ _id }) => _id))
  const unused = faceIds.filter((id) => !used.has(id))
  if (unused.length > 0) await tables.crops.deleteMany({ _id: { $in: unused } }, { session })
  await tables.trash.deleteMany({ _id: { $in: kept.map(({ _id }) => _id) } }, { session })
}

/** As {@link import('../ports/history.ts').HistoryStore.eraseTrash} says. */
export async function eraseTrash(
  context: MongoContext,
  removedBefore: string,
  limit: number,
): Promise<number> {
  const { tables } = context
  return context.transact(async (transaction) => {
    const { session } = transaction
    const kept = await tables.trash
      .find({ removedAt: { $lt: removedBefore } }, { session, projection: { embeddings: 0 } })
      .sort({ removedAt: 1 })
      .limit(limit)
      .toArray()
    const persons = kept.filter(({ record }) => record === 'person')
    const personIds = persons.map(({ _id }) => _id)
    // What no time erases goes with its person.
    const theirs = await tables.trash
      .find(
        { personId: { $in: personIds }, record: { $in: ['setAside', 'statement'] } },
        { session, projection: { embeddings: 0 } },
      )
      .toArray()
    await eraseKept(context, [...kept, ...theirs], transaction)
    for (const collectionId of new Set(persons.map((document) => document.collectionId))) {
      const its = persons.filter((document) => document.collectionId === collectionId)
      const personIds = new Set(its.map(({ _id }) => _id))
      transaction.notes.push(toErasureEvent(collectionId, [...personIds]))
      await scrubHistory(context, collectionId, { personIds, transaction })
      await eraseStrangersOf(context, personIds, { collectionId, transaction })
    }
    return kept.length
  })
}
