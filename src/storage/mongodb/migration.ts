import { setTimeout as pause } from 'node:timers/promises'
import type { Binary, Db, Document, Collection as Table } from 'mongodb'
import { foldName } from '../rules/person-fields.ts'
import { toSortName, toWords } from '../rules/person-words.ts'
import { toEmbeddingId } from './documents.ts'
import { toStoreError } from './errors.ts'
import {
  type EmbeddingDocument,
  type FaceDocument,
  type PersonDocument,
  schemaVersion,
  type Tables,
} from './tables.ts'
import type { Transactions } from './transactions.ts'

// [Note: Migration]
// In databases of version 1 a face's document has its embedding and the model's id, collections have
// no `indexId`, and changes tell of no model. In those of versions 1 and 2 persons have a name and
// metadata only, and nothing that finds them by words. A database is brought to version 3 while it is
// opened, and is used when that is done:
//
// 1. `schemaVersion` becomes 3, so that earlier programs do not open the database any more.
// 2. Validators make the server refuse what those write that have it open. Nothing of theirs is lost
//    silently: each of their writes of faces, of collections, and each deletion is one transaction with a
//    change or a collection's document, which is refused, and so the whole. Nor do they remove what
//    they would remove by half: a face without the embedding that it has elsewhere, or the rest of a
//    deleted collection. They have to be ended; what they read of embeddings fails, too. A person
//    whom they make or rename is refused by the earlier name of a field.
// 3. Collections get their `indexId`, and embeddings move, in batches, each a transaction. It writes the
//    faces, so that it is run again when one of them is deleted, or moved by another process, at the
//    same time. Persons get their fields in the same way.
// 4. `contentVersion` becomes 3.
//
// Each step may be done again, by several processes at once: one that was killed leaves the rest to
// whoever opens the database next. Changes are read from the oplog, where nothing can be added to
// them; feed.ts adds the model. Cursors stay valid.

/** A face's document of version 1; its embedding is gone when it has moved. */
interface EarlierFace extends FaceDocument {
  readonly modelId?: string
  readonly embedding?: Binary
}

/** A person's document of versions 1 and 2. */
interface EarlierPerson extends PersonDocument {
  readonly nameFolded?: string
}

const batchSize = 500
const retryMs = 50

/** What a database of an earlier version is brought to this one with. */
export interface Migration extends Pick<Transactions, 'transact'> {
  readonly db: Db
  readonly tables: Tables
  readonly validators: Readonly<Record<string, Document>>
}

/** Brings a database of an earlier version to this one; see [Note: Migration]. */
export async function migrate(migration: Migration): Promise<void> {
  const { db, tables, validators } = migration
  await tables.meta.updateOne({ _id: 'database' }, { $max: { schemaVersion } })
  for (const [collMod, validator] of Object.entries(validators)) {
    await db.command({ collMod, validator, writeConcern: { w: 'majority' } })
  }
  await tables.purges.updateMany({ batches: { $exists: true } }, { $rename: { batches: 'rounds' } })
  await tables.collections.updateMany({ indexId: { $exists: false } }, [
    { $set: { indexId: '$_id' } },
  ])
  await inBatches((after) => moveEmbeddings(migration, after))
  await inBatches((after) => fillPersons(migration, after))
  await tables.meta.updateOne({ _id: 'database' }, { $max: { contentVersion: schemaVersion } })
}

/** @param migrateBatch  brings the next ones to this version, and answers the last one's id; `undefined` when there are no more */
async function inBatches(
  migrateBatch: (after: string) => Promise<string | undefined>,
): Promise<void> {
  let after: string | undefined = ''
  while (after !== undefined) {
    try {
      after = await migrateBatch(after)
    } catch (error) {
      // Another process does the same ones.
      if (toStoreError(error).code !== 'storeBusy') throw error
      await pause(retryMs)
    }
  }
}

/** Moves the embeddings of the next faces. @returns id of the last of them; `undefined` when there are no more */
function moveEmbeddings(
  { tables, transact }: Migration,
  after: string,
): Promise<string | undefined> {
  const faces = tables.faces as unknown as Table<EarlierFace>
  return transact(async ({ session }) => {
    const found = await faces
      .find({ _id: { $gt: after }, embedding: { $exists: true } }, { session })
      .sort({ _id: 1 })
      .limit(batchSize)
      .toArray()
    const last = found.at(-1)
    if (last === undefined) return undefined
    const moved = found.flatMap(({ _id: faceId, collectionId, modelId, embedding }) => {
      if (modelId === undefined || embedding === undefined) return []
      const _id = toEmbeddingId(faceId, { modelId })
      return [{ _id, collectionId, faceId, modelId, embedding } satisfies EmbeddingDocument]
    })
    await tables.embeddings.insertMany(moved, { session })
    await faces.updateMany(
      { _id: { $in: found.map(({ _id }) => _id) } },
      { $unset: { embedding: '', modelId: '' } },
      { session },
    )
    return last._id
  })
}

/** Gives the next persons the fields that they lack. @returns as {@link moveEmbeddings} */
function fillPersons({ tables, transact }: Migration, after: string): Promise<string | undefined> {
  const persons = tables.persons as unknown as Table<EarlierPerson>
  return transact(async ({ session }) => {
    const found = await persons
      .find({ _id: { $gt: after }, nameFolded: { $exists: true } }, { session })
      .sort({ _id: 1 })
      .limit(batchSize)
      .toArray()
    if (found.length === 0) return undefined
    await persons.bulkWrite(
      found.map(({ _id, name }) => {
        const aliases: readonly string[] = []
        const names = { folded: foldName(name), words: toWords([name]), sortName: toSortName(name) }
        const others = { aliases, hidden: false, favourite: false, revision: 1, lastSeenAt: '' }
        const update = { $set: { ...names, ...others }, $unset: { nameFolded: '' } } as const
        return { updateOne: { filter: { _id }, update } }
      }),
      { session },
    )
    return found.at(-1)?._id
  })
}
