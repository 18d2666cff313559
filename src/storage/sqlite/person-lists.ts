import type { ConsentState } from '../../core/consent.ts'
import type { Page } from '../ports/pages.ts'
import type { Person, PersonListOptions, PersonSort } from '../ports/persons.ts'
import { foldName } from '../rules/person-fields.ts'
import {
  type PersonList,
  parsePersonList,
  toPersonLength,
  toPersonPage,
} from '../rules/person-lists.ts'
import type { StoreContext } from './context.ts'
import type { Connection, SqlRow, SqlValue } from './libsql.ts'
import { choosePersonSource, type PersonSource } from './person-sources.ts'
import { personColumns, readPerson } from './rows.ts'
import { toWordBits } from './word-bits.ts'

/** How each order is kept: the column that sorts, and the index that has it with the ids. */
const orders: Readonly<Record<PersonSort, { readonly column: string; readonly index: string }>> = {
  created: { column: 'id', index: 'persons_by_collection' },
  name: { column: 'sort_name', index: 'persons_by_sort_name' },
  faceCount: { column: 'face_count', index: 'persons_by_face_count' },
  lastSeen: { column: 'last_seen_at', index: 'persons_by_last_seen' },
  updated: { column: 'updated_at', index: 'persons_by_change' },
}

/** Conditions of a query, joined by AND, with their parameters. */
interface Conditions {
  readonly sql: string[]
  readonly parameters: SqlValue[]
}

/** A page of persons, as {@link import('../ports/persons.ts').PersonStore} says. */
export function listPersons(
  context: StoreContext,
  collectionId: string,
  options: PersonListOptions,
): Page<Person> {
  const list = parsePersonList(options, context.now())
  // No stored text has a NUL, and SQL text cannot carry one.
  const texts = [options.name, options.exactName, options.externalId]
  if (texts.some((text) => text?.includes('\0'))) return { items: [] }
  const where = toConditions(collectionId, options, list)
  const source = choosePersonSource(context.db, collectionId, { list, options })
  const rows = readRows(context.db, { list, where, source })
  const persons = rows.map((row) => readPerson(row, context.onUnreadableMetadata))
  // The stored text tells how long the metadata are; nothing is written as JSON to be measured.
  return toPersonPage(list, persons, (person, index) =>
    toPersonLength(person, String(rows[index]?.metadata ?? '').length),
  )
}

function toConditions(
  collectionId: string,
  { name, exactName, externalId, hidden, favourite, faces, consent }: PersonListOptions,
  { changedSince, words, after, sort, order, now }: PersonList,
): Conditions {
  const sql = ['p.collection_id = ?']
  const parameters: SqlValue[] = [collectionId]
  const add = (condition: string, ...values: readonly SqlValue[]): void => {
    sql.push(condition)
    parameters.push(...values)
  }
  if (after !== undefined) {
    const isAfter = order === 'asc' ? '>' : '<'
    if (sort === 'created') add(`p.id ${isAfter} ?`, after.id)
    else add(`(p.${orders[sort].column}, p.id) ${isAfter} (?, ?)`, after.value, after.id)
  }
  if (hidden !== undefined) add(`p.hidden = ${hidden ? 1 : 0}`)
  if (favourite !== undefined) add(`p.favourite = ${favourite ? 1 : 0}`)
  if (faces !== undefined) add(`p.face_count = ${faces === 'none' ? 0 : 1}`)
  if (changedSince !== undefined) add('p.updated_at >= ?', changedSince)
  if (consent !== undefined) add(consentConditions[consent], ...consentTimes(consent, now))
  if (exactName !== undefined) add('p.name = ?', exactName.trim().normalize('NFC'))
  if (externalId !== undefined) add('p.external_id = ?', externalId.trim().normalize('NFC'))
  // instr, not LIKE: % and _ are ordinary characters of names.
  if (name !== undefined) add('instr(p.name_folded, ?) > 0', foldName(name))
  const bits = toWordBits(words)
  if (bits !== 0) add('(p.word_bits & ?) = ?', bits, bits)
  // Words have neither quotes nor backslashes, so their list in JSON shows where each begins.
  for (const word of padded(words)) add('instr(p.words, ?) > 0', `"${word}`)
  return { sql, parameters }
}

const withdrawnAt = "json_extract(p.consent, '$.withdrawnAt')"
const expiresAt = "json_extract(p.consent, '$.expiresAt')"
// Beyond all times, where there is none.
const never = "'a'"

/** See `consentStateOf`; each has as many places for the present time as {@link consentTimes} gives. */
const consentConditions: Readonly<Record<ConsentState, string>> = {
  missing: 'p.consent IS NULL',
  withdrawn: `${withdrawnAt} <= ?`,
  expired: `(${expiresAt} <= ? AND coalesce(${withdrawnAt}, ${never}) > ?)`,
  valid: `(p.consent IS NOT NULL AND coalesce(${withdrawnAt}, ${never}) > ? AND coalesce(${expiresAt}, ${never}) > ?)`,
}

function consentTimes(state: ConsentState, now: string): readonly string[] {
  if (state === 'missing') return []
  return state === 'withdrawn' ? [now] : [now, now]
}

/**
 * The words with the last one repeated up to a power of two: a statement is kept for each number of
 * them, of which there would otherwise be 200.
 */
function padded(words: readonly string[]): readonly string[] {
  const last = words.at(-1)
  if (last === undefined) return []
  const length = 2 ** Math.ceil(Math.log2(words.length))
  return [...words, ...Array.from({ length: length - words.length }, () => last)]
}

/** Finds who is on the page by narrow rows first, and then reads these persons. */
function readRows(
  db: Connection,
  {
    list: { sort, order, limit },
    where: { sql, parameters },
    source,
  }: { readonly list: PersonList; readonly where: Conditions; readonly source: PersonSource },
): SqlRow[] {
  const toOrder = (table: string): string =>
    (sort === 'created' ? ['id'] : [orders[sort].column, 'id'])
      .map((column) => `${table}.${column} ${order}`)
      .join(', ')
  const found = toFound(source, orders[sort].index)
  return db.all(
    `SELECT ${personColumns} FROM (SELECT p.rowid AS place FROM ${found.sql} ` +
      `WHERE ${sql.join(' AND ')} ORDER BY ${toOrder('p')} LIMIT ${limit + 1}) ` +
      `CROSS JOIN persons ON persons.rowid = place ORDER BY ${toOrder('persons')}`,
    [...found.parameters, ...parameters],
  )
}

/** The tables that persons `p` are found in. */
function toFound(
  source: PersonSource,
  orderIndex: string,
): { readonly sql: string; readonly parameters: readonly SqlValue[] } {
  switch (source.kind) {
    case 'order':
      return { sql: `persons p INDEXED BY ${orderIndex}`, parameters: [] }
    case 'index':
      return { sql: `persons p INDEXED BY ${source.index}`, parameters: [] }
    case 'word':
      // CROSS keeps the planner from walking through the persons for each who was found.
      return {
        sql:
          '(SELECT DISTINCT person_id FROM person_words WHERE collection_id = ? AND word >= ? ' +
          'AND word < ? AND (word_bits & ?) = ?) AS found CROSS JOIN persons p ' +
          'INDEXED BY sqlite_autoindex_persons_1 ON p.id = found.person_id',
        parameters: source.parameters,
      }
  }
}
