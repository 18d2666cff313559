import { FaceError } from '../../../core/errors.ts'
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
  }: { readonly transaction: Transaction; readonly persons: number; readonly faces: number },
): Promise<void> {
  const { matchedCount } = await tables.counters.updateOne(
    { _id: toCounterId(collectionId, slot) },
    { $inc: { persons, faces } },
    { session },
  )
  if (matchedCount === 0) throw new FaceError('collectionNotFound')
}

/** The sums of a collection's counters. */
export async function readCounts(
  { tables }: MongoContext,
  collectionId: string,
): Promise<{ readonly persons: number; readonly faces: number }> {
  const counters = await tables.counters
    .find({ collectionId }, { projection: { _id: 0, persons: 1, faces: 1 } })
    .toArray()
  let persons = 0
  let faces = 0
  for (const counter of counters) {
    persons += counter.persons
    faces += counter.faces
  }
  return { persons, faces }
}

function toCounterId(collectionId: string, slot: number): string {
  return `${collectionId}:${slot}`
}
