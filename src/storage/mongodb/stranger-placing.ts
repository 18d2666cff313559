import type { AnyBulkWriteOperation } from 'mongodb'
import type { StrangerStore } from '../ports/strangers.ts'
import { followJoins } from '../rules/strangers.ts'
import type { MongoContext } from './context.ts'
import { toBinary } from './documents.ts'
import { refreshStrangers, toRecords } from './stranger-documents.ts'
import type { SightingDocument, StrangerDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

/** How sightings are put to strangers, as {@link StrangerStore} says. */
export function createPlacingOperations(
  context: MongoContext,
): Pick<StrangerStore, 'claim' | 'records' | 'ids' | 'place'> {
  const { strangerLeases, strangers, sightings } = context.tables

  /** Makes one stranger another; where there is only the id of the first, only the id is kept. */
  async function joinInto(
    { from, into }: { readonly from: string; readonly into: string },
    { session }: Transaction,
  ): Promise<void> {
    const was = await strangers.findOneAndDelete({ _id: from }, { session })
    await sightings.updateMany({ strangerId: from }, { $set: { strangerId: into } }, { session })
    await strangers.updateOne(
      { _id: into },
      { $addToSet: { formerIds: { $each: [from, ...(was?.formerIds ?? [])] } } },
      { session },
    )
    // Somebody said that one of the two is of no interest.
    if (was?.status === 'ignored') {
      await strangers.updateOne(
        { _id: into, status: 'shown' },
        { $set: { status: 'ignored' } },
        { session },
      )
    }
    await strangers.updateMany(
      { likeId: from, _id: { $ne: into } },
      { $set: { likeId: into } },
      { session },
    )
    await strangers.updateOne({ _id: into, likeId: from }, { $unset: { likeId: '' } }, { session })
  }

  return {
    async claim(collectionId, { holder, leaseMs }) {
      const free = [
        { holder: { $exists: false } },
        { holder },
        { $expr: { $lt: ['$leaseUntil', '$$NOW'] } },
      ]
      const lease = await strangerLeases.findOneAndUpdate(
        { _id: collectionId, $or: free },
        [{ $set: { holder: { $literal: holder }, leaseUntil: { $add: ['$$NOW', leaseMs] } } }],
        { returnDocument: 'after' },
      )
      return lease?.revision
    },

    async records({ id: collectionId, modelId }, { since, ids, after = '', limit }) {
      const found = await strangers
        .find({
          ...{ collectionId, modelId },
          _id: ids === undefined ? { $gt: after } : { $gt: after, $in: [...ids] },
          ...{ revision: { $gt: since }, status: { $ne: 'assigned' } },
        })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray()
      return toRecords(context, found)
    },

    async ids({ id: collectionId, modelId }) {
      const found = await strangers
        .find({ collectionId, modelId, status: { $ne: 'assigned' } }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .toArray()
      return found.map(({ _id }) => _id)
    },

    place: ({ holder, revision: known }, { set, placed, joined, strangers: states }) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const lease = await strangerLeases.updateOne(
          { _id: set.id, holder, revision: known },
          { $inc: { revision: 1 } },
          { session },
        )
        if (lease.matchedCount === 0) return undefined
        const revision = known + 1
        const upserts = states.map(
          ({ id, count, sum, memberIds, likeId }): AnyBulkWriteOperation<StrangerDocument> => {
            const status = likeId === undefined ? 'shown' : 'ignored'
            const seen = { firstSeenAt: '', lastSeenAt: '', coverId: '' }
            const fresh = { collectionId: set.id, modelId: set.modelId, status, ...seen } as const
            const update = {
              $set: { count, sum: toBinary(sum), memberIds: [...memberIds], revision },
              $setOnInsert: likeId === undefined ? fresh : { ...fresh, likeId },
            }
            return { updateOne: { filter: { _id: id }, update, upsert: true } }
          },
        )
        if (upserts.length > 0) await strangers.bulkWrite(upserts, { session })
        const follow = followJoins(joined)
        for (const { from } of joined) {
          await joinInto({ from, into: follow(from) }, transaction)
        }
        const moves = placed.map(
          ({ sightingId, strangerId }): AnyBulkWriteOperation<SightingDocument> => {
            const update = {
              $set: { strangerId: follow(strangerId) },
              $unset: { waiting: '' as const },
            }
            return { updateOne: { filter: { _id: sightingId }, update } }
          },
        )
        if (moves.length > 0) await sightings.bulkWrite(moves, { session })
        await refreshStrangers(
          context,
          states.map(({ id }) => id),
          transaction,
        )
        return revision
      }),
  }
}
