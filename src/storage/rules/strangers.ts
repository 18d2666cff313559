import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import type { Page, PageOptions } from '../ports/pages.ts'
import type { NewSighting, Placement, Stranger, StrangerFilter } from '../ports/strangers.ts'
import { assertUnitEmbedding } from './embedding.ts'
import { assertDimension } from './input-checks.ts'
import { isUlid, parsePageOptions } from './pages.ts'
import { findSetModel } from './second-models.ts'

const maxSourceLength = 200
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** @throws {FaceError} `modelMismatch`, `dimensionMismatch`, `invalidEmbedding`, `invalidOption` */
export function assertNewSighting(collection: Collection, sighting: NewSighting): void {
  const { id, modelId, embedding, seenAt, source } = sighting
  if (id !== undefined && !isUlid(id)) {
    throw new FaceError('invalidOption', { detail: 'The id of a sighting is a ULID.' })
  }
  assertDimension(findSetModel(collection, { id: collection.id, modelId }), embedding)
  assertUnitEmbedding(embedding)
  if (!timePattern.test(seenAt)) {
    throw new FaceError('invalidOption', { detail: 'seenAt must be ISO 8601, UTC.' })
  }
  if (source !== undefined) assertSource(source)
}

/** @throws {FaceError} `invalidOption` */
export function assertSource(source: string): void {
  if (source.length > 0 && source.length <= maxSourceLength && !source.includes('\0')) return
  throw new FaceError('invalidOption', {
    detail: `source must have 1 to ${maxSourceLength} characters.`,
  })
}

/** The sum of embeddings without some of them, which is that of none when `count` is 0. */
export function subtractAll(sum: Float32Array, removed: readonly Float32Array[]): Float32Array {
  const rest = sum.slice()
  for (const embedding of removed) {
    for (let d = 0; d < rest.length; d++) rest[d] = rest[d]! - embedding[d]!
  }
  return rest
}

/** A stranger that a merge, or the undo of one, gave to another person. */
export interface GivenStranger {
  readonly id: string
  /** One that was assigned again since then has another anchor, and stays where it is. */
  readonly anchorId: string
  readonly from: string
  readonly to: string
}

/** Where a page of strangers begins. */
export interface StrangerPageStart {
  readonly limit: number
  readonly sort: 'count' | 'latest'
  /** The last stranger of the page before, with what it was sorted by; absent on the first page. */
  readonly after?: { readonly value: string | number; readonly id: string }
}

/** @throws {FaceError} `invalidCursor`, `invalidOption` */
export function parseStrangerPage({
  sort = 'latest',
  cursor,
  ...options
}: PageOptions & StrangerFilter): StrangerPageStart {
  const { limit } = parsePageOptions('strangers', options)
  if (cursor === undefined) return { limit, sort }
  const text = Buffer.from(String(cursor), 'base64url').toString('latin1')
  const [listed, sorted, id, ...rest] = text.split(' ')
  const value = rest.join(' ')
  const isValue = sort === 'count' ? /^\d{1,12}$/.test(value) : timePattern.test(value)
  if (listed !== 'strangers' || sorted !== sort || !isUlid(id) || !isValue) {
    throw new FaceError('invalidCursor', { detail: 'Expected the nextCursor of the page before.' })
  }
  return { limit, sort, after: { value: sort === 'count' ? Number(value) : value, id } }
}

/** @param found  at most one more than the limit */
export function toStrangerPage(
  found: readonly Stranger[],
  { limit, sort }: Pick<StrangerPageStart, 'limit' | 'sort'>,
): Page<Stranger> {
  if (found.length <= limit) return { items: found }
  const items = found.slice(0, limit)
  const last = items[limit - 1] as Stranger
  const value = sort === 'count' ? last.count : last.lastSeenAt
  const text = `strangers ${sort} ${last.id} ${value}`
  return { items, nextCursor: Buffer.from(text, 'latin1').toString('base64url') }
}

/** @returns for the id of a stranger the one that it has become after all joins */
export function followJoins(joined: Placement['joined']): (id: string) => string {
  const into = new Map<string, string>()
  for (const join of joined) into.set(join.from, join.into)
  return (id) => {
    let last = id
    for (let next = into.get(last); next !== undefined; next = into.get(last)) last = next
    return last
  }
}
