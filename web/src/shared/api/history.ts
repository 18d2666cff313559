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

/** The entry of the history that an answer names in its header; none where nothing changed. */
export function entryOf(response: Response): string | undefined {
  return response.headers.get('x-history-entry') ?? undefined
}

/** The answer of a deletion, which has no body but the entry. */
export function toEntry<T extends { readonly response: Response }>(
  outcome: T,
): Omit<T, 'data'> & { readonly data: string | undefined } {
  return { ...outcome, data: entryOf(outcome.response) }
}

/**
 * Takes back several changes, the last one first.
 *
 * @throws {ApiProblem} the first refusal, when the others have been taken back
 */
export async function undoEntries(scope: Scope, entries: readonly string[]): Promise<void> {
  let refusal: unknown
  for (const entry of entries.toReversed()) {
    await undoEntry(scope, entry).catch((error: unknown) => {
      refusal ??= error
    })
  }
  if (refusal !== undefined) throw refusal
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
