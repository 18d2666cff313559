import type { Session, SessionStore } from '../ports/sessions.ts'
import { assertSession } from '../rules/input-checks.ts'
import type { StoreContext, Synchronous } from './context.ts'
import type { SqlRow } from './libsql.ts'
import { readJson, readText } from './rows.ts'

const sessionColumns =
  'id, subject, actor, key_hash, roles, scopes, collection_ids, created_at, idle_ends_at, ends_at'

/** Sessions, as {@link SessionStore} says. */
export function createSessionOperations(context: StoreContext): Synchronous<SessionStore> {
  const { db } = context

  return {
    create({ hash, ...session }) {
      assertSession({ hash, ...session })
      const id = context.newId()
      const { subject, actor, keyHash, roles, scopes, collectionIds } = session
      const toJson = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
      db.run(
        `INSERT INTO sessions (hash, ${sessionColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          ...[hash, id, subject, JSON.stringify(actor), keyHash ?? null],
          ...[toJson(roles), toJson(scopes), toJson(collectionIds)],
          ...[session.createdAt, session.idleEndsAt, session.endsAt],
        ],
      )
      return { id, ...session }
    },

    findByHash(hash) {
      const row = db.get(`SELECT ${sessionColumns} FROM sessions WHERE hash = ?`, [hash])
      return row && readSession(row)
    },

    touch(id, idleEndsAt) {
      db.run('UPDATE sessions SET idle_ends_at = ? WHERE id = ? AND idle_ends_at < ?', [
        ...[idleEndsAt, id, idleEndsAt],
      ])
    },

    end(id) {
      db.run('DELETE FROM sessions WHERE id = ?', [id])
    },

    endAll: (subject) =>
      db.all('DELETE FROM sessions WHERE subject = ? RETURNING id', [subject]).length,

    expire: (now) =>
      db.all('DELETE FROM sessions WHERE ends_at <= ? OR idle_ends_at <= ? RETURNING id', [
        now,
        now,
      ]).length,
  }
}

function readSession(row: SqlRow): Session {
  const optional = (field: string, column: string) =>
    row[column] === null ? {} : { [field]: readJson(row, column) }
  return {
    id: readText(row, 'id'),
    subject: readText(row, 'subject'),
    actor: readJson(row, 'actor'),
    ...(row.key_hash === null ? {} : { keyHash: readText(row, 'key_hash') }),
    ...optional('roles', 'roles'),
    ...optional('scopes', 'scopes'),
    ...optional('collectionIds', 'collection_ids'),
    createdAt: readText(row, 'created_at'),
    idleEndsAt: readText(row, 'idle_ends_at'),
    endsAt: readText(row, 'ends_at'),
  }
}
