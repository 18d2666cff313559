import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query'
import type { Page, Person } from './types.ts'

// [Note: Parts of a long list]
// Who has scrolled through 100,000 persons has loaded a hundred pages. After a change only those that are
// seen are loaded again; the others are marked, and loaded when they are seen. A part that is loaded
// again ends before the first one of the next part, which begins where it did: cursors are places in
// the order, and stay places when somebody comes or goes.

/** A page of persons as it was loaded. */
export interface PersonPart extends Page<Person> {
  readonly loadedAt: number
  /** Something may have changed since. */
  readonly isStale?: boolean
}

export type PersonParts = InfiniteData<PersonPart, string>

/** Lists of so few pages are loaded again as a whole. */
const fewParts = 3
/** What was loaded is shown for so long without asking again, as in query-client.ts. */
const freshMs = 10_000
/** Answers that are looked through for the end of a part, if many persons came between. */
const mostAnswers = 4
/** Persons who may have come between, and are in the same answer. */
const spare = 100

interface PartRequest {
  readonly client: QueryClient
  readonly queryKey: QueryKey
  /** Where the part begins; empty for the first one. */
  readonly cursor: string
  readonly isInView: (part: number) => boolean
  /** Without a limit, as many as a list goes on by. */
  readonly load: (cursor: string, limit?: number) => Promise<Page<Person>>
}

/** A part of a list: as it is there, or loaded again, as [Note: Parts of a long list] says. */
export async function loadPart(request: PartRequest): Promise<PersonPart> {
  const { client, queryKey, cursor, isInView, load } = request
  const { pages = [], pageParams = [] } = client.getQueryData<PersonParts>(queryKey) ?? {}
  const index = pageParams.indexOf(cursor)
  const part = pages[index]
  if (part === undefined || pages.length <= fewParts) return fresh(await load(cursor))
  const isDue =
    client.getQueryState(queryKey)?.isInvalidated === true ||
    part.isStale === true ||
    Date.now() - part.loadedAt > freshMs
  if (!isDue) return part
  // A change may have made somebody the first one.
  if (index > 0 && !isInView(index)) return { ...part, isStale: true }
  // Nothing is behind the last one that is loaded.
  if (index === pages.length - 1) return fresh(await load(cursor))
  const later = new Set(pages.slice(index + 1).flatMap(({ items }) => items.map(({ id }) => id)))
  const items = await loadUntil(load, { cursor, later, limit: part.items.length + spare })
  return fresh({ items, nextCursor: part.nextCursor })
}

function fresh(page: Page<Person>): PersonPart {
  return { ...page, loadedAt: Date.now() }
}

/** Loads up to the first one of those who come later. */
async function loadUntil(
  load: PartRequest['load'],
  end: {
    readonly cursor: string
    readonly later: ReadonlySet<string>
    readonly limit: number
  },
): Promise<readonly Person[]> {
  const found: Person[] = []
  let { cursor } = end
  for (let answers = 0; answers < mostAnswers; answers++) {
    const { items, nextCursor } = await load(cursor, end.limit)
    const beyond = items.findIndex(({ id }) => end.later.has(id))
    found.push(...(beyond < 0 ? items : items.slice(0, beyond)))
    if (beyond >= 0 || nextCursor === undefined) break
    cursor = nextCursor
  }
  return found
}

/** Everybody of the parts; who has moved to another part meanwhile is where the list has them first. */
export function joinParts(parts: readonly PersonPart[]): readonly Person[] {
  const all = parts.flatMap(({ items }) => items)
  if (parts.length <= fewParts) return all
  const known = new Set<string>()
  const isNew = ({ id }: Person) => known.size < known.add(id).size
  const persons = all.filter(isNew)
  return persons.length === all.length ? all : persons
}

/** Whether a part that is seen may have changed. */
export function isStaleInView(
  parts: readonly PersonPart[],
  isInView: (part: number) => boolean,
): boolean {
  return parts.some(({ isStale }, part) => isStale === true && isInView(part))
}

/** The parts in which places of the list are, from the first to the last. */
export function partsOf(
  parts: readonly PersonPart[],
  { first, last }: { readonly first: number; readonly last: number },
): (part: number) => boolean {
  const starts: number[] = []
  let start = 0
  for (const { items } of parts) {
    starts.push(start)
    start += items.length
  }
  return (part) => {
    const from = starts[part]
    const until = starts[part + 1] ?? start
    return from !== undefined && from <= last && first < until
  }
}
