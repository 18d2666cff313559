import type { AnswerStore } from '../ports/answers.ts'
import type { Person } from '../ports/persons.ts'
import {
  assertIdempotencyKey,
  idempotencyClaimedMs,
  idempotencyKeptMs,
} from '../rules/input-checks.ts'
import { findSubjects, retellOwners, retellPerson } from '../rules/kept-answers.ts'
import type { StoreContext, Synchronous } from './context.ts'
import type { Connection } from './libsql.ts'
import { personColumns, readPerson, readText } from './rows.ts'

/** Milliseconds since 1970, by a clock that does not jump while the process runs. */
function clock(): number {
  return Math.round(performance.timeOrigin + performance.now())
}

/**
 * Removes the answers that are old enough, and those of a clock that was far ahead.
 *
 * @returns how many
 */
export function expireAnswers(db: Connection): number {
  const now = clock()
  const times = [now - idempotencyKeptMs, now + idempotencyKeptMs]
  const expired = 'FROM idempotency WHERE created_at_ms < ? OR created_at_ms > ?'
  // Asked first, as a deletion of nothing takes the write lock, too.
  if (!db.get(`SELECT 1 ${expired} LIMIT 1`, times)) return 0
  return db.run(`DELETE ${expired}`, times)
}

/**
 * Writes a person's present name and metadata into the answers that name the person; see [Note:
 * Kept answers] in kept-answers.ts.
 */
export function retellAnswers({ db }: Pick<StoreContext, 'db'>, person: Person): void {
  const rows = db.all(
    'SELECT i.key, i.body FROM idempotency_subjects s JOIN idempotency i ON i.key = s.key ' +
      'WHERE s.subject = ? AND i.body IS NOT NULL',
    [person.id],
  )
  for (const row of rows) {
    const body = retellPerson(readText(row, 'body'), person)
    db.run('UPDATE idempotency SET body = ? WHERE key = ?', [body, readText(row, 'key')])
  }
}

/** Makes the answers follow faces and persons that come to other persons; see {@link retellOwners}. */
export function moveAnswers(
  context: StoreContext,
  { faces, persons }: { readonly faces: readonly Moved[]; readonly persons: readonly Moved[] },
): void {
  const { db } = context
  if (!db.get('SELECT 1 FROM idempotency_subjects LIMIT 1')) return
  const toMap = (moved: readonly Moved[]) =>
    new Map(moved.map(({ id, personId }) => [id, personId]))
  const owners = { faces: toMap(faces), persons: toMap(persons) }
  const keys = new Set<string>()
  for (const { id } of [...faces, ...persons]) {
    const rows = db.all('SELECT key FROM idempotency_subjects WHERE subject = ?', [id])
    for (const row of rows) keys.add(readText(row, 'key'))
  }
  for (const key of keys) {
    const row = db.get('SELECT body FROM idempotency WHERE key = ? AND body IS NOT NULL', [key])
    if (!row) continue
    const body = retellOwners(readText(row, 'body'), owners)
    db.run('UPDATE idempotency SET body = ? WHERE key = ?', [body, key])
    db.run('DELETE FROM idempotency_subjects WHERE key = ?', [key])
    addSubjects(context, key, findSubjects(body))
  }
  if (keys.size === 0) return
  for (const id of new Set([...faces, ...persons].map(({ personId }) => personId))) {
    const row = db.get(`SELECT ${personColumns} FROM persons WHERE id = ?`, [id])
    if (row) retellAnswers(context, readPerson(row, context.onUnreadableMetadata))
  }
}

/** A face or a person, and whose, or who, it is now. */
interface Moved {
  readonly id: string
  readonly personId: string
}

function addSubjects({ db }: StoreContext, key: string, subjects: readonly string[]): void {
  for (const subject of subjects) {
    db.run('INSERT INTO idempotency_subjects (subject, key) VALUES (?, ?) ON CONFLICT DO NOTHING', [
      subject,
      key,
    ])
  }
}

/** Kept answers, as {@link import('../database.ts').Database} says. */
export function createAnswerOperations(context: StoreContext): Synchronous<AnswerStore> {
  const { db } = context

  function findPerson(id: string): Person | undefined {
    const row = db.get(`SELECT ${personColumns} FROM persons WHERE id = ?`, [id])
    return row && readPerson(row, context.onUnreadableMetadata)
  }

  function exists(id: string): boolean {
    const found = 'SELECT 1 FROM persons WHERE id = ? UNION ALL SELECT 1 FROM faces WHERE id = ?'
    return db.get(found, [id, id]) !== undefined
  }

  return {
    claim(key, requestHash) {
      assertIdempotencyKey(key)
      expireAnswers(db)
      const now = clock()
      db.run('DELETE FROM idempotency WHERE key = ? AND status IS NULL AND created_at_ms < ?', [
        key,
        now - idempotencyClaimedMs,
      ])
      const row = db.get('SELECT request_hash, status, body FROM idempotency WHERE key = ?', [key])
      if (!row) {
        db.run('INSERT INTO idempotency (key, request_hash, created_at_ms) VALUES (?, ?, ?)', [
          key,
          requestHash,
          now,
        ])
        return undefined
      }
      const record = { requestHash: readText(row, 'request_hash') }
      const status = row.status
      if (typeof status !== 'number') return record
      return { ...record, response: { status, body: readText(row, 'body') } }
    },

    complete(key, response) {
      assertIdempotencyKey(key)
      const subjects = response ? findSubjects(response.body) : []
      // An answer of somebody who was deleted since the enrolment would outlive the deletion.
      if (!response || !subjects.every(exists)) {
        db.run('DELETE FROM idempotency WHERE key = ?', [key])
        return
      }
      const { status, body } = response
      const change = 'UPDATE idempotency SET status = ?, body = ? WHERE key = ?'
      if (db.run(change, [status, body, key]) === 0) return
      addSubjects(context, key, subjects)
      for (const subject of subjects) {
        const person = findPerson(subject)
        if (person) retellAnswers(context, person)
      }
    },
  }
}
