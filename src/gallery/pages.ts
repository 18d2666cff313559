import { FaceError } from '../core/errors.ts'
import type { Page, PageOptions } from './store.ts'

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

/** What a list pages through; part of the cursor, so that one list's cursor does not open another. */
export type Listed = 'collections' | 'persons' | 'faces'

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
  const limit = options.limit ?? defaultLimit
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw new FaceError('invalidOption', {
      detail: `limit must be a whole number, 1 to ${maxLimit}.`,
    })
  }
  if (options.cursor === undefined) return { after: '', limit }
  const text = Buffer.from(String(options.cursor), 'base64url').toString('latin1')
  const [kind, id] = text.split(':')
  if (kind !== listed || !isUlid(id) || toCursor(listed, id) !== options.cursor) {
    throw new FaceError('invalidCursor', { detail: 'Expected the nextCursor of the page before.' })
  }
  return { after: id, limit }
}

/**
 * The page of `found`, which was asked for with one item more than the limit. It ends early when its
 * items are large.
 *
 * @param found  items in id order, at most `limit + 1`
 */
export function toPage<T extends { readonly id: string }>(
  listed: Listed,
  found: readonly T[],
  limit: number,
): Page<T> {
  const length = Math.min(limit, countWithin(found, maxPageLength))
  if (found.length <= length) return { items: found }
  const items = found.slice(0, length)
  return { items, nextCursor: toCursor(listed, items[length - 1]!.id) }
}

/** How many of the first items are together at most `maxLength` characters of JSON; at least one. */
function countWithin(items: readonly object[], maxLength: number): number {
  let length = 0
  const count = items.findIndex((item) => {
    length += JSON.stringify(item).length
    return length > maxLength
  })
  return count === -1 ? items.length : Math.max(1, count)
}

function toCursor(listed: Listed, id: string): string {
  return Buffer.from(`${listed}:${id}`, 'latin1').toString('base64url')
}
