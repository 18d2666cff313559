import { FaceError } from '../../core/errors.ts'
import type { EmbeddingBatch } from '../../core/types.ts'
import type { EmbeddingSet } from '../ports/collections.ts'
import type { FaceOwner, FaceStore } from '../ports/faces.ts'
import type { ChangeFeed } from '../ports/feed.ts'
import { type Metadata, maxMetadataBytes } from '../ports/persons.ts'
import type { StatementEmbedding } from '../ports/statements.ts'
import { toTerm } from '../rules/consent-fields.ts'
import { toEmbeddingBatch } from '../rules/embedding.ts'
import { isUlid } from '../rules/pages.ts'
import { choosePersons, facesPerMean, summarizePersons } from '../rules/person-mean.ts'
import type { StoreContext, Synchronous } from './context.ts'
import type { SqlRow } from './libsql.ts'
import type { LookupMemory, Remembered } from './lookup-memory.ts'
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
import { readStatementEmbeddings } from './statements.ts'

/** A collection's row as one JSON text. */
const collectionAsJson = `SELECT json_object(${collectionColumns
  .split(', ')
  .concat('faces', 'rejections')
  .map((column) => `'${column}', ${column}`)
  .join(', ')}) FROM collections WHERE id = ?`

/**
 * The owners of listed faces, [face id, person id, name, metadata, consent] each, and their collection, in
 * one row: twenty owners take a quarter less time than in rows of their own.
 *
 * CROSS keeps the order of the tables: few ids are looked up. Left to the planner, it walks through
 * all faces of the collection (92 ms instead of 0.3 ms with 16,000).
 */
const ownersSql =
  `SELECT (${collectionAsJson}) AS collection, ` +
  'json_group_array(json_array(f.id, p.id, p.name, p.metadata, p.consent) ' +
  'ORDER BY wanted.key) AS owners ' +
  'FROM json_each(?) wanted CROSS JOIN faces f INDEXED BY faces_by_id ON f.id = wanted.value ' +
  'CROSS JOIN persons p ON p.id = f.person_id WHERE f.collection_id = ?'

/** The embeddings of a model beside faces `f` that have one. CROSS: the faces are found first. */
const itsEmbedding = 'CROSS JOIN embeddings e ON e.face_id = f.id AND e.model_id = ?'

type OwnerTuple = readonly [
  faceId: string,
  personId: string,
  name: string,
  metadata: string,
  consent: string | null,
]

/** The methods of faces that are here. */
export type Lookups = 'getOwners' | 'getEmbeddings' | 'lookUpNearest'

/**
 * Owners and embeddings of faces, as {@link import('../database.ts').Database} says. Those of
 * listed faces come in the order of the list, each once.
 */
export function createLookupOperations(
  context: StoreContext,
  memory: LookupMemory,
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
    const owners = tuples.map(([faceId, personId, personName, json, consent]): FaceOwner => {
      const personMetadata =
        metadata.get(personId) ?? readMetadata(json, personId, context.onUnreadableMetadata)
      metadata.set(personId, personMetadata)
      const owner = { faceId, personId, personName, personMetadata }
      return consent === null ? owner : { ...owner, personConsent: toTerm(JSON.parse(consent)) }
    })
    return {
      owners,
      collection: row.collection === null ? undefined : readJson<SqlRow>(row, 'collection'),
    }
  }

  /** The owners of listed faces, in this order; and whatever of the collection is not known yet. */
  function recallOwners(
    { id }: EmbeddingSet,
    remembered: Remembered,
    faceIds: readonly string[],
  ): readonly FaceOwner[] {
    const unknown = faceIds.filter((faceId) => !remembered.owners.has(faceId))
    if (unknown.length > 0 || remembered.collection === undefined) {
      const { owners, collection } = readOwners(id, unknown)
      remembered.collection ??= {
        settings: collection && readCollection(collection),
        faces: collection ? readNumber(collection, 'faces') : 0,
        rejections: collection ? readNumber(collection, 'rejections') : 0,
      }
      for (const owner of owners) remembered.owners.set(owner.faceId, owner)
      memory.note(owners.reduce((sum, owner) => sum + sizeOf(owner), 0))
    }
    return faceIds.flatMap((faceId) => remembered.owners.get(faceId) ?? [])
  }

  /** What was said of persons. Where the collection has no rejections, nothing is read. */
  function recallStatements(
    set: EmbeddingSet,
    { collection, statements }: Remembered,
    personIds: ReadonlySet<string>,
  ): readonly StatementEmbedding[] {
    if (!collection?.rejections) return []
    const unknown = [...personIds].filter((personId) => !statements.has(personId))
    if (unknown.length > 0) {
      for (const personId of unknown) statements.set(personId, [])
      for (const one of readStatementEmbeddings(context, set, unknown)) {
        statements.set(one.personId, [...(statements.get(one.personId) ?? []), one])
        memory.note(one.embedding.byteLength + rowBytes)
      }
    }
    return [...personIds].flatMap((personId) => statements.get(personId) ?? [])
  }

  return {
    getOwners: (collectionId, faceIds) => readOwners(collectionId, faceIds).owners,

    getEmbeddings({ id: collectionId, modelId }, of) {
      if ('personId' in of) {
        findPerson(context, collectionId, of.personId)
        const sql =
          `SELECT f.id, e.embedding FROM faces f ${itsEmbedding} ` +
          'WHERE f.person_id = ? ORDER BY f.id'
        return toBatch(db.all(sql, [modelId, of.personId]))
      }
      if ('faceIds' in of) {
        const wanted = JSON.stringify([...new Set(of.faceIds.filter(isUlid))])
        return toBatch(
          db.all(
            'SELECT f.id, e.embedding FROM json_each(?) wanted CROSS JOIN faces f ' +
              `INDEXED BY faces_by_id ON f.id = wanted.value ${itsEmbedding} ` +
              'WHERE f.collection_id = ? ORDER BY wanted.key',
            [wanted, modelId, collectionId],
          ),
        )
      }
      const sql =
        'SELECT f.id, (SELECT embedding FROM embeddings WHERE face_id = f.id AND model_id = ?) ' +
        'AS embedding FROM faces f WHERE f.id = ? AND f.collection_id = ?'
      const row = isUlid(of.faceId) && db.get(sql, [modelId, of.faceId, collectionId])
      if (!row) throw new FaceError('faceNotFound')
      return toBatch(row.embedding === null ? [] : [row])
    },

    // Few statements, because each costs as much as some rows: mostly one person is chosen. None of
    // them where all was read before, [Note: Remembered rows] in lookup-memory.ts.
    lookUpNearest(set, lists) {
      const remembered = memory.recall(set)
      const owners = recallOwners(set, remembered, [...new Set(lists.flat())])
      const personOf = new Map(owners.map(({ faceId, personId }) => [faceId, personId]))
      // The order is that of faces_by_source, so a person of thousands of faces needs no sorting.
      const sql =
        `SELECT f.id, e.embedding FROM faces f ${itsEmbedding} ` +
        'WHERE f.person_id = ? ORDER BY f.image_hash, f.box LIMIT ?'
      const chosen = choosePersons(lists, (faceId) => personOf.get(faceId))
      const read = [...chosen].map(([personId, nearest]) => ({
        personId,
        nearest,
        faces: remembered.faces.get(personId) ?? readFaces(personId),
      }))
      const { settings, faces = 0 } = remembered.collection ?? {}
      return {
        owners,
        ...summarizePersons(read),
        statements: recallStatements(set, remembered, new Set(personOf.values())),
        faces,
        ...(settings && { collection: settings }),
      }

      function readFaces(personId: string): EmbeddingBatch {
        const batch = toBatch(db.all(sql, [set.modelId, personId, facesPerMean]))
        remembered.faces.set(personId, batch)
        memory.note(batch.embeddings.byteLength + rowBytes)
        return batch
      }
    },

    embeddings({ id, modelId }, { after = '', limit }) {
      const sql =
        `SELECT f.id, e.embedding FROM faces f INDEXED BY faces_by_collection ${itsEmbedding} ` +
        'WHERE f.collection_id = ? AND f.id > ? ORDER BY f.id LIMIT ?'
      return toBatch(db.all(sql, [modelId, id, after, limit]))
    },
  }
}

/** Of the maps and objects that hold a row. */
const rowBytes = 300

function sizeOf({ personName, personMetadata }: FaceOwner): number {
  const isEmpty = Object.keys(personMetadata).length === 0
  return rowBytes + 2 * personName.length + (isEmpty ? 0 : maxMetadataBytes)
}

function toBatch(rows: readonly SqlRow[]): EmbeddingBatch {
  return toEmbeddingBatch(
    rows.map((row) => readText(row, 'id')),
    rows.map(readEmbedding),
  )
}
