import { FaceError } from '../../core/errors.ts'
import type { EmbeddingBatch } from '../../core/types.ts'
import type { FaceOwner, FaceStore } from '../ports/faces.ts'
import type { ChangeFeed } from '../ports/feed.ts'
import { toEmbeddingBatch } from '../rules/embedding.ts'
import { isUlid } from '../rules/pages.ts'
import { choosePersons, facesPerMean, summarizePersons } from '../rules/person-mean.ts'
import { type MongoContext, readInCollection } from './context.ts'
import { readCounts } from './counters.ts'
import { readEmbedding, readMetadata, toCollection } from './documents.ts'
import { findPerson } from './persons.ts'
import { facesByPerson } from './schema.ts'
import type { FaceDocument } from './tables.ts'

const embeddingProjection = { embedding: 1 } as const

/** The methods of faces that are here. */
export type Lookups = 'getOwners' | 'getEmbeddings' | 'lookUpNearest'

/**
 * Owners and embeddings of faces, as {@link FaceStore} says. Those of listed faces come in the
 * order of the list, each once.
 */
export function createLookupOperations(
  context: MongoContext,
): Pick<FaceStore, Lookups> & Pick<ChangeFeed, 'embeddings'> {
  const { collections, persons, faces } = context.tables

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
        { projection: { name: 1, metadata: 1 } },
      )
      .toArray()
    // Metadata may be 16 KiB; a person found by many faces is parsed once.
    const known = new Map(
      owners.map(({ _id, name, metadata }) => [_id, { name, metadata: readMetadata(metadata) }]),
    )
    return faceIds.flatMap((faceId): FaceOwner[] => {
      const personId = personOf.get(faceId)
      const owner = personId === undefined ? undefined : known.get(personId)
      if (personId === undefined || !owner) return []
      return [{ faceId, personId, personName: owner.name, personMetadata: owner.metadata }]
    })
  }

  return {
    async getOwners(collectionId, faceIds) {
      const read = () => readPersonIds(collectionId, faceIds)
      return readOwners(
        faceIds,
        await readInCollection(context, collectionId, { read, none: new Map() }),
      )
    },

    async lookUpNearest(collectionId, lists) {
      const faceIds = [...new Set(lists.flat())]
      const [read, counts, document] = await Promise.all([
        readPersonIds(collectionId, faceIds),
        readCounts(context, collectionId),
        isUlid(collectionId) ? collections.findOne({ _id: collectionId }) : null,
      ])
      const personOf = document === null ? new Map<string, string>() : read
      const chosen = choosePersons(lists, (faceId) => personOf.get(faceId))
      const [owners, ...found] = await Promise.all([
        readOwners(faceIds, personOf),
        ...[...chosen].map(async ([personId, nearest]) => {
          const rows = await faces
            .find({ personId }, { projection: embeddingProjection })
            // The order of the index: a person of thousands of faces needs no sorting.
            .sort({ imageHash: 1, box: 1 })
            .limit(facesPerMean)
            .hint(facesByPerson)
            .toArray()
          return { personId, nearest, faces: toBatch(rows) }
        }),
      ])
      return {
        owners,
        ...summarizePersons(found),
        faces: counts.faces,
        ...(document === null ? {} : { collection: toCollection(document) }),
      }
    },

    async getEmbeddings(collectionId, of) {
      if ('personId' in of) {
        await findPerson(context, collectionId, of.personId)
        const found = await faces
          .find({ personId: of.personId }, { projection: embeddingProjection })
          .sort({ _id: 1 })
          .hint(facesByPerson)
          .toArray()
        return toBatch(found)
      }
      const asked = 'faceIds' in of ? of.faceIds : [of.faceId]
      const wanted = [...new Set(asked.filter(isUlid))]
      const read = () =>
        faces
          .find({ _id: { $in: wanted }, collectionId }, { projection: embeddingProjection })
          .toArray()
      const found = await readInCollection(context, collectionId, { read, none: [] })
      if ('faceId' in of && found.length === 0) throw new FaceError('faceNotFound')
      const byId = new Map(found.map((face) => [face._id, face]))
      return toBatch(wanted.flatMap((id) => byId.get(id) ?? []))
    },

    async embeddings(collectionId, { after = '', limit }) {
      const read = () =>
        faces
          .find({ collectionId, _id: { $gt: after } }, { projection: embeddingProjection })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray()
      return toBatch(await readInCollection(context, collectionId, { read, none: [] }))
    },
  }
}

function toBatch(faces: readonly Pick<FaceDocument, '_id' | 'embedding'>[]): EmbeddingBatch {
  return toEmbeddingBatch(
    faces.map(({ _id }) => _id),
    faces.map(readEmbedding),
  )
}
