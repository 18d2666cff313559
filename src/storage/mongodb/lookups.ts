import { FaceError } from '../../core/errors.ts'
import type { EmbeddingSet } from '../ports/collections.ts'
import type { FaceOwner, FaceStore } from '../ports/faces.ts'
import type { ChangeFeed } from '../ports/feed.ts'
import { toTerm } from '../rules/consent-fields.ts'
import { isUlid } from '../rules/pages.ts'
import { choosePersons, facesPerMean, summarizePersons } from '../rules/person-mean.ts'
import { type MongoContext, readInCollection } from './context.ts'
import { readCounts } from './counters.ts'
import { readMetadata, toBatch, toCollection, toEmbeddingId } from './documents.ts'
import { findPerson } from './persons.ts'
import { embeddingsByModel, facesByPerson } from './schema.ts'
import { readStatementEmbeddings } from './statements.ts'
import type { EmbeddingDocument } from './tables.ts'

type Read = Pick<EmbeddingDocument, 'faceId' | 'embedding'>

const embeddingProjection = { _id: 0, faceId: 1, embedding: 1 } as const

/** How often it is read again whose the faces are. */
const maxReads = 5

/**
 * What several requests read, read again when a face had a person who was gone in the next request: the
 * person was merged into another one in between, and no search may miss the face for that.
 */
async function readWhole<T>(
  read: () => Promise<{ readonly answer: T; readonly isWhole: boolean }>,
): Promise<T> {
  for (let reads = 1; ; reads++) {
    const { answer, isWhole } = await read()
    if (isWhole || reads === maxReads) return answer
  }
}

/** The methods of faces that are here. */
export type Lookups = 'getOwners' | 'getEmbeddings' | 'lookUpNearest'

/**
 * Owners and embeddings of faces, as {@link FaceStore} says. Those of listed faces come in the
 * order of the list, each once.
 */
export function createLookupOperations(
  context: MongoContext,
): Pick<FaceStore, Lookups> & Pick<ChangeFeed, 'embeddings'> {
  const { collections, persons, faces, embeddings } = context.tables

  /** Also of a collection that is deleted and not yet purged. */
  async function readPersonIds(
    collectionId: string,
    faceIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const wanted = faceIds.filter(isUlid)
    if (wanted.length === 0) return new Map()
    const found = await faces
      .find({ _id: { $in: wanted }, collectionId }, { projection: { personId: 1 } })
      .toArray()
    return new Map(found.map((face) => [face._id, face.personId]))
  }

  /** @param personOf  of those faces that exist */
  async function readOwners(
    faceIds: readonly string[],
    personOf: ReadonlyMap<string, string>,
  ): Promise<readonly FaceOwner[]> {
    if (personOf.size === 0) return []
    const owners = await persons
      .find(
        { _id: { $in: [...new Set(personOf.values())] } },
        { projection: { name: 1, metadata: 1, consent: 1 } },
      )
      .toArray()
    // Metadata may be 16 KiB; a person found by many faces is parsed once.
    const known = new Map(
      owners.map(({ _id, name, metadata, consent }) => [
        _id,
        {
          ...{ personName: name, personMetadata: readMetadata(metadata) },
          ...(consent === undefined ? {} : { personConsent: toTerm(consent) }),
        },
      ]),
    )
    return faceIds.flatMap((faceId): FaceOwner[] => {
      const personId = personOf.get(faceId)
      const owner = personId === undefined ? undefined : known.get(personId)
      if (personId === undefined || !owner) return []
      return [{ faceId, personId, ...owner }]
    })
  }

  /**
   * A model's embeddings of a person's faces, with one request; faces without one are left out.
   *
   * @param limit  with one, the faces are those of the lowest image hashes; without, all by id
   */
  function readOfPerson(
    personId: string,
    { modelId }: Pick<EmbeddingSet, 'modelId'>,
    limit?: number,
  ): Promise<readonly Read[]> {
    // The order of the index: a person of thousands of faces needs no sorting.
    const sort = limit === undefined ? { _id: 1 } : { imageHash: 1, box: 1 }
    return faces
      .aggregate<Read>(
        [
          { $match: { personId } },
          { $sort: sort },
          {
            $project: {
              embeddingId: { $concat: ['$_id', { $literal: toEmbeddingId('', { modelId }) }] },
            },
          },
          {
            $lookup: {
              from: embeddings.collectionName,
              localField: 'embeddingId',
              foreignField: '_id',
              as: 'found',
            },
          },
          { $unwind: '$found' },
          ...(limit === undefined ? [] : [{ $limit: limit }]),
          { $project: { _id: 0, faceId: '$_id', embedding: '$found.embedding' } },
        ],
        { hint: facesByPerson },
      )
      .toArray()
  }

  return {
    getOwners: (collectionId, faceIds) =>
      readWhole(async () => {
        const read = () => readPersonIds(collectionId, faceIds)
        const none = new Map<string, string>()
        const personOf = await readInCollection(context, collectionId, { read, none })
        const owners = await readOwners(faceIds, personOf)
        return { answer: owners, isWhole: owners.length === personOf.size }
      }),

    lookUpNearest: (set, lists) =>
      readWhole(async () => {
        const collectionId = set.id
        const faceIds = [...new Set(lists.flat())]
        const [read, counts, document] = await Promise.all([
          readPersonIds(collectionId, faceIds),
          readCounts(context, collectionId),
          isUlid(collectionId) ? collections.findOne({ _id: collectionId }) : null,
        ])
        const personOf = document === null ? new Map<string, string>() : read
        const chosen = choosePersons(lists, (faceId) => personOf.get(faceId))
        const personIds = [...new Set(personOf.values())]
        const [owners, statements, ...found] = await Promise.all([
          readOwners(faceIds, personOf),
          counts.rejections > 0 ? readStatementEmbeddings(context, set, personIds) : [],
          ...[...chosen].map(async ([personId, nearest]) => {
            const rows = await readOfPerson(personId, set, facesPerMean)
            return { personId, nearest, faces: toBatch(rows) }
          }),
        ])
        const answer = {
          owners,
          ...summarizePersons(found),
          statements,
          faces: counts.faces,
          ...(document === null ? {} : { collection: toCollection(document) }),
        }
        return { answer, isWhole: owners.length === personOf.size }
      }),

    async getEmbeddings(set, of) {
      const collectionId = set.id
      if ('personId' in of) {
        await findPerson(context, collectionId, of.personId)
        return toBatch(await readOfPerson(of.personId, set))
      }
      const asked = 'faceIds' in of ? of.faceIds : [of.faceId]
      const wanted = [...new Set(asked.filter(isUlid))]
      const those = { _id: { $in: wanted.map((id) => toEmbeddingId(id, set)) }, collectionId }
      const read = () =>
        Promise.all([
          embeddings.find(those, { projection: embeddingProjection }).toArray(),
          'faceId' in of ? faces.countDocuments({ _id: of.faceId, collectionId }) : undefined,
        ])
      const [found, faceCount] = await readInCollection(context, collectionId, {
        read,
        none: [[], 0] as [EmbeddingDocument[], number],
      })
      if ('faceId' in of && !faceCount) throw new FaceError('faceNotFound')
      const byId = new Map(found.map((embedding) => [embedding.faceId, embedding]))
      return toBatch(wanted.flatMap((id) => byId.get(id) ?? []))
    },

    async embeddings({ id: collectionId, modelId }, { after = '', limit }) {
      const read = () =>
        embeddings
          .find(
            { collectionId, modelId, faceId: { $gt: after } },
            { projection: embeddingProjection },
          )
          .sort({ faceId: 1 })
          .limit(limit)
          .hint(embeddingsByModel)
          .toArray()
      return toBatch(await readInCollection(context, collectionId, { read, none: [] }))
    },
  }
}
