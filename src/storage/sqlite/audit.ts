import type { AuditSeal } from '../../core/audit/chain.ts'
import {
  type AuditEvent,
  type AuditHead,
  type AuditRecord,
  type AuditRow,
  toEmptyHead,
  toEntry,
  toRow,
} from '../../core/audit/entry.ts'
import type { AuditFilter, AuditStore } from '../ports/audit.ts'
import { hashText, isSealOf, toIdRange, toSealEvent } from '../rules/audit.ts'
import { parsePageOptions, toMeasuredPage } from '../rules/pages.ts'
import type { StoreContext, Synchronous } from './context.ts'
import type { SqlRow, SqlValue } from './libsql.ts'
import { readJson, readNumber, readText } from './rows.ts'

/** SQLite has one writer at a time, so one chain is enough. */
const stream = 0

const columns = 'stream, sequence, id, at, kind, actor, collection_id, request_id, body, hash'

/** Enters events of the call that runs, in its transaction. */
export function enterEvents(context: StoreContext, events: readonly AuditEvent[]): void {
  const at = context.now()
  appendRecords(
    context,
    events.map((event) => ({ event, at, context: context.caller() })),
  )
}

function appendRecords(context: StoreContext, records: readonly AuditRecord[]): void {
  const { db, newId } = context
  if (records.length === 0) return
  let head = readHead(context)
  for (const record of records) {
    const row = toRow(head, record, { id: newId(), hashText })
    db.run(`INSERT INTO audit (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, [
      ...[row.stream, row.sequence, row.id, row.at, row.kind, row.actor, row.collectionId],
      ...[row.requestId, row.body, row.hash],
    ])
    for (const subject of row.subjects) {
      db.run('INSERT INTO audit_subjects (subject, entry_id) VALUES (?, ?)', [subject, row.id])
    }
    head = row
  }
}

function readHead({ db }: StoreContext): AuditHead {
  const row = db.get(
    'SELECT sequence, hash FROM audit WHERE stream = ? ORDER BY sequence DESC LIMIT 1',
    [stream],
  )
  if (!row) return toEmptyHead(stream)
  return { stream, sequence: readNumber(row, 'sequence'), hash: readText(row, 'hash') }
}

/** The audit log, as {@link AuditStore} says. */
export function createAuditOperations(context: StoreContext): Synchronous<AuditStore> {
  const { db } = context

  function readRange(first: number, last: number): SqlRow[] {
    return db.all(
      'SELECT id, sequence, hash FROM audit WHERE stream = ? AND sequence BETWEEN ? AND ? ' +
        'ORDER BY sequence',
      [stream, first, last],
    )
  }

  return {
    append: (records) => appendRecords(context, records),

    list(options = {}) {
      const { after, limit } = parsePageOptions('audit', options)
      const conditions = [
        ...toConditions(options),
        ...(after === '' ? [] : [{ sql: 'id < ?', values: [after] }]),
      ]
      const where = conditions.map(({ sql }) => sql).join(' AND ')
      const rows = db.all(
        `SELECT id, body, hash FROM audit ${where && `WHERE ${where} `}ORDER BY id DESC LIMIT ?`,
        [...conditions.flatMap(({ values }) => values), limit + 1],
      )
      const entries = rows.map((row) =>
        toEntry({ body: readText(row, 'body'), hash: readText(row, 'hash') }),
      )
      const lengthOf = (_: unknown, i: number) => readText(rows[i], 'body').length
      return toMeasuredPage('audit', entries, { limit, lengthOf })
    },

    heads: () =>
      db
        .all(
          'SELECT stream, max(sequence) AS sequence, hash FROM audit GROUP BY stream ORDER BY stream',
        )
        .map((row) => ({
          stream: readNumber(row, 'stream'),
          sequence: readNumber(row, 'sequence'),
          hash: readText(row, 'hash'),
        })),

    rows: (of, after, limit) =>
      db
        .all(
          `SELECT ${columns}, (SELECT json_group_array(subject) FROM (SELECT subject FROM ` +
            'audit_subjects s WHERE s.entry_id = a.id ORDER BY subject)) AS subjects ' +
            'FROM audit a WHERE stream = ? AND sequence > ? ORDER BY sequence LIMIT ?',
          [of, after, limit],
        )
        .map(readRow),

    sealable(before, limit): AuditSeal | undefined {
      const rows = db.all(
        'SELECT sequence, at, hash FROM audit WHERE stream = ? ORDER BY sequence LIMIT ?',
        [stream, limit],
      )
      const end = rows.findIndex((row) => readText(row, 'at') >= before)
      const old = end === -1 ? rows : rows.slice(0, end)
      const [first] = old
      const last = old.at(-1)
      if (!first || !last) return undefined
      return {
        ...{ stream, first: readNumber(first, 'sequence'), last: readNumber(last, 'sequence') },
        ...{ count: old.length, lastHash: readText(last, 'hash'), before },
      }
    },

    seal(seal, signature) {
      const rows = readRange(seal.first, seal.last)
      const found = rows.map((row) => ({
        sequence: readNumber(row, 'sequence'),
        hash: readText(row, 'hash'),
      }))
      if (seal.stream !== stream || !isSealOf(seal, found)) return 0
      enterEvents(context, [toSealEvent(seal, signature)])
      for (const row of rows) {
        db.run('DELETE FROM audit_subjects WHERE entry_id = ?', [readText(row, 'id')])
        db.run('DELETE FROM audit WHERE id = ?', [readText(row, 'id')])
      }
      return rows.length
    },
  }
}

interface Condition {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** A condition that holds for everything where a value of it is `undefined`. */
type Optional = readonly [sql: string, ...values: (SqlValue | undefined)[]]

function toConditions(filter: AuditFilter): readonly Condition[] {
  const { from, to, kind, actor, subject, requestId, collectionIds } = filter
  const { first, last } = toIdRange(filter)
  const ofActor: Optional =
    actor?.includes(':') === false
      ? ['actor >= ? AND actor < ?', `${actor}:`, `${actor};`]
      : ['actor = ?', actor]
  const conditions: readonly Optional[] = [
    ['at >= ?', from],
    ['id >= ?', first],
    ['at < ?', to],
    ['id < ?', last],
    ['kind = ?', kind],
    ofActor,
    ['id IN (SELECT entry_id FROM audit_subjects WHERE subject = ?)', subject],
    ['request_id = ?', requestId],
    [
      'collection_id IN (SELECT value FROM json_each(?))',
      collectionIds && JSON.stringify(collectionIds),
    ],
  ]
  return conditions.flatMap(([sql, ...values]) =>
    values.includes(undefined) ? [] : [{ sql, values: values as SqlValue[] }],
  )
}

/** As it is stored, whatever that is: a check says what is wrong with it. */
function readRow(row: SqlRow): AuditRow {
  const optional = (column: string) => (row[column] === null ? null : readText(row, column))
  return {
    stream: readNumber(row, 'stream'),
    sequence: readNumber(row, 'sequence'),
    id: readText(row, 'id'),
    at: readText(row, 'at'),
    kind: readText(row, 'kind'),
    actor: readText(row, 'actor'),
    collectionId: optional('collection_id'),
    requestId: optional('request_id'),
    subjects: readJson(row, 'subjects'),
    body: readText(row, 'body'),
    hash: readText(row, 'hash'),
  }
}
