import { FaceError } from '../../core/errors.ts'
import type { Page, PageOptions } from '../ports/pages.ts'

const defaultLimit = 100
const maxLimit = 1000
/**
 * Characters of JSON in a page. Metadata of a person have up to 16 KiB: a thousand of them are more
 * than an answer should hold, many times over when many pages are asked for at once.
 */
const maxPageLength = 1024 * 1024
const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** Whether `id` has the form of an id made by a store. */
export function isUlid(id: unknown): id is string {
  return typeof id === 'string' && ulidPattern.test(id)
}

/** The lists that have pages; part of the cursor, so that one list's cursor does not open another. */
export type Listed =
  | 'collections'
  | 'persons'
  | 'faces'
  | 'setAside'
  | 'statements'
  | 'keys'
  | 'jobs'
  | 'jobItems'
  | 'strangers'
  | 'sightings'
  | 'history'
  | 'audit'

/** Where a page starts and how long it is. */
export interface PageStart {
  /** Ids greater than this; the empty string is before every id. */
  readonly after: string
  readonly limit: number
}

/**
 * Checks the options of a list whose pages are keyed by id.
 *
 * @throws {FaceError} `invalidCursor` when the cursor is not one that {@link toPage} gave for this list;
 *   `invalidOption` when the limit is not a whole number from 1 to 1000
 */
export function parsePageOptions(listed: Listed, options: PageOptions = {}): PageStart {
  const limit = parseLimit(options)
  if (options.cursor === undefined) return { after: '', limit }
  const text = Buffer.from(String(options.cursor), 'base64url').toString('latin1')
  const [kind, id] = text.split(':')
  if (kind !== listed || !isUlid(id) || toCursor(listed, id) !== options.cursor) {
    throw invalidCursor()
  }
  return { after: id, limit }
}

/** @throws {FaceError} `invalidOption` when the limit is not a whole number from 1 to 1000 */
export function parseLimit({ limit = defaultLimit }: PageOptions): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit
  throw new FaceError('invalidOption', {
    detail: `limit must be a whole number, 1 to ${maxLimit}.`,
  })
}

/** The error for a cursor that no page of the list gave. */
export function invalidCursor(): FaceError {
  return new FaceError('invalidCursor', { detail: 'Expected the nextCursor of the page before.' })
}

/**
 * The page of `found`, which was asked for with one item more than the limit.
 *
 * @param found  items in id order, at most `limit + 1`, each of bounded size: a thousand fit into a page
 */
export function toPage<T extends { readonly id: string }>(
  listed: Listed,
  found: readonly T[],
  limit: number,
): Page<T> {
  return toMeasuredPage(listed, found, { limit, lengthOf: () => 0 })
}

/**
 * The same for items that may be large: the page ends early, with one item at least.
 *
 * @param lengthOf  about how many characters of JSON an item has; called for each item once
 */
export function toMeasuredPage<T extends { readonly id: string }>(
  listed: Listed,
  found: readonly T[],
  { limit, lengthOf }: { readonly limit: number; readonly lengthOf: LengthOf<T> },
): Page<T> {
  return cutPage(found, { limit, lengthOf, cursorAfter: ({ id }) => toCursor(listed, id) })
}

/** The same with cursors of another form. @param cursorAfter  that of the page which begins behind an item */
export function cutPage<T>(
  found: readonly T[],
  {
    limit,
    lengthOf,
    cursorAfter,
  }: {
    readonly limit: number
    readonly lengthOf: LengthOf<T>
    readonly cursorAfter: (item: T, index: number) => string
  },
): Page<T> {
  const length = Math.min(limit, countWithin(found, lengthOf))
  if (found.length <= length) return { items: found }
  const items = found.slice(0, length)
  return { items, nextCursor: cursorAfter(items[length - 1]!, length - 1) }
}

export type LengthOf<T> = (item: T, index: number) => number

/** How many of the first items fit into a page; at least one. */
function countWithin<T>(items: readonly T[], lengthOf: LengthOf<T>): number {
  let length = 0
  const count = items.findIndex((item, index) => {
    length += lengthOf(item, index)
    return length > maxPageLength
  })
  return count === -1 ? items.length : Math.max(1, count)
}

/** The cursor of the page that begins behind the item of this id. */
export function toCursor(listed: Listed, id: string): string {
  return Buffer.from(`${listed}:${id}`, 'latin1').toString('base64url')
}
