import { consentStates } from '../../core/consent.ts'
import { FaceError } from '../../core/errors.ts'
import type { Page } from '../ports/pages.ts'
import {
  facesFilters,
  type Person,
  type PersonListOptions,
  type PersonSort,
  personSorts,
  type SortOrder,
  sortOrders,
} from '../ports/persons.ts'
import {
  cutPage,
  invalidCursor,
  isUlid,
  type LengthOf,
  parseLimit,
  parsePageOptions,
  toCursor,
} from './pages.ts'
import { assertOneOf } from './person-by-name.ts'
import { toQueryWords, toSortName } from './person-words.ts'

/** Characters of a query; a name has no more. */
const maxQueryLength = 400

/** The value of a person that a list is sorted by; ids decide between equal ones. */
export type SortValue = string | number

/** How a list of persons is read. */
export interface PersonList {
  readonly limit: number
  readonly sort: PersonSort
  readonly order: SortOrder
  /** The last person of the page before; `value` is empty for the order of ids. */
  readonly after?: { readonly value: SortValue; readonly id: string }
  /** Words that all have to begin a word of the person; empty where nobody is searched. */
  readonly words: readonly string[]
  /** ISO 8601, UTC. */
  readonly changedSince?: string
  /** When consents are looked at; ISO 8601, UTC. */
  readonly now: string
}

/** @param now  ISO 8601, UTC @throws {FaceError} `invalidOption`, `invalidCursor` */
export function parsePersonList(options: PersonListOptions, now: string): PersonList {
  const { sort = 'created', order = 'asc', query = '', faces, changedSince, consent } = options
  assertOneOf('sort', personSorts, sort)
  assertOneOf('order', sortOrders, order)
  assertOneOf('faces', facesFilters, faces)
  assertOneOf('consent', consentStates, consent)
  if (query.length > maxQueryLength) {
    throw new FaceError('invalidOption', {
      detail: `query: expected at most ${maxQueryLength} characters.`,
    })
  }
  const after = parseCursor(options, { sort, order })
  return {
    limit: parseLimit(options),
    ...{ sort, order, now },
    ...(after === undefined ? {} : { after }),
    words: toQueryWords(query),
    ...(changedSince === undefined ? {} : { changedSince: toTime(changedSince) }),
  }
}

function toTime(text: string): string {
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return new Date(ms).toISOString()
  throw new FaceError('invalidOption', { detail: 'changedSince: expected an ISO 8601 time.' })
}

type Order = Pick<PersonList, 'sort' | 'order'>

/** The order of ids has the cursors of other lists. */
function isById({ sort, order }: Order): boolean {
  return sort === 'created' && order === 'asc'
}

function parseCursor(options: PersonListOptions, list: Order): PersonList['after'] {
  const { cursor } = options
  if (cursor === undefined) return undefined
  if (isById(list)) return { value: '', id: parsePageOptions('persons', options).after }
  const { sort, order } = list
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(String(cursor), 'base64url').toString('utf8'))
  } catch {
    throw invalidCursor()
  }
  const [ofSort, ofOrder, value, id] = Array.isArray(parsed) ? parsed : []
  const isOfType = sort === 'faceCount' ? Number.isSafeInteger(value) : typeof value === 'string'
  const after = { value: value as SortValue, id: String(id) }
  // Text in SQL cannot carry NUL, and no sorted value has one.
  const isPlain = isOfType && !String(value).includes('\0') && isUlid(id)
  if (!isPlain || ofSort !== sort || ofOrder !== order || encode(list, after) !== cursor) {
    throw invalidCursor()
  }
  return after
}

function encode({ sort, order }: Order, { value, id }: NonNullable<PersonList['after']>): string {
  return Buffer.from(JSON.stringify([sort, order, value, id])).toString('base64url')
}

/** What the person is sorted by, as stores keep it; empty for one never seen. */
export function sortValueOf(person: Person, sort: PersonSort): SortValue {
  switch (sort) {
    case 'created':
      return ''
    case 'name':
      return toSortName(person.name)
    case 'faceCount':
      return person.faceCount
    case 'lastSeen':
      return person.lastSeenAt ?? ''
    case 'updated':
      return person.updatedAt
  }
}

/**
 * The page of persons who were found, asked for with one more than the limit.
 *
 * @param lengthOf  about how many characters of JSON a person has
 */
export function toPersonPage(
  { sort, order, limit }: PersonList,
  found: readonly Person[],
  lengthOf: LengthOf<Person>,
): Page<Person> {
  const cursorAfter = (person: Person): string =>
    isById({ sort, order })
      ? toCursor('persons', person.id)
      : encode({ sort, order }, { value: sortValueOf(person, sort), id: person.id })
  return cutPage(found, { limit, lengthOf, cursorAfter })
}

/** Bytes of everything that a person has besides its texts, in JSON; observed 330. */
const personFrameLength = 400

/**
 * About how many characters of JSON a person has.
 *
 * @param metadataLength  of its metadata in JSON
 */
export function toPersonLength(
  { name, aliases, notes = '' }: Pick<Person, 'name' | 'aliases' | 'notes'>,
  metadataLength: number,
): number {
  const others = aliases.reduce((sum, alias) => sum + alias.length + 3, 0)
  return personFrameLength + name.length + others + notes.length + metadataLength
}
