import type { AnyBulkWriteOperation } from 'mongodb'
import { maxMembers } from '../../core/strangers/stranger-state.ts'
import type { EmbeddedSighting, Sighting, Stranger, StrangerRecord } from '../ports/strangers.ts'
import { subtractAll } from '../rules/strangers.ts'
import type { MongoContext } from './context.ts'
import { readEmbedding, toBinary } from './documents.ts'
import type { SightingDocument, StrangerDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

export function toStranger({
  _id: id,
  collectionId: _collection,
  sum: _sum,
  memberIds: _members,
  formerIds: _former,
  anchorId: _anchor,
  revision: _revision,
  ...rest
}: StrangerDocument): Stranger {
  return { id, ...rest }
}

/** Sightings with the persons whom their strangers turned out to be. */
export async function toSightings(
  { tables }: MongoContext,
  found: readonly SightingDocument[],
): Promise<readonly EmbeddedSighting[]> {
  const ids = [...new Set(found.flatMap(({ strangerId }) => strangerId ?? []))]
  const assigned = await tables.strangers
    .find({ _id: { $in: ids }, status: 'assigned' }, { projection: { personId: 1 } })
    .toArray()
  const personOf = new Map(assigned.map(({ _id, personId }) => [_id, personId]))
  return found.map(
    ({ _id: id, collectionId: _, waiting: _waiting, score: _score, embedding, ...rest }) => {
      const personId = rest.strangerId && personOf.get(rest.strangerId)
      return {
        ...{ id, ...rest },
        ...(personId === undefined ? {} : { personId }),
        embedding: readEmbedding({ embedding }),
      }
    },
  )
}

export function withoutEmbedding({ embedding: _, ...sighting }: EmbeddedSighting): Sighting {
  return sighting
}

/** What clustering knows of these strangers. */
export async function toRecords(
  { tables }: MongoContext,
  found: readonly StrangerDocument[],
): Promise<readonly StrangerRecord[]> {
  const ids = found.flatMap(({ memberIds }) => memberIds)
  const sightings = await tables.sightings
    .find({ _id: { $in: ids } }, { projection: { embedding: 1 } })
    .toArray()
  const embeddings = new Map(sightings.map((sighting) => [sighting._id, readEmbedding(sighting)]))
  return found.map(({ _id: id, status, count, sum, memberIds }) => ({
    ...{ id, status, count, sum: readEmbedding({ embedding: sum }) },
    members: memberIds.flatMap((sightingId) => {
      const embedding = embeddings.get(sightingId)
      return embedding === undefined ? [] : [{ sightingId, embedding }]
    }),
  }))
}

/** Writes when strangers were seen, and what shows them best, after their sightings have changed. */
export async function refreshStrangers(
  { tables }: MongoContext,
  ids: readonly string[],
  { session }: Transaction,
): Promise<void> {
  const found = await tables.sightings
    .aggregate<Pick<Stranger, 'firstSeenAt' | 'lastSeenAt' | 'coverId'> & { _id: string }>(
      [
        { $match: { strangerId: { $in: [...ids] } } },
        {
          $group: {
            _id: '$strangerId',
            firstSeenAt: { $min: '$seenAt' },
            lastSeenAt: { $max: '$seenAt' },
            coverId: { $top: { sortBy: { score: -1, _id: -1 }, output: '$_id' } },
          },
        },
      ],
      { session },
    )
    .toArray()
  const writes = found.map(({ _id, ...set }): AnyBulkWriteOperation<StrangerDocument> => {
    return { updateOne: { filter: { _id }, update: { $set: set } } }
  })
  if (writes.length > 0) await tables.strangers.bulkWrite(writes, { session })
}

/** Removes strangers with their sightings. */
export async function removeStrangers(
  { tables }: MongoContext,
  ids: readonly string[],
  { session }: Transaction,
): Promise<void> {
  if (ids.length === 0) return
  const { strangers, sightings, sightingCrops } = tables
  const those = { strangerId: { $in: [...ids] } }
  const options = { session, projection: { _id: 1 } } as const
  const found = await sightings.find({ ...those, hasCrop: true }, options).toArray()
  await sightingCrops.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } }, { session })
  await sightings.deleteMany(those, { session })
  await strangers.deleteMany({ _id: { $in: [...ids] } }, { session })
  await strangers.updateMany({ likeId: { $in: [...ids] } }, { $unset: { likeId: '' } }, { session })
}

/**
 * Erases sightings; a stranger that has none left goes with them, and of another one everything that came
 * of them.
 *
 * @param found  sightings of one collection that are there
 */
export async function eraseSightings(
  context: MongoContext,
  {
    found,
    revision,
  }: {
    readonly found: readonly Pick<SightingDocument, '_id' | 'strangerId' | 'embedding'>[]
    readonly revision: number
  },
  transaction: Transaction,
): Promise<void> {
  const { session } = transaction
  const { strangers, sightings, sightingCrops } = context.tables
  const those = { _id: { $in: found.map(({ _id }) => _id) } }
  await sightings.deleteMany(those, { session })
  await sightingCrops.deleteMany(those, { session })
  const byStranger = new Map<string, (typeof found)[number][]>()
  for (const sighting of found) {
    if (sighting.strangerId === undefined) continue
    const removed = byStranger.get(sighting.strangerId) ?? []
    removed.push(sighting)
    byStranger.set(sighting.strangerId, removed)
  }
  const shrunk = await strangers
    .find({ _id: { $in: [...byStranger.keys()] } }, { session })
    .toArray()
  const isEmpty = ({ _id, count }: StrangerDocument) => count <= (byStranger.get(_id)?.length ?? 0)
  await removeStrangers(
    context,
    shrunk.filter(isEmpty).map(({ _id }) => _id),
    transaction,
  )
  const left = shrunk.filter((stranger) => !isEmpty(stranger))
  for (const { _id, count, sum, memberIds } of left) {
    const removed = byStranger.get(_id) ?? []
    const gone = new Set(removed.map((sighting) => sighting._id))
    const newest = await sightings
      .find({ strangerId: _id }, { session, projection: { _id: 1 } })
      .sort({ _id: -1 })
      .limit(maxMembers)
      .toArray()
    const members = [
      ...memberIds.filter((id) => !gone.has(id)),
      ...newest.map((sighting) => sighting._id),
    ]
    const rest = subtractAll(readEmbedding({ embedding: sum }), removed.map(readEmbedding))
    await strangers.updateOne(
      { _id },
      {
        $set: {
          ...{ count: count - removed.length, sum: toBinary(rest), revision },
          memberIds: [...new Set(members)].slice(0, maxMembers),
        },
      },
      { session },
    )
  }
  await refreshStrangers(
    context,
    left.map(({ _id }) => _id),
    transaction,
  )
}

/** The revision of a change that is written in this transaction; see [Note: Leases of strangers] in strangers.ts. */
export async function nextRevision(
  { tables }: MongoContext,
  collectionId: string,
  { session }: Transaction,
): Promise<number> {
  const lease = await tables.strangerLeases.findOneAndUpdate(
    { _id: collectionId },
    { $inc: { revision: 1 } },
    { session, returnDocument: 'after' },
  )
  return lease?.revision ?? 0
}
