import { type AnyBulkWriteOperation, Binary, type Filter } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import type { NewSighting, Stranger, StrangerStore } from '../ports/strangers.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import {
  assertNewSighting,
  followJoins,
  parseStrangerPage,
  scoreSighting,
  toStrangerPage,
} from '../rules/strangers.ts'
import { findCollection, type MongoContext, readInCollection } from './context.ts'
import { readEmbedding, toBinary, toCrop, toPlain } from './documents.ts'
import {
  eraseSightings,
  refreshStrangers,
  removeStrangers,
  toRecords,
  toSightings,
  toStranger,
  withoutEmbedding,
} from './stranger-documents.ts'
import type { SightingDocument, StrangerDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: Desks of strangers]
// Each write of a collection's strangers counts in the document of its desk, and so do those that add
// sightings: two of them conflict and one is run again, and what is placed by somebody who did not
// know of the other is refused. The deletion of the collection removes the desk, so that nothing is added
// after it; the first sighting, which makes the desk, therefore writes the collection's document, too.

/** Strangers, as {@link StrangerStore} says. */
export function createStrangerOperations(context: MongoContext): StrangerStore {
  const { collections, persons, strangerDesks, strangers, sightings, sightingCrops } =
    context.tables

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

  /** The revision of a change that is written in this transaction. */
  async function nextRevision(collectionId: string, { session }: Transaction): Promise<number> {
    const desk = await strangerDesks.findOneAndUpdate(
      { _id: collectionId },
      { $inc: { revision: 1 } },
      { session, returnDocument: 'after' },
    )
    return desk?.revision ?? 0
  }

  function toDocument(collectionId: string, sighting: NewSighting): SightingDocument {
    const { modelId, seenAt, source, quality, box, landmarks, embedding, crop } = sighting
    return {
      ...{ _id: context.newId(), collectionId, modelId, seenAt },
      ...(source === undefined ? {} : { source }),
      ...toPlain(toFaceInImage({ quality, box, landmarks })),
      ...{ hasCrop: crop !== undefined, waiting: true, score: scoreSighting(quality) },
      embedding: toBinary(embedding),
    }
  }

  function readMany<T>(collectionId: string, read: () => Promise<readonly T[]>) {
    return readInCollection<readonly T[]>(context, collectionId, { read, none: [] })
  }

  /** Changes one stranger. @param change  of the stranger as it is; it throws when that cannot be */
  async function changeOne(
    { collectionId, id }: { readonly collectionId: string; readonly id: string },
    change: (stranger: StrangerDocument, transaction: Transaction) => Promise<object>,
  ): Promise<Stranger> {
    return context.transact(async (transaction) => {
      const stranger = await find(collectionId, id, transaction)
      const update = await change(stranger, transaction)
      const revision = await nextRevision(collectionId, transaction)
      const { _id } = stranger
      const { session } = transaction
      await strangers.updateOne({ _id }, update, { session })
      await strangers.updateOne({ _id }, { $set: { revision } }, { session })
      return toStranger(await find(collectionId, _id, transaction))
    })
  }

  return {
    record: (collectionId, given) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const collection = await findCollection(context, collectionId, transaction)
        for (const sighting of given) assertNewSighting(collection, sighting)
        if (given.length === 0) return []
        const { upsertedCount } = await strangerDesks.updateOne(
          { _id: collectionId },
          { $inc: { records: 1 }, $setOnInsert: { collectionId, revision: 0 } },
          { upsert: true, session },
        )
        if (upsertedCount > 0) {
          const increase = { $inc: { modelWrites: 1 } }
          await collections.updateOne({ _id: collectionId }, increase, { session })
        }
        const documents = given.map((sighting) => toDocument(collectionId, sighting))
        await sightings.insertMany(documents, { session })
        const crops = given.flatMap(({ crop }, i) => {
          if (crop === undefined) return []
          const { _id } = documents[i] as SightingDocument
          const bytes = new Binary(crop.bytes)
          return [
            crop.place === undefined ? { _id, bytes } : { _id, bytes, place: toPlain(crop.place) },
          ]
        })
        if (crops.length > 0) await sightingCrops.insertMany(crops, { session })
        return documents.map(({ _id }) => _id)
      }),

    async collections({ waiting = false } = {}) {
      return waiting
        ? sightings.distinct('collectionId', { waiting: true })
        : (await strangerDesks.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id)
    },

    async claim(collectionId, { holder, leaseMs }) {
      const free = [
        { holder: { $exists: false } },
        { holder },
        { $expr: { $lt: ['$leaseUntil', '$$NOW'] } },
      ]
      const desk = await strangerDesks.findOneAndUpdate(
        { _id: collectionId, $or: free },
        [{ $set: { holder: { $literal: holder }, leaseUntil: { $add: ['$$NOW', leaseMs] } } }],
        { returnDocument: 'after' },
      )
      return desk?.revision
    },

    async waiting({ id: collectionId, modelId }, limit) {
      const found = await sightings
        .find({ collectionId, modelId, waiting: true })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray()
      return toSightings(context, found)
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
        const desk = await strangerDesks.updateOne(
          { _id: set.id, holder, revision: known },
          { $inc: { revision: 1 } },
          { session },
        )
        if (desk.matchedCount === 0) return undefined
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
      const found = await readMany(collectionId, () =>
        strangers
          .find(filter)
          .sort({ [key]: -1, _id: -1 })
          .limit(limit + 1)
          .toArray(),
      )
      return toStrangerPage(found.map(toStranger), { limit, sort })
    },

    async sightings(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('sightings', options)
      const { strangerId, personId } = options
      const ofPerson =
        personId === undefined
          ? undefined
          : await strangers.find({ collectionId, personId }, { projection: { _id: 1 } }).toArray()
      const found = await readMany(collectionId, () =>
        sightings
          .find({
            ...{ collectionId, ...(after === '' ? {} : { _id: { $lt: after } }) },
            ...(ofPerson && { strangerId: { $in: ofPerson.map(({ _id }) => _id) } }),
            ...(strangerId === undefined ? {} : { strangerId }),
          })
          .sort({ _id: -1 })
          .limit(limit + 1)
          .toArray(),
      )
      const seen = await toSightings(context, found)
      return toPage('sightings', seen.map(withoutEmbedding), limit)
    },

    async embedded(collectionId, ids) {
      const found = await readMany(collectionId, () =>
        sightings.find({ _id: { $in: ids.filter(isUlid) }, collectionId }).toArray(),
      )
      return toSightings(context, found)
    },

    async scan({ id: collectionId, modelId }, { before, limit }) {
      const found = await sightings
        .find(
          { collectionId, modelId, ...(before === undefined ? {} : { _id: { $lt: before } }) },
          { projection: { embedding: 1 } },
        )
        .sort({ _id: -1 })
        .limit(limit)
        .toArray()
      return found.map((document) => ({ id: document._id, embedding: readEmbedding(document) }))
    },

    async getCrop(collectionId, sightingId) {
      const read = () => sightings.findOne({ _id: sightingId, collectionId })
      const document = isUlid(sightingId)
        ? await readInCollection(context, collectionId, { read, none: null })
        : null
      if (!document) throw new FaceError('sightingNotFound')
      const crop = document.hasCrop ? await sightingCrops.findOne({ _id: sightingId }) : null
      return crop ? toCrop(crop) : undefined
    },

    setIgnored: (collectionId, ids, ignored) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const found = await findAll(collectionId, ids, transaction)
        const changed = found.filter(({ status }) => status !== 'assigned').map(({ _id }) => _id)
        const revision = await nextRevision(collectionId, transaction)
        const status = ignored ? 'ignored' : 'shown'
        const update = { $set: { status, revision }, $unset: { likeId: '' } } as const
        await strangers.updateMany({ _id: { $in: changed } }, update, { session })
        if (!ignored) await strangers.updateMany({ likeId: { $in: changed } }, update, { session })
        return changed
      }),

    assign: (collectionId, id, personId) =>
      changeOne({ collectionId, id }, async ({ status }, { session }) => {
        if (status === 'assigned') {
          throw new FaceError('strangerConflict', { detail: 'It is assigned already.' })
        }
        const person = isUlid(personId)
          ? await persons.findOne({ _id: personId, collectionId }, { session })
          : null
        if (!person) throw new FaceError('personNotFound')
        return { $set: { status: 'assigned', personId }, $unset: { likeId: '' } }
      }),

    unassign: (collectionId, id) =>
      changeOne({ collectionId, id }, async ({ status }) => {
        if (status !== 'assigned') {
          throw new FaceError('strangerConflict', { detail: 'It is not assigned.' })
        }
        return { $set: { status: 'shown' }, $unset: { personId: '' } }
      }),

    discard: (collectionId, ids) =>
      context.transact(async (transaction) => {
        const found = await findAll(collectionId, ids, transaction)
        const removed = found.map(({ _id }) => _id)
        await nextRevision(collectionId, transaction)
        await removeStrangers(context, removed, transaction)
        return removed
      }),

    forget: (collectionId, sightingIds) =>
      context.transact(async (transaction) => {
        const those = { _id: { $in: sightingIds.filter(isUlid) }, collectionId }
        return erase(collectionId, those, { transaction, limit: sightingIds.length })
      }),

    expire: (collectionId, { seenBefore, ignoredSince, maxSightings, limit }) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const ignored = await strangers
          .find(
            { collectionId, status: 'ignored', lastSeenAt: { $gte: ignoredSince } },
            { session, projection: { memberIds: 1 } },
          )
          .toArray()
        const kept = { $nin: ignored.flatMap(({ memberIds }) => memberIds) }
        const old = { collectionId, seenAt: { $lt: seenBefore }, _id: kept }
        const expired = await erase(collectionId, old, { transaction, limit })
        const count = await sightings.countDocuments({ collectionId }, { session })
        const excess = Math.min(limit - expired, count - maxSightings)
        if (excess <= 0) return expired
        return (
          expired + (await erase(collectionId, { collectionId }, { transaction, limit: excess }))
        )
      }),

    async counts(collectionId) {
      const [held, seen, waiting] = await Promise.all([
        strangers.countDocuments({ collectionId }),
        sightings.countDocuments({ collectionId }),
        sightings.countDocuments({ collectionId, waiting: true }),
      ])
      return { strangers: held, sightings: seen, waiting }
    },
  }

  /** Erases the oldest of these sightings. @returns how many */
  async function erase(
    collectionId: string,
    filter: Filter<SightingDocument>,
    { transaction, limit }: { readonly transaction: Transaction; readonly limit: number },
  ): Promise<number> {
    const { session } = transaction
    const found = await sightings
      .find(filter, { session, projection: { strangerId: 1, embedding: 1 } })
      .sort({ seenAt: 1, _id: 1 })
      .limit(Math.max(1, limit))
      .toArray()
    if (found.length === 0) return 0
    const revision = await nextRevision(collectionId, transaction)
    await eraseSightings(context, { found, revision }, transaction)
    return found.length
  }

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
}
