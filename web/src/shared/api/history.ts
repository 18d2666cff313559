import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Scope } from './client.ts'
import { collectionKey } from './keys.ts'
import type { HistoryDetails, HistoryEntry, Page } from './types.ts'

/** The changes of a collection, or of one person, newest first, page by page. */
export function historyOptions(scope: Scope, person?: string) {
  return infiniteQueryOptions({
    queryKey: [...collectionKey(scope.collection), 'history', person ?? 'all'],
    queryFn: ({ pageParam, signal }) =>
      loadHistory(
        scope,
        {
          limit: 50,
          ...(person === undefined ? {} : { person }),
          ...(pageParam === '' ? {} : { cursor: pageParam }),
        },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page<HistoryEntry>) => page.nextCursor,
  })
}

/** An entry with how everything was before and after. */
export function entryOptions(scope: Scope, entry: string) {
  return queryOptions({
    queryKey: [...collectionKey(scope.collection), 'history', 'entry', entry],
    queryFn: ({ signal }) => loadEntry(scope, entry, signal),
  })
}

/** Loads an entry with how everything was before and after. */
export function loadEntry(
  { api, collection }: Scope,
  entry: string,
  signal?: AbortSignal,
): Promise<HistoryDetails> {
  return api.send((client) =>
    client.GET('/v1/collections/{collection}/history/{entry}', {
      params: { path: { collection, entry } },
      signal: signal ?? null,
    }),
  )
}

/** The answer of a deletion, which has no body: the entry of the history that its header names. */
export function toEntry<T extends { readonly response: Response }>(
  outcome: T,
): Omit<T, 'data'> & { readonly data: string | undefined } {
  return { ...outcome, data: outcome.response.headers.get('x-history-entry') ?? undefined }
}

/** Where the history has a change whose answer does not name the entry. */
export interface EntryPlace {
  readonly person: string
  readonly kind: HistoryEntry['kind']
}

/** How many entries back a change is looked for that was made a moment ago. */
const lookBack = 5

/**
 * Finds the entry of a change that was made just now.
 *
 * @returns undefined when somebody has taken it back, or the history does not go so far
 */
export async function findEntry(scope: Scope, place: EntryPlace): Promise<string | undefined> {
  const { items } = await loadHistory(scope, { person: place.person, limit: lookBack })
  return items.find(({ kind, undoneBy }) => kind === place.kind && undoneBy === undefined)?.id
}

/** How many entries are read at once when the changes of many persons are looked for. */
const entriesAtOnce = 1000

/**
 * Finds the newest entry of a kind that each of these persons has, of changes that were made a
 * moment ago. What somebody has taken back already is left out.
 */
export async function findEntries(
  scope: Scope,
  { persons, kind }: { readonly persons: readonly string[]; readonly kind: EntryPlace['kind'] },
): Promise<readonly string[]> {
  const missing = new Set(persons)
  const found: string[] = []
  let cursor: string | undefined
  // Others may have changed something meanwhile: as many entries again are looked through.
  const pages = Math.ceil((2 * persons.length) / entriesAtOnce)
  for (let page = 0; page < pages && missing.size > 0; page++) {
    const { items, nextCursor } = await loadHistory(scope, {
      limit: entriesAtOnce,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const entry of items) {
      const person = entry.personIds.find((id) => missing.has(id))
      if (entry.kind !== kind || entry.undoneBy !== undefined || person === undefined) continue
      missing.delete(person)
      found.push(entry.id)
    }
    cursor = nextCursor
    if (cursor === undefined) break
  }
  return found
}

/**
 * Takes a change back; the answer is the new entry, which can be taken back itself.
 *
 * @throws {ApiProblem} `undoRefused` when what it changed was changed again
 */
export function undoEntry({ api, collection }: Scope, entry: string): Promise<HistoryDetails> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/history/{entry}/undo', {
      params: { path: { collection, entry } },
    }),
  )
}

/** Loads a page of the changes of a collection, or of one person, newest first. */
export function loadHistory(
  { api, collection }: Scope,
  query: { readonly person?: string; readonly cursor?: string; readonly limit: number },
  signal?: AbortSignal,
): Promise<Page<HistoryEntry>> {
  return api.send((client) =>
    client.GET('/v1/collections/{collection}/history', {
      params: { path: { collection }, query },
      signal: signal ?? null,
    }),
  )
}
