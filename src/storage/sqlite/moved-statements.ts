import type { MovedStatement, TransferStore } from '../ports/transfer.ts'
import { isUlid } from '../rules/pages.ts'
import { assertMovable, parseStatementSource, toStatementSource } from '../rules/statements.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import type { SqlRow } from './libsql.ts'
import { readEmbedding, readJson, readText, toEmbeddingBytes } from './rows.ts'
import { hasOwnFace } from './trashed-statements.ts'

/** The methods of transfers that are here. */
export type StatementMoves = 'readStatements' | 'restoreStatements'

/** Moving what was said, as {@link TransferStore} says. */
export function createStatementMoves(
  context: StoreContext,
): Synchronous<Pick<TransferStore, StatementMoves>> {
  const { db } = context

  /** What the statement is about, as it is kept; `undefined` when the face is not there. */
  function findSubject(
    collectionId: string,
    { of }: MovedStatement,
  ): { readonly imageHash: string; readonly source: string } | undefined {
    if (!('faceId' in of)) return { imageHash: of.imageHash, source: toStatementSource(of) }
    if (!isUlid(of.faceId)) return undefined
    const face = db.get('SELECT image_hash, box FROM faces WHERE id = ? AND collection_id = ?', [
      ...[of.faceId, collectionId],
    ])
    return face && toFaceSubject(face)
  }

  function restore(collectionId: string, modelId: string, statement: MovedStatement): void {
    const { id, kind, personId, of } = statement
    const subject = findSubject(collectionId, statement)
    const isPerson =
      isUlid(personId) &&
      db.get('SELECT id FROM persons WHERE id = ? AND collection_id = ?', [personId, collectionId])
    if (subject === undefined || !isPerson) return
    if (kind === 'rejection' && hasOwnFace(context, { personId, ...subject })) return
    const written = db.run(
      'INSERT INTO statements (id, collection_id, person_id, kind, face_id, image_hash, source, ' +
        'created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      [
        ...[id, collectionId, personId, kind, 'faceId' in of ? of.faceId : null],
        ...[subject.imageHash, subject.source],
        ...[statement.createdAt, JSON.stringify(statement.createdBy)],
      ],
    )
    if (written === 0 || 'faceId' in of || of.embedding === undefined) return
    db.run(
      'INSERT INTO statement_embeddings (statement_id, model_id, embedding) VALUES (?, ?, ?)',
      [id, modelId, toEmbeddingBytes(of.embedding)],
    )
  }

  return {
    readStatements: (collectionId, { after = '', limit }) =>
      db
        .all(
          'SELECT s.id, s.kind, s.person_id, s.face_id, s.source, s.created_at, s.created_by, ' +
            '(SELECT embedding FROM statement_embeddings e WHERE e.statement_id = s.id ' +
            'AND e.model_id = c.model_id) AS embedding ' +
            'FROM statements s JOIN collections c ON c.id = s.collection_id ' +
            'WHERE s.collection_id = ? AND s.id > ? ORDER BY s.id LIMIT ?',
          [collectionId, after, limit],
        )
        .map(toMovedStatement),

    restoreStatements(collectionId, statements) {
      const collection = findCollection(context, collectionId)
      for (const statement of statements) assertMovable(collection, statement)
      for (const statement of statements) restore(collectionId, collection.modelId, statement)
    },
  }
}

function toFaceSubject(face: SqlRow): { readonly imageHash: string; readonly source: string } {
  const imageHash = readText(face, 'image_hash')
  const box = readJson<{ x: number; y: number; width: number; height: number } | null>(face, 'box')
  return { imageHash, source: toStatementSource({ imageHash, ...(box ? { box } : {}) }) }
}

function toMovedStatement(row: SqlRow): MovedStatement {
  return {
    id: readText(row, 'id'),
    kind: readText(row, 'kind') as MovedStatement['kind'],
    personId: readText(row, 'person_id'),
    of:
      row.face_id === null
        ? {
            ...parseStatementSource(readText(row, 'source')),
            ...(row.embedding === null ? {} : { embedding: readEmbedding(row) }),
          }
        : { faceId: readText(row, 'face_id') },
    createdAt: readText(row, 'created_at'),
    createdBy: readJson(row, 'created_by'),
  }
}
