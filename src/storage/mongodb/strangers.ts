import type { Filter } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import type { Stranger, StrangerStore } from '../ports/strangers.ts'
import { isUlid } from '../rules/pages.ts'
import { parseStrangerPage, toStrangerPage } from '../rules/strangers.ts'
import { type MongoContext, readInCollection } from './context.ts'
import { createSightingOperations } from './sightings.ts'
import { nextRevision, removeStrangers, toStranger } from './stranger-documents.ts'
import { createPlacingOperations } from './stranger-placing.ts'
import type { StrangerDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: Leases of strangers]
// Each write of a collection's strangers counts in the document of its lease: two of them conflict and
// one is run again, and what is placed by somebody who did not know of the other is refused. Sightings are
// added without it: cameras may bring many a second, and who merges persons meanwhile would conflict
// with them again and again. As everything that is added to a collection they write a counter, which
// the deletion of the collection removes, see [Note: Counters] in counters.ts.

/** Strangers, as {@link StrangerStore} says. */
export function createStrangerOperations(context: MongoContext): StrangerStore {
  const { faces, persons, strangers } = context.tables

  async function find(
    collectionId: string,
    id: string,
    transaction?: Transaction,
  ): Promise<StrangerDocument> {
    const session = transaction && { session: transaction.session }
    const document = isUlid(id)
      ? await strangers.findOne({ collectionId, $or: [{ _id: id }, { formerIds: id }] }, session)
      : null
    if (!document) throw new FaceError('strangerNotFound')
    return document
  }

  async function findAll(
    collectionId: string,
    ids: readonly string[],
    { session }: Transaction,
  ): Promise<readonly StrangerDocument[]> {
    const those = { $in: ids.filter(isUlid) }
    const $or = [{ _id: those }, { formerIds: those }]
    return strangers.find({ collectionId, $or }, { session }).toArray()
  }

  /** Changes one stranger. @param change  of the stranger as it is; it throws when that cannot be */
  async function changeOne(
    { collectionId, id }: { readonly collectionId: string; readonly id: string },
    change: (stranger: StrangerDocument, transaction: Transaction) => Promise<object>,
  ): Promise<Stranger> {
    return context.transact(async (transaction) => {
      const stranger = await find(collectionId, id, transaction)
      const update = await change(stranger, transaction)
      const revision = await nextRevision(context, collectionId, transaction)
      const { _id } = stranger
      const { session } = transaction
      await strangers.updateOne({ _id }, update, { session })
      await strangers.updateOne({ _id }, { $set: { revision } }, { session })
      return toStranger(await find(collectionId, _id, transaction))
    })
  }

  return {
    ...createSightingOperations(context),
    ...createPlacingOperations(context),

    async get(collectionId, id) {
      const read = () => find(collectionId, id)
      const document = await readInCollection(context, collectionId, { read, none: undefined })
      if (!document) throw new FaceError('strangerNotFound')
      return toStranger(document)
    },

    async list(collectionId, options = {}) {
      const { limit, sort, after } = parseStrangerPage(options)
      const { status } = options
      const key = sort === 'count' ? 'count' : 'lastSeenAt'
      const filter: Filter<StrangerDocument> = {
        ...{ collectionId, ...(status === undefined ? {} : { status }) },
        ...(after && {
          $or: [{ [key]: { $lt: after.value } }, { [key]: after.value, _id: { $lt: after.id } }],
        }),
      }
      const read = () =>
        strangers
          .find(filter)
          .sort({ [key]: -1, _id: -1 })
          .limit(limit + 1)
          .toArray()
      const none: readonly StrangerDocument[] = []
      const found = await readInCollection(context, collectionId, { read, none })
      return toStrangerPage(found.map(toStranger), { limit, sort })
    },

    setIgnored: (collectionId, ids, ignored) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const found = await findAll(collectionId, ids, transaction)
        const changed = found.filter(({ status }) => status !== 'assigned').map(({ _id }) => _id)
        const revision = await nextRevision(context, collectionId, transaction)
        const status = ignored ? 'ignored' : 'shown'
        const update = { $set: { status, revision }, $unset: { likeId: '' } } as const
        await strangers.updateMany({ _id: { $in: changed } }, update, { session })
        if (!ignored) await strangers.updateMany({ likeId: { $in: changed } }, update, { session })
        return changed
      }),

    assign: (collectionId, id, { personId, anchorId }) =>
      changeOne({ collectionId, id }, async ({ status }, { session }) => {
        if (status === 'assigned') {
          throw new FaceError('strangerConflict', { detail: 'It is assigned already.' })
        }
        const face = await faces.findOne(
          { _id: anchorId, collectionId },
          { session, projection: { personId: 1 } },
        )
        const owner = face?.personId ?? personId
        // Written, so that it does not run beside a merge or the deletion of the person.
        const { matchedCount } = isUlid(owner)
          ? await persons.updateOne(
              { _id: owner, collectionId },
              { $inc: { statements: 1 } },
              { session },
            )
          : { matchedCount: 0 }
        if (matchedCount === 0) throw new FaceError('personNotFound')
        const set = { status: 'assigned', personId: owner, anchorId }
        return { $set: set, $unset: { likeId: '' } }
      }),

    unassign: (collectionId, id) =>
      changeOne({ collectionId, id }, async ({ status }) => {
        if (status !== 'assigned') {
          throw new FaceError('strangerConflict', { detail: 'It is not assigned.' })
        }
        return { $set: { status: 'shown' }, $unset: { personId: '', anchorId: '' } }
      }),

    discard: (collectionId, ids) =>
      context.transact(async (transaction) => {
        const found = await findAll(collectionId, ids, transaction)
        const removed = found.map(({ _id }) => _id)
        await nextRevision(context, collectionId, transaction)
        await removeStrangers(context, removed, transaction)
        return removed
      }),
  }
}
