import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Scope } from './client.ts'
import { collectionKey } from './keys.ts'
import type { HistoryEntry, Page } from './types.ts'

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

/**
 * Takes a change back.
 *
 * @throws {ApiProblem} `undoRefused` when what it changed was changed again
 */
export async function undoEntry({ api, collection }: Scope, entry: string): Promise<void> {
  await api.send((client) =>
    client.POST('/v1/collections/{collection}/history/{entry}/undo', {
      params: { path: { collection, entry } },
    }),
  )
}

function loadHistory(
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
