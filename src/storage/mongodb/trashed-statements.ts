import type { MongoContext } from './context.ts'
import { addToCounts } from './counters.ts'
import type { StatementDocument, TrashDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: Statements that come back]
// What was said goes with the person and with the face it was said of (`statement`), and comes back when
// the deletion is undone and both are there again. When persons are merged, what was said of those who
// go holds for the one who survives, as a copy that knows its original: an undo brings the original
// back, and takes the copy. A face that somebody gives to a person is not rejected for that person any
// more. Copies that were taken and rejections that ended so (`revoked`) come back only when the very
// entry that took them is undone, however often persons and faces come and go in between.

/** Where statements go; without an entry they are erased. */
export interface StatementRemoval {
  readonly collectionId: string
  readonly entryId?: string | undefined
  readonly transaction: Transaction
  /** What was said of a face that is set aside is kept as long as the face. */
  readonly record?: 'face' | 'setAside'
}

/** By what statements belong to what is removed. */
type Belonging = { readonly personIds: readonly string[] } | { readonly faceIds: readonly string[] }

/** Removes statements of persons, or about faces, that are removed, and keeps them with the entry, if any. */
export async function removeStatements(
  context: MongoContext,
  removal: StatementRemoval,
  of: Belonging,
): Promise<void> {
  const { statements, trash } = context.tables
  const { entryId, transaction } = removal
  const { session } = transaction
  if (entryId === undefined && 'faceIds' in of) {
    await trash.deleteMany({ 'statement.faceId': { $in: [...of.faceIds] } }, { session })
  }
  const those =
    'personIds' in of
      ? { personId: { $in: [...of.personIds] } }
      : { faceId: { $in: [...of.faceIds] } }
  const found = await statements.find(those, { session }).toArray()
  await takeStatements(context, removal, { found, record: 'statement' })
}

/** Removes statements that were found, and keeps them with the entry, if any. */
export async function takeStatements(
  context: MongoContext,
  { collectionId, entryId, transaction, record: of }: StatementRemoval,
  {
    found,
    record,
  }: {
    readonly found: readonly StatementDocument[]
    readonly record: 'statement' | 'revoked'
  },
): Promise<void> {
  if (found.length === 0) return
  const { statements, trash } = context.tables
  const { session } = transaction
  const those = { _id: { $in: found.map(({ _id }) => _id) } }
  if (entryId !== undefined) {
    const at = of === 'setAside' ? {} : { removedAt: context.now() }
    await trash.deleteMany(those, { session })
    await trash.insertMany(
      found.map(
        (statement): TrashDocument => ({
          ...{ _id: statement._id, collectionId, entryId, record, ...at },
          ...{ personId: statement.personId, statement },
        }),
      ),
      { session },
    )
  }
  await statements.deleteMany(those, { session })
  await count(context, found, { collectionId, sign: -1, transaction })
}

/**
 * Puts statements back whose person and face are there again; a newer word of the same face counts.
 *
 * @param removal  where the copies go that stood for them
 */
export async function restoreStatements(
  context: MongoContext,
  removal: StatementRemoval,
  of: Belonging,
): Promise<void> {
  const { statements, trash } = context.tables
  const { transaction } = removal
  const { session } = transaction
  const those =
    'personIds' in of
      ? { personId: { $in: [...of.personIds] } }
      : { 'statement.faceId': { $in: [...of.faceIds] } }
  const kept = await trash.find({ ...those, record: 'statement' }, { session }).toArray()
  const returning = await findReturning(context, kept, transaction)
  if (returning.length === 0) return
  const originals = { copyOf: { $in: returning.map(({ _id }) => _id) } }
  const copies = await statements.find(originals, { session }).toArray()
  await takeStatements(context, removal, { found: copies, record: 'revoked' })
  await putBack(context, returning, removal)
}

/** Puts back what an entry revoked that is undone; what cannot be yet, comes with its person or face. */
export async function restoreRevoked(
  context: MongoContext,
  entryId: string,
  removal: Omit<StatementRemoval, 'entryId'>,
): Promise<void> {
  const { trash } = context.tables
  const { session } = removal.transaction
  const those = { entryId, record: 'revoked' } as const
  const kept = await trash.find(those, { session }).toArray()
  if (kept.length === 0) return
  await putBack(context, await findReturning(context, kept, removal.transaction), removal)
  await trash.updateMany(those, { $set: { record: 'statement' } }, { session })
}

/** Those whose person and face are there, and no original in the place of a copy. */
async function findReturning(
  { tables: { statements, persons, faces } }: MongoContext,
  kept: readonly TrashDocument[],
  { session }: Transaction,
): Promise<readonly StatementDocument[]> {
  const found = kept.flatMap(({ statement }) => statement ?? [])
  if (found.length === 0) return []
  const options = { session, projection: { _id: 1 } } as const
  const among = (ids: readonly string[]) => ({ _id: { $in: [...new Set(ids)] } })
  const [there, originals] = [new Set<string>(), new Set<string>()]
  const personIds = among(found.map(({ personId }) => personId))
  for (const { _id } of await persons.find(personIds, options).toArray()) there.add(_id)
  const faceIds = among(found.flatMap(({ faceId }) => faceId ?? []))
  for (const { _id } of await faces.find(faceIds, options).toArray()) there.add(_id)
  const returning = found.filter(
    ({ personId, faceId }) => there.has(personId) && (faceId === undefined || there.has(faceId)),
  )
  const copied = among(returning.flatMap(({ copyOf }) => copyOf ?? []))
  for (const { _id } of await statements.find(copied, options).toArray()) originals.add(_id)
  for (const { _id } of returning) originals.add(_id)
  return returning.filter(({ copyOf }) => copyOf === undefined || !originals.has(copyOf))
}

/** Takes statements out of the trash, where no newer word of the same face is there. */
async function putBack(
  context: MongoContext,
  returning: readonly StatementDocument[],
  { collectionId, transaction }: Omit<StatementRemoval, 'entryId'>,
): Promise<void> {
  if (returning.length === 0) return
  const { statements, trash } = context.tables
  const { session } = transaction
  const ids = returning.map(({ _id }) => _id)
  await trash.deleteMany({ _id: { $in: ids } }, { session })
  const personIds = [...new Set(returning.map(({ personId }) => personId))]
  const newer = await statements
    .find(
      { personId: { $in: personIds }, source: { $in: returning.map(({ source }) => source) } },
      { session, projection: { personId: 1, source: 1 } },
    )
    .toArray()
  const toKey = ({ personId, source }: Pick<StatementDocument, 'personId' | 'source'>) =>
    `${personId} ${source}`
  const known = new Set(newer.map(toKey))
  const written = returning.filter((statement) => {
    const key = toKey(statement)
    return !known.has(key) && known.add(key)
  })
  if (written.length === 0) return
  await statements.insertMany(written, { session })
  await count(context, written, { collectionId, sign: 1, transaction })
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
