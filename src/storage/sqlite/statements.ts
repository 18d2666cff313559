import { FaceError } from '../../core/errors.ts'
import type { EmbeddingSet } from '../ports/collections.ts'
import type { Statement, StatementEmbedding, StatementStore } from '../ports/statements.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import {
  assertMayBeMore,
  ownFaceRejected,
  toStatementEmbedding,
  toStatementSource,
} from '../rules/statements.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import type { SqlRow, SqlValue } from './libsql.ts'
import { findPerson } from './persons.ts'
import { readEmbedding, readJson, readNumber, readText, toEmbeddingBytes } from './rows.ts'
import { hasOwnFace } from './trashed-statements.ts'

/** A statement, and whether it has an embedding of the model that answers. */
const statementColumns =
  's.id, s.kind, s.person_id, s.face_id, s.image_hash, s.created_at, s.created_by, ' +
  '(SELECT f.person_id FROM faces f WHERE f.id = s.face_id) AS face_person_id, ' +
  'EXISTS (SELECT 1 FROM crops WHERE crops.face_id = s.face_id) AS has_crop, ' +
  'EXISTS (SELECT 1 FROM collections c WHERE c.id = s.collection_id AND ' +
  '(EXISTS (SELECT 1 FROM embeddings e WHERE e.face_id = s.face_id AND e.model_id = c.model_id) ' +
  'OR EXISTS (SELECT 1 FROM statement_embeddings e WHERE e.statement_id = s.id ' +
  'AND e.model_id = c.model_id))) AS in_force'

// Statements of stored faces have the embeddings of the faces.
const embeddingsSql =
  'SELECT s.id, s.kind, s.person_id, e.embedding FROM json_each(?) wanted ' +
  'CROSS JOIN statements s INDEXED BY statements_by_person ON s.person_id = wanted.value ' +
  'CROSS JOIN embeddings e ON e.face_id = s.face_id AND e.model_id = ? ' +
  'UNION ALL SELECT s.id, s.kind, s.person_id, e.embedding FROM json_each(?) wanted ' +
  'CROSS JOIN statements s INDEXED BY statements_by_person ON s.person_id = wanted.value ' +
  'CROSS JOIN statement_embeddings e ON e.statement_id = s.id AND e.model_id = ?'

/** One model's embeddings of what was said of these persons. */
export function readStatementEmbeddings(
  { db }: Pick<StoreContext, 'db'>,
  { modelId }: EmbeddingSet,
  personIds: readonly string[],
): readonly StatementEmbedding[] {
  const wanted = JSON.stringify(personIds.filter(isUlid))
  return db.all(embeddingsSql, [wanted, modelId, wanted, modelId]).map((row) => ({
    id: readText(row, 'id'),
    kind: readText(row, 'kind') as StatementEmbedding['kind'],
    personId: readText(row, 'person_id'),
    embedding: readEmbedding(row),
  }))
}

/** What was said of faces and persons, as {@link StatementStore} says. */
export function createStatementOperations(context: StoreContext): Synchronous<StatementStore> {
  const { db } = context

  function find(collectionId: string, id: string): Statement | undefined {
    if (!isUlid(id)) return undefined
    const row = db.get(
      `SELECT ${statementColumns} FROM statements s WHERE s.id = ? AND s.collection_id = ?`,
      [id, collectionId],
    )
    return row && readStatement(row)
  }

  function getStatement(collectionId: string, id: string): Statement {
    const statement = find(collectionId, id)
    if (!statement) throw new FaceError('statementNotFound')
    return statement
  }

  function countStatements(personId: string): number {
    const row = db.get('SELECT count(*) AS statements FROM statements WHERE person_id = ?', [
      personId,
    ])
    return readNumber(row, 'statements')
  }

  function findFace(collectionId: string, faceId: string): SqlRow {
    const row = isUlid(faceId)
      ? db.get('SELECT image_hash, box FROM faces WHERE id = ? AND collection_id = ?', [
          faceId,
          collectionId,
        ])
      : undefined
    if (!row) throw new FaceError('faceNotFound')
    return row
  }

  return {
    add(collectionId, personId, { kind, of }) {
      const collection = findCollection(context, collectionId)
      findPerson(context, collectionId, personId)
      const face = 'faceId' in of ? findFace(collectionId, of.faceId) : undefined
      const said = 'faceId' in of ? undefined : of
      const embedding = said && toStatementEmbedding(collection, said)
      const imageHash = said?.imageHash ?? readText(face, 'image_hash')
      const box = said
        ? said.box
        : readJson<{ x: number; y: number; width: number; height: number } | null>(
            face as SqlRow,
            'box',
          )
      const source = toStatementSource({ imageHash, ...(box ? { box } : {}) })
      if (kind === 'rejection' && hasOwnFace(context, { personId, imageHash, source })) {
        throw ownFaceRejected()
      }
      const same = db.get('SELECT id FROM statements WHERE person_id = ? AND source = ?', [
        personId,
        source,
      ])
      const older = same && getStatement(collectionId, readText(same, 'id'))
      if (older?.kind === kind) return { statement: older, alreadyStated: true }
      if (older) db.run('DELETE FROM statements WHERE id = ?', [older.id])
      else assertMayBeMore(countStatements(personId))
      const id = context.newId()
      db.run(
        'INSERT INTO statements (id, collection_id, person_id, kind, face_id, image_hash, source, ' +
          'created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [
          ...[id, collectionId, personId, kind, 'faceId' in of ? of.faceId : null, imageHash],
          ...[source, context.now(), JSON.stringify(context.caller().actor)],
        ],
      )
      if (embedding) {
        db.run(
          'INSERT INTO statement_embeddings (statement_id, model_id, embedding) VALUES (?, ?, ?)',
          [id, embedding.modelId, toEmbeddingBytes(embedding.embedding)],
        )
      }
      const statement = getStatement(collectionId, id)
      return { statement, alreadyStated: false, ...(older && { revoked: older }) }
    },

    get: getStatement,

    list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('statements', options)
      const conditions = ['s.collection_id = ?', 's.id > ?']
      const parameters: SqlValue[] = [collectionId, after]
      if (options.personId !== undefined) {
        if (!isUlid(options.personId)) return { items: [] }
        conditions.push('s.person_id = ?')
        parameters.push(options.personId)
      }
      if (options.kind !== undefined) {
        conditions.push('s.kind = ?')
        parameters.push(options.kind)
      }
      const rows = db.all(
        `SELECT ${statementColumns} FROM statements s WHERE ${conditions.join(' AND ')} ` +
          'ORDER BY s.id LIMIT ?',
        [...parameters, limit + 1],
      )
      return toPage('statements', rows.map(readStatement), limit)
    },

    embeddings: (set, personId) => readStatementEmbeddings(context, set, [personId]),

    revoke(collectionId, id) {
      getStatement(collectionId, id)
      db.run('DELETE FROM statements WHERE id = ?', [id])
    },
  }
}

function readStatement(row: SqlRow): Statement {
  return {
    id: readText(row, 'id'),
    kind: readText(row, 'kind') as Statement['kind'],
    personId: readText(row, 'person_id'),
    ...(row.face_id === null ? {} : { faceId: readText(row, 'face_id') }),
    ...(row.face_person_id === null ? {} : { facePersonId: readText(row, 'face_person_id') }),
    hasCrop: readNumber(row, 'has_crop') === 1,
    imageHash: readText(row, 'image_hash'),
    inForce: readNumber(row, 'in_force') === 1,
    createdAt: readText(row, 'created_at'),
    createdBy: readJson(row, 'created_by'),
  }
}
