import { FaceError } from '../../core/errors.ts'
import type { EmbeddingBatch } from '../../core/types.ts'
import type { FaceOwner, FaceStore } from '../ports/faces.ts'
import type { ChangeFeed } from '../ports/feed.ts'
import type { Metadata } from '../ports/persons.ts'
import { toEmbeddingBatch } from '../rules/embedding.ts'
import { isUlid } from '../rules/pages.ts'
import { choosePersons, facesPerMean, summarizePersons } from '../rules/person-mean.ts'
import type { StoreContext, Synchronous } from './context.ts'
import type { SqlRow } from './libsql.ts'
import { findPerson } from './persons.ts'
import {
  collectionColumns,
  readCollection,
  readEmbedding,
  readJson,
  readMetadata,
  readNumber,
  readText,
} from './rows.ts'

/** A collection's row as one JSON text. */
const collectionAsJson = `SELECT json_object(${collectionColumns
  .split(', ')
  .concat('faces')
  .map((column) => `'${column}', ${column}`)
  .join(', ')}) FROM collections WHERE id = ?`

/**
 * The owners of listed faces, [face id, person id, name, metadata] each, and their collection, in
 * one row: twenty owners take a quarter less time than in rows of their own.
 *
 * CROSS keeps the order of the tables: few ids are looked up. Left to the planner, it walks through
 * all faces of the collection (92 ms instead of 0.3 ms with 16,000).
 */
const ownersSql =
  `SELECT (${collectionAsJson}) AS collection, ` +
  'json_group_array(json_array(f.id, p.id, p.name, p.metadata) ORDER BY wanted.key) AS owners ' +
  'FROM json_each(?) wanted CROSS JOIN faces f INDEXED BY faces_by_id ON f.id = wanted.value ' +
  'CROSS JOIN persons p ON p.id = f.person_id WHERE f.collection_id = ?'

type OwnerTuple = readonly [faceId: string, personId: string, name: string, metadata: string]

/** The methods of faces that are here. */
export type Lookups = 'getOwners' | 'getEmbeddings' | 'lookUpNearest'

/**
 * Owners and embeddings of faces, as {@link import('../database.ts').Database} says. Those of
 * listed faces come in the order of the list, each once.
 */
export function createLookupOperations(
  context: StoreContext,
): Synchronous<Pick<FaceStore, Lookups> & Pick<ChangeFeed, 'embeddings'>> {
  const { db } = context

  function readOwners(
    collectionId: string,
    faceIds: readonly string[],
  ): { readonly owners: readonly FaceOwner[]; readonly collection: SqlRow | undefined } {
    const wanted = JSON.stringify(faceIds.filter(isUlid))
    const row = db.get(ownersSql, [collectionId, wanted, collectionId]) as SqlRow
    // Metadata may be 16 KiB; a person found by many faces is parsed once.
    const metadata = new Map<string, Metadata>()
    const tuples: readonly OwnerTuple[] = JSON.parse(readText(row, 'owners'))
    const owners = tuples.map(([faceId, personId, personName, json]): FaceOwner => {
      const personMetadata =
        metadata.get(personId) ?? readMetadata(json, personId, context.onUnreadableMetadata)
      metadata.set(personId, personMetadata)
      return { faceId, personId, personName, personMetadata }
    })
    return {
      owners,
      collection: row.collection === null ? undefined : readJson<SqlRow>(row, 'collection'),
    }
  }

  return {
    getOwners: (collectionId, faceIds) => readOwners(collectionId, faceIds).owners,

    getEmbeddings(collectionId, of) {
      if ('personId' in of) {
        findPerson(context, collectionId, of.personId)
        const sql = 'SELECT id, embedding FROM faces WHERE person_id = ? ORDER BY id'
        return toBatch(db.all(sql, [of.personId]))
      }
      if ('faceIds' in of) {
        const wanted = JSON.stringify([...new Set(of.faceIds.filter(isUlid))])
        return toBatch(
          db.all(
            'SELECT f.id, f.embedding FROM json_each(?) wanted CROSS JOIN faces f ' +
              'ON f.id = wanted.value WHERE f.collection_id = ? ORDER BY wanted.key',
            [wanted, collectionId],
          ),
        )
      }
      const sql = 'SELECT id, embedding FROM faces WHERE id = ? AND collection_id = ?'
      const rows = isUlid(of.faceId) ? db.all(sql, [of.faceId, collectionId]) : []
      if (rows.length === 0) throw new FaceError('faceNotFound')
      return toBatch(rows)
    },

    // Few statements, because each costs as much as some rows: mostly one person is chosen.
    lookUpNearest(collectionId, lists) {
      const { owners, collection } = readOwners(collectionId, [...new Set(lists.flat())])
      const personOf = new Map(owners.map(({ faceId, personId }) => [faceId, personId]))
      // The order is that of faces_by_source, so a person of thousands of faces needs no sorting.
      const sql =
        'SELECT id, embedding FROM faces WHERE person_id = ? ORDER BY image_hash, box LIMIT ?'
      const chosen = choosePersons(lists, (faceId) => personOf.get(faceId))
      const read = [...chosen].map(([personId, nearest]) => ({
        personId,
        nearest,
        faces: toBatch(db.all(sql, [personId, facesPerMean])),
      }))
      return {
        owners,
        ...summarizePersons(read),
        faces: collection ? readNumber(collection, 'faces') : 0,
        ...(collection && { collection: readCollection(collection) }),
      }
    },

    embeddings(collectionId, { after = '', limit }) {
      const sql =
        'SELECT id, embedding FROM faces WHERE collection_id = ? AND id > ? ORDER BY id LIMIT ?'
      return toBatch(db.all(sql, [collectionId, after, limit]))
    },
  }
}

function toBatch(rows: readonly SqlRow[]): EmbeddingBatch {
  return toEmbeddingBatch(
    rows.map((row) => readText(row, 'id')),
    rows.map(readEmbedding),
  )
}
