import type { Page } from '../ports/pages.ts'
import type { Person, PersonListOptions, PersonSort } from '../ports/persons.ts'
import { foldName } from '../rules/person-fields.ts'
import {
  type PersonList,
  parsePersonList,
  toPersonLength,
  toPersonPage,
} from '../rules/person-lists.ts'
import { afterPrefix } from '../rules/person-words.ts'
import type { StoreContext } from './context.ts'
import type { Connection, SqlRow, SqlValue } from './libsql.ts'
import { personColumns, readNumber, readPerson } from './rows.ts'

const sortColumns: Readonly<Record<PersonSort, string>> = {
  created: 'persons.id',
  name: 'sort_name',
  faceCount: 'face_count',
  lastSeen: 'last_seen_at',
  updated: 'updated_at',
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
  const list = parsePersonList(options)
  // No stored text has a NUL, and SQL text cannot carry one.
  const texts = [options.name, options.exactName, options.externalId]
  if (texts.some((text) => text?.includes('\0'))) return { items: [] }
  const where = toConditions(collectionId, options, list)
  const rows =
    list.words.length === 0
      ? readInOrder(context.db, list, where)
      : readByWords(context.db, collectionId, { list, where })
  const persons = rows.map((row) => readPerson(row, context.onUnreadableMetadata))
  // The stored text tells how long the metadata are; nothing is written as JSON to be measured.
  return toPersonPage(list, persons, (person, index) =>
    toPersonLength(person, String(rows[index]?.metadata ?? '').length),
  )
}

function toConditions(
  collectionId: string,
  { name, exactName, externalId, hidden, favourite, faces }: PersonListOptions,
  { changedSince, words, after, sort, order }: PersonList,
): Conditions {
  const sql = ['persons.collection_id = ?']
  const parameters: SqlValue[] = [collectionId]
  const add = (condition: string, ...values: readonly SqlValue[]): void => {
    sql.push(condition)
    parameters.push(...values)
  }
  if (after !== undefined) {
    const isAfter = order === 'asc' ? '>' : '<'
    if (sort === 'created') add(`persons.id ${isAfter} ?`, after.id)
    else add(`(${sortColumns[sort]}, persons.id) ${isAfter} (?, ?)`, after.value, after.id)
  }
  // instr, not LIKE: % and _ are ordinary characters of names.
  if (name !== undefined) add('instr(name_folded, ?) > 0', foldName(name))
  if (exactName !== undefined) add('name = ?', exactName.trim().normalize('NFC'))
  if (externalId !== undefined) add('external_id = ?', externalId.trim().normalize('NFC'))
  if (hidden !== undefined) add(`hidden = ${hidden ? 1 : 0}`)
  if (favourite !== undefined) add(`favourite = ${favourite ? 1 : 0}`)
  if (faces !== undefined) add(`face_count = ${faces === 'none' ? 0 : 1}`)
  if (changedSince !== undefined) add('updated_at >= ?', changedSince)
  // Words have neither quotes nor backslashes, so their list in JSON shows where each begins.
  for (const word of words) add('instr(words, ?) > 0', `"${word}`)
  return { sql, parameters }
}

function toOrder({ sort, order, limit }: PersonList): string {
  const columns = sort === 'created' ? ['persons.id'] : [sortColumns[sort], 'persons.id']
  return `ORDER BY ${columns.map((column) => `${column} ${order}`).join(', ')} LIMIT ${limit + 1}`
}

function readInOrder(db: Connection, list: PersonList, { sql, parameters }: Conditions): SqlRow[] {
  return db.all(
    `SELECT ${personColumns} FROM persons WHERE ${sql.join(' AND ')} ${toOrder(list)}`,
    parameters,
  )
}

// [Note: Two ways of a search]
// Persons of rare words are found by the word and then sorted; of words that many have, the persons
// are walked through in the order that is asked for until there are enough. Either alone would be slow
// with the other's words: to sort 10,000 persons takes tens of milliseconds, and so does to walk through
// 100,000 for one of them. Which is less is estimated from how many have each word.

/** Words are counted up to this, which takes less than a millisecond. */
const maxCounted = 20_000
/** How much longer it takes to look up and sort a person than to look at the next one. */
const lookUpCost = 4

function readByWords(
  db: Connection,
  collectionId: string,
  { list, where }: { readonly list: PersonList; readonly where: Conditions },
): SqlRow[] {
  const row = db.get('SELECT persons FROM collections WHERE id = ?', [collectionId])
  const total = row === undefined ? 0 : readNumber(row, 'persons')
  if (total === 0) return []
  const counted = list.words.map((word) => ({ word, count: countWord(db, collectionId, word) }))
  const rarest = counted.reduce((a, b) => (b.count < a.count ? b : a))
  const share = counted.reduce((product, { count }) => product * (count / total), 1)
  const walked = Math.min(total, (list.limit + 1) / share)
  if (rarest.count * lookUpCost >= walked) return readInOrder(db, list, where)
  // CROSS keeps the planner from walking through the persons, and the plus from doing so for each person
  // who was found: every index of an order begins with the collection.
  const found =
    'SELECT DISTINCT person_id FROM person_words WHERE collection_id = ? AND word >= ? AND word < ?'
  return db.all(
    `SELECT ${personColumns} FROM (${found}) AS found CROSS JOIN persons ` +
      `ON persons.id = found.person_id WHERE +${where.sql.join(' AND ')} ${toOrder(list)}`,
    [collectionId, rarest.word, afterPrefix(rarest.word), ...where.parameters],
  )
}

/** How often the word begins one of a person, at most {@link maxCounted}. */
function countWord(db: Connection, collectionId: string, word: string): number {
  const counted = db.get(
    'SELECT count(*) AS persons FROM (SELECT 1 FROM person_words ' +
      'WHERE collection_id = ? AND word >= ? AND word < ? LIMIT ?)',
    [collectionId, word, afterPrefix(word), maxCounted],
  )
  return readNumber(counted, 'persons')
}
