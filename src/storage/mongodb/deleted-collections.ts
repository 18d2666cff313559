import type { Collection as Table } from 'mongodb'
import type { Logger } from '../../platform/logger.ts'
import type { MongoContext } from './context.ts'
import { toStoreError } from './errors.ts'
import { forgetAnswers, forgetLateAnswers } from './idempotency.ts'

/** Removes what is left of deleted collections, and of deleted jobs; see [Note: Deleted collections] in context.ts. */
export interface DeletedCollectionCleaner {
  /** Makes sure that nothing is added to the deleted collection any more. */
  forbidWrites(collectionId: string): Promise<void>
  /** Removes what is left of one deleted collection. */
  purge(collectionId: string): Promise<void>
  /** Begins to remove what is left of all deleted collections, in the background. */
  wake(): void
  /** Resolves when nothing runs any more. */
  close(): Promise<void>
}

interface Numbered {
  readonly _id: string
}

const batchSize = 500
// Time between two looks for what another process left when it died, and after failures.
const lookEveryMs = 30_000

/** Creates the cleaner, which goes on with what was begun earlier. */
export function createDeletedCollectionCleaner(
  context: MongoContext,
  logger: Logger | undefined,
): DeletedCollectionCleaner {
  const {
    counters,
    nameLocks,
    persons,
    faces,
    embeddings,
    crops,
    history,
    trash,
    jobs,
    jobItems,
    jobParts,
    strangerLeases,
    strangers,
    sightings,
    sightingCrops,
    statements,
    purges,
  } = context.tables
  let running: Promise<void> | undefined
  let again = false
  let closed = false

  // Outside a transaction, so that it waits for those that add to the counters instead of
  // conflicting with them again and again.
  async function forbidWrites(collectionId: string): Promise<void> {
    await counters.deleteMany({ collectionId })
    await nameLocks.deleteMany({ collectionId })
    await strangerLeases.deleteMany({ collectionId })
  }

  /** What is removed with a collection, or with a job. */
  function belongings(
    id: string,
  ): readonly { readonly table: Table<Numbered>; readonly filter: object }[] {
    const ofCollection = [
      faces,
      statements,
      persons,
      trash,
      history,
      sightings,
      strangers,
      jobParts,
      jobItems,
      jobs,
    ]
    const tables = ofCollection as unknown as Table<Numbered>[]
    return [
      ...tables.map((table) => ({ table, filter: { collectionId: id } })),
      { table: jobParts as unknown as Table<Numbered>, filter: { jobId: id } },
      { table: jobItems as unknown as Table<Numbered>, filter: { jobId: id } },
    ]
  }

  /** A transaction that writes the purge's own document, so that no batch outlives the purge. @returns whether there may be more */
  async function purgeBatch(collectionId: string): Promise<boolean> {
    let ids: readonly string[] = []
    const more = await context.transact(async ({ session }) => {
      ids = []
      const { matchedCount } = await purges.updateOne(
        { _id: collectionId },
        { $inc: { rounds: 1 } },
        { session },
      )
      if (matchedCount === 0) return false
      for (const { table, filter } of belongings(collectionId)) {
        const found = await table
          .find(filter, { session, projection: { _id: 1 } })
          .sort({ _id: 1 })
          .limit(batchSize)
          .toArray()
        if (found.length === 0) continue
        ids = found.map((document) => document._id)
        const those = { _id: { $in: ids } }
        await forgetAnswers(context, ids, { session })
        // The crops of faces in the trash are where they were.
        if (table === (trash as unknown)) await crops.deleteMany(those, { session })
        if (table === (faces as unknown)) {
          await crops.deleteMany(those, { session })
          await embeddings.deleteMany({ faceId: { $in: ids } }, { session })
        }
        if (table === (sightings as unknown)) await sightingCrops.deleteMany(those, { session })
        await table.deleteMany(those, { session })
        return true
      }
      await purges.deleteOne({ _id: collectionId }, { session })
      return false
    })
    if (ids.length > 0) await forgetLateAnswers(context, ids)
    return more
  }

  async function purge(collectionId: string): Promise<void> {
    await forbidWrites(collectionId)
    while (!closed && (await purgeBatch(collectionId)));
  }

  async function purgeAll(): Promise<void> {
    do {
      again = false
      for (const { _id } of await purges.find().toArray()) {
        if (!closed) await purge(_id)
      }
    } while (again && !closed)
  }

  function wake(): void {
    again = true
    running ??= purgeAll()
      .catch((error: unknown) => {
        const fields = { err: toStoreError(error) }
        if (!closed) logger?.warn(fields, 'a deleted collection is not removed yet; tried again')
      })
      .finally(() => {
        running = undefined
      })
  }

  const timer = setInterval(wake, lookEveryMs).unref()
  wake()

  return {
    forbidWrites,
    purge,
    wake,
    async close() {
      closed = true
      clearInterval(timer)
      await running
    },
  }
}
