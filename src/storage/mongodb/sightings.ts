import { Binary, type Filter } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import type { NewSighting, StrangerStore } from '../ports/strangers.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { scoreFace } from '../rules/face-score.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { assertNewSighting } from '../rules/strangers.ts'
import { findCollection, type MongoContext, readInCollection } from './context.ts'
import { addToCounts } from './counters.ts'
import { readEmbedding, toBinary, toCrop, toPlain } from './documents.ts'
import {
  eraseSightings,
  nextRevision,
  toSightings,
  withoutEmbedding,
} from './stranger-documents.ts'
import type { SightingDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

type SightingMethods =
  | 'record'
  | 'collections'
  | 'waiting'
  | 'sightings'
  | 'embedded'
  | 'scan'
  | 'getCrop'
  | 'forget'
  | 'expire'
  | 'counts'

/** Sightings, as {@link StrangerStore} says. */
export function createSightingOperations(
  context: MongoContext,
): Pick<StrangerStore, SightingMethods> {
  const { strangerLeases, strangers, sightings, sightingCrops } = context.tables

  function toDocument(collectionId: string, sighting: NewSighting): SightingDocument {
    const { id = context.newId(), modelId, seenAt, source, embedding, crop } = sighting
    const { quality, box, landmarks } = sighting
    return {
      ...{ _id: id, collectionId, modelId, seenAt },
      ...(source === undefined ? {} : { source }),
      ...toPlain(toFaceInImage({ quality, box, landmarks })),
      ...{ hasCrop: crop !== undefined, waiting: true, score: scoreFace(quality) },
      embedding: toBinary(embedding),
    }
  }

  function readMany<T>(collectionId: string, read: () => Promise<readonly T[]>) {
    return readInCollection<readonly T[]>(context, collectionId, { read, none: [] })
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
    const revision = await nextRevision(context, collectionId, transaction)
    await eraseSightings(context, { found, revision }, transaction)
    return found.length
  }

  return {
    record: (collectionId, given) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const collection = await findCollection(context, collectionId, transaction)
        for (const sighting of given) assertNewSighting(collection, sighting)
        if (given.length === 0) return []
        await addToCounts(context, collectionId, { transaction, persons: 0, faces: 0 })
        const lease = { _id: collectionId, collectionId, revision: 0 }
        if (!(await strangerLeases.findOne({ _id: collectionId }, { session }))) {
          await strangerLeases.insertOne(lease, { session })
        }
        const documents = given.map((sighting) => toDocument(collectionId, sighting))
        const ids = documents.map(({ _id }) => _id)
        const written = await sightings
          .find({ _id: { $in: ids } }, { session, projection: { _id: 1 } })
          .toArray()
        const there = new Set(written.map(({ _id }) => _id))
        const missing = documents.filter(({ _id }) => !there.has(_id))
        if (missing.length > 0) await sightings.insertMany(missing, { session })
        const crops = given.flatMap(({ crop }, i) => {
          const { _id } = documents[i] as SightingDocument
          if (crop === undefined || there.has(_id)) return []
          const bytes = new Binary(crop.bytes)
          return [
            crop.place === undefined ? { _id, bytes } : { _id, bytes, place: toPlain(crop.place) },
          ]
        })
        if (crops.length > 0) await sightingCrops.insertMany(crops, { session })
        return ids
      }),

    async collections({ waiting = false } = {}) {
      return waiting
        ? sightings.distinct('collectionId', { waiting: true })
        : (await strangerLeases.find({}, { projection: { _id: 1 } }).toArray()).map(
            ({ _id }) => _id,
          )
    },

    async waiting({ id: collectionId, modelId }, limit) {
      const found = await sightings
        .find({ collectionId, modelId, waiting: true })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray()
      return toSightings(context, found)
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
}
