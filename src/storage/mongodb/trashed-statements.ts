import type { MongoContext } from './context.ts'
import { addToCounts } from './counters.ts'
import type { StatementDocument, TrashDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: Statements that come back]
// What was said goes with the person and with the face it was said of, and comes back when the deletion
// is undone and both are there again. When persons are merged, what was said of those who go holds for
// the one who survives, as a copy that knows its original: an undo brings the original back, and
// removes the copy.

/** By what statements belong to what is removed. */
type Belonging = { readonly personIds: readonly string[] } | { readonly faceIds: readonly string[] }

/** Removes statements of persons, or about faces, that are removed, and keeps them with the entry, if any. */
export async function removeStatements(
  context: MongoContext,
  {
    collectionId,
    entryId,
    transaction,
  }: {
    readonly collectionId: string
    readonly entryId?: string | undefined
    readonly transaction: Transaction
  },
  of: Belonging,
): Promise<void> {
  const { statements, trash } = context.tables
  const { session } = transaction
  if (entryId === undefined && 'faceIds' in of) {
    await trash.deleteMany({ 'statement.faceId': { $in: [...of.faceIds] } }, { session })
  }
  const those =
    'personIds' in of
      ? { personId: { $in: [...of.personIds] } }
      : { faceId: { $in: [...of.faceIds] } }
  const found = await statements.find(those, { session }).toArray()
  if (found.length === 0) return
  if (entryId !== undefined) {
    const removedAt = context.now()
    await trash.insertMany(
      found.map(
        (statement): TrashDocument => ({
          ...{ _id: statement._id, collectionId, entryId, record: 'statement', removedAt },
          ...{ personId: statement.personId, statement },
        }),
      ),
      { session },
    )
  }
  await statements.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } }, { session })
  await count(context, found, { collectionId, sign: -1, transaction })
}

/** Puts statements back whose person and face are there again; a newer word of the same face counts. */
export async function restoreStatements(
  context: MongoContext,
  of: Belonging,
  transaction: Transaction,
): Promise<void> {
  const { statements, trash, persons, faces } = context.tables
  const { session } = transaction
  const those =
    'personIds' in of
      ? { record: 'statement' as const, personId: { $in: [...of.personIds] } }
      : { 'statement.faceId': { $in: [...of.faceIds] } }
  const kept = await trash.find(those, { session }).toArray()
  for (const { _id, collectionId, statement } of kept) {
    if (statement === undefined) continue
    const { personId, faceId, source } = statement
    if (!(await persons.findOne({ _id: personId }, { session, projection: { _id: 1 } }))) continue
    const isThere =
      faceId === undefined ||
      (await faces.findOne({ _id: faceId }, { session, projection: { _id: 1 } }))
    if (!isThere) continue
    const copies = await statements.find({ copyOf: _id }, { session }).toArray()
    await statements.deleteMany({ copyOf: _id }, { session })
    await count(context, copies, { collectionId, sign: -1, transaction })
    await trash.deleteOne({ _id }, { session })
    if (await statements.findOne({ personId, source }, { session, projection: { _id: 1 } }))
      continue
    await statements.insertOne(statement, { session })
    await count(context, [statement], { collectionId, sign: 1, transaction })
  }
}

/** Copies what was said of persons for another one, but for rejections of faces that are now theirs. */
export async function copyStatements(
  context: MongoContext,
  {
    from,
    to,
    collectionId,
  }: { readonly from: readonly string[]; readonly to: string; readonly collectionId: string },
  transaction: Transaction,
): Promise<void> {
  const { statements, faces } = context.tables
  const { session } = transaction
  const theirs = await statements
    .find({ personId: { $in: [...from] } }, { session })
    .sort({ _id: 1 })
    .toArray()
  if (theirs.length === 0) return
  const faceIds = theirs.flatMap(({ faceId }) => faceId ?? [])
  const own = await faces
    .find(
      { _id: { $in: faceIds }, personId: { $in: [...from, to] } },
      { session, projection: { _id: 1 } },
    )
    .toArray()
  const ownIds = new Set(own.map(({ _id }) => _id))
  const known = await statements
    .find({ personId: to }, { session, projection: { source: 1 } })
    .toArray()
  const sources = new Set(known.map(({ source }) => source))
  const copies: StatementDocument[] = []
  for (const statement of theirs) {
    const { _id, kind, faceId = '', source } = statement
    if (sources.has(source) || (kind === 'rejection' && ownIds.has(faceId))) continue
    sources.add(source)
    copies.push({ ...statement, _id: context.newId(), personId: to, copyOf: _id })
  }
  if (copies.length === 0) return
  await statements.insertMany(copies, { session })
  await count(context, copies, { collectionId, sign: 1, transaction })
}

/** Adds the rejections among statements to the counts, or takes them off. */
async function count(
  context: MongoContext,
  found: readonly StatementDocument[],
  {
    collectionId,
    sign,
    transaction,
  }: { readonly collectionId: string; readonly sign: 1 | -1; readonly transaction: Transaction },
): Promise<void> {
  const rejections = sign * found.filter(({ kind }) => kind === 'rejection').length
  if (rejections === 0) return
  await addToCounts(context, collectionId, { transaction, persons: 0, faces: 0, rejections })
}
