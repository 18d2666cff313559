import { FaceError } from '../../core/errors.ts'
import type { GalleryTotals } from '../ports/collections.ts'
import type { MongoContext } from './context.ts'
import { counterSlots, type Transaction } from './transactions.ts'

// [Note: Counters]
// counts() is called for every identification, so persons and faces are counted when they are
// written. One count for a collection would be a document that all enrolments write, and all but
// one of those that run at once would conflict. Each collection has many counters, of which a
// transaction takes one that no other of this process has (its slot); the counts are their sums. As every
// transaction that adds or removes persons or faces writes a counter, removing the counters also
// keeps anything more from being added to a collection that was deleted.

/** Creates the counters of a new collection. */
export async function createCounters(
  { tables }: MongoContext,
  collectionId: string,
  { session }: Transaction,
): Promise<void> {
  const counters = Array.from({ length: counterSlots }, (_, slot) => ({
    _id: toCounterId(collectionId, slot),
    collectionId,
    persons: 0,
    faces: 0,
  }))
  await tables.counters.insertMany(counters, { session })
}

/** Adds to the counts. @throws {FaceError} `collectionNotFound` */
export async function addToCounts(
  { tables }: MongoContext,
  collectionId: string,
  {
    transaction: { session, slot },
    persons,
    faces,
    rejections = 0,
  }: {
    readonly transaction: Transaction
    readonly persons: number
    readonly faces: number
    readonly rejections?: number
  },
): Promise<void> {
  const { matchedCount } = await tables.counters.updateOne(
    { _id: toCounterId(collectionId, slot) },
    { $inc: { persons, faces, ...(rejections === 0 ? {} : { rejections }) } },
    { session },
  )
  if (matchedCount === 0) throw new FaceError('collectionNotFound')
}

/** The sums of a collection's counters. @param transaction  in which they are read, if in any */
export async function readCounts(
  { tables }: MongoContext,
  collectionId: string,
  transaction?: Transaction,
): Promise<{ readonly persons: number; readonly faces: number; readonly rejections: number }> {
  const session = transaction && { session: transaction.session }
  const counters = await tables.counters
    .find(
      { collectionId },
      { ...session, projection: { _id: 0, persons: 1, faces: 1, rejections: 1 } },
    )
    .toArray()
  let persons = 0
  let faces = 0
  let rejections = 0
  for (const counter of counters) {
    persons += counter.persons
    faces += counter.faces
    rejections += counter.rejections ?? 0
  }
  return { persons, faces, rejections }
}

/** The sums of all counters, and how many collections there are. */
export async function readTotals({ tables }: MongoContext): Promise<GalleryTotals> {
  const sums = { _id: null, persons: { $sum: '$persons' }, faces: { $sum: '$faces' } }
  const [collections, [sum]] = await Promise.all([
    tables.collections.countDocuments(),
    tables.counters
      .aggregate<Pick<GalleryTotals, 'persons' | 'faces'>>([{ $group: sums }])
      .toArray(),
  ])
  return { collections, persons: sum?.persons ?? 0, faces: sum?.faces ?? 0 }
}

/**
 * Removes the counters of a collection that nobody is in. A transaction that adds somebody at the same time
 * writes one of them, so one of the two transactions is run again.
 *
 * @throws {FaceError} `collectionExists` when somebody is in it
 */
export async function removeEmptyCounters(
  context: MongoContext,
  collectionId: string,
  transaction: Transaction,
): Promise<void> {
  const { persons, faces } = await readCounts(context, collectionId, transaction)
  if (persons + faces > 0) throw new FaceError('collectionExists')
  const { session } = transaction
  await context.tables.counters.deleteMany({ collectionId }, { session })
}

function toCounterId(collectionId: string, slot: number): string {
  return `${collectionId}:${slot}`
}
