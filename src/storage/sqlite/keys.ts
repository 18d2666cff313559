import { FaceError } from '../../core/errors.ts'
import type { ApiKey, KeyStore, NewApiKey } from '../ports/keys.ts'
import { assertKey } from '../rules/input-checks.ts'
import { toRotation } from '../rules/keys.ts'
import { parsePageOptions, toPage } from '../rules/pages.ts'
import { toStoredName } from '../rules/person-fields.ts'
import type { StoreContext, Synchronous } from './context.ts'
import type { SqlRow } from './libsql.ts'
import { readJson, readNumber, readText } from './rows.ts'

const keyColumns =
  'id, name, prefix, scopes, collection_ids, created_at, created_by, expires_at, last_used_at, ' +
  'revoked_at, replaced_by, rate_per_minute, quota_per_day'

/** API keys, as {@link KeyStore} says. */
export function createKeyOperations(context: StoreContext): Synchronous<KeyStore> {
  const { db } = context

  function getKey(id: string): ApiKey {
    const row = db.get(`SELECT ${keyColumns} FROM keys WHERE id = ?`, [id])
    if (!row) throw new FaceError('keyNotFound')
    return readKey(row)
  }

  function insert(key: NewApiKey): ApiKey {
    const id = context.newId()
    db.run(
      'INSERT INTO keys (id, name, hash, prefix, scopes, collection_ids, created_at, created_by, ' +
        'expires_at, rate_per_minute, quota_per_day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      [
        ...[id, toStoredName(key.name), key.hash, key.prefix, JSON.stringify(key.scopes)],
        key.collectionIds === undefined ? null : JSON.stringify(key.collectionIds),
        ...[context.now(), JSON.stringify(context.caller().actor), key.expiresAt ?? null],
        ...[key.ratePerMinute ?? null, key.quotaPerDay ?? null],
      ],
    )
    return getKey(id)
  }

  return {
    create(key) {
      assertKey(key)
      return insert(key)
    },

    list(options) {
      const { after, limit } = parsePageOptions('keys', options)
      const rows = db.all(`SELECT ${keyColumns} FROM keys WHERE id > ? ORDER BY id LIMIT ?`, [
        after,
        limit + 1,
      ])
      return toPage('keys', rows.map(readKey), limit)
    },

    findByHash(hash) {
      const row = db.get(`SELECT ${keyColumns} FROM keys WHERE hash = ?`, [hash])
      return row && readKey(row)
    },

    touch(id, usedAt) {
      db.run('UPDATE keys SET last_used_at = ? WHERE id = ? AND coalesce(last_used_at < ?, true)', [
        usedAt,
        id,
        usedAt,
      ])
    },

    revoke(id) {
      db.run('UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?', [
        context.now(),
        id,
      ])
      return getKey(id)
    },

    rotate(id, next) {
      const { created, formerEndsAt } = toRotation(getKey(id), next, context.now())
      const key = insert(created)
      db.run('UPDATE keys SET expires_at = ?, replaced_by = ? WHERE id = ?', [
        ...[formerEndsAt, key.id, id],
      ])
      return key
    },

    remove(id) {
      if (getKey(id).revokedAt === undefined) throw new FaceError('keyInUse')
      db.run('DELETE FROM keys WHERE id = ?', [id])
    },
  }
}

function readKey(row: SqlRow): ApiKey {
  const optional = (field: string, column: string) =>
    row[column] === null ? {} : { [field]: readText(row, column) }
  return {
    id: readText(row, 'id'),
    name: readText(row, 'name'),
    prefix: readText(row, 'prefix'),
    scopes: readJson(row, 'scopes'),
    ...(row.collection_ids === null ? {} : { collectionIds: readJson(row, 'collection_ids') }),
    createdAt: readText(row, 'created_at'),
    createdBy: readJson(row, 'created_by'),
    ...optional('expiresAt', 'expires_at'),
    ...optional('lastUsedAt', 'last_used_at'),
    ...optional('revokedAt', 'revoked_at'),
    ...optional('replacedBy', 'replaced_by'),
    ...(row.rate_per_minute === null ? {} : { ratePerMinute: readNumber(row, 'rate_per_minute') }),
    ...(row.quota_per_day === null ? {} : { quotaPerDay: readNumber(row, 'quota_per_day') }),
  }
}
