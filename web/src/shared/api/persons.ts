import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/react-query'
import type { paths } from '../api.d.ts'
import type { Scope } from './client.ts'
import { entryOf, toEntry } from './history.ts'
import { collectionKey } from './keys.ts'
import { loadPart, type PersonPart, type PersonParts } from './person-parts.ts'
import type { Page, Person } from './types.ts'

type PersonsPath = paths['/v1/collections/{collection}/persons']
type PersonPath = paths['/v1/collections/{collection}/persons/{person}']

/** Words, filters and order of a list of persons, as the API has them. */
export type PersonsQuery = Omit<
  NonNullable<PersonsPath['get']['parameters']['query']>,
  'cursor' | 'limit'
>
export type PersonChanges = PersonPath['patch']['requestBody']['content']['application/json']

/** A person as a change left it. */
export interface ChangedPerson {
  readonly person: Person
  /** The change in the history; absent when nothing changed. */
  readonly entryId: string | undefined
}

const pageSize = 50
/** Who scrolls far does not ask for every fifty. */
const largePageSize = 900
/** Most that one answer holds. */
const mostInPage = 1000

/**
 * Persons of a collection, page by page.
 *
 * @param isInView  whether a page is seen, by its place; the others of a long list are not loaded again
 */
export function personsOptions(
  scope: Scope,
  query: PersonsQuery = {},
  isInView: (page: number) => boolean = () => true,
) {
  return infiniteQueryOptions({
    queryKey: [...collectionKey(scope.collection), 'persons', query],
    // Comparing 100,000 persons with what they were takes longer than drawing the few that are seen.
    structuralSharing: false,
    queryFn: ({ pageParam, signal, client, queryKey }) =>
      loadPart({
        client,
        queryKey,
        cursor: pageParam,
        isInView,
        load: (cursor, limit = cursor === '' ? pageSize : largePageSize) => {
          const page = { limit: Math.min(limit, mostInPage), ...(cursor === '' ? {} : { cursor }) }
          return loadPersons(scope, { ...query, ...page }, signal)
        },
      }),
    initialPageParam: '',
    getNextPageParam: (page: PersonPart) => page.nextCursor,
  })
}

/** Takes persons out of the lists that are loaded. */
export function removeFromLists(
  client: QueryClient,
  { collection }: Scope,
  ids: readonly string[],
): void {
  const gone = new Set(ids)
  client.setQueriesData<PersonParts>(
    { queryKey: [...collectionKey(collection), 'persons'] },
    (list) =>
      list && {
        ...list,
        pages: list.pages.map((page) => ({
          ...page,
          items: page.items.filter(({ id }) => !gone.has(id)),
        })),
      },
  )
}

/** One page of persons, for what is not a list on the screen. */
export function loadPersons(
  { api, collection }: Scope,
  query: PersonsQuery & { readonly cursor?: string; readonly limit?: number },
  signal?: AbortSignal,
): Promise<Page<Person>> {
  return api.send((client) =>
    client.GET('/v1/collections/{collection}/persons', {
      params: { path: { collection }, query: { ...query, limit: query.limit ?? pageSize } },
      signal: signal ?? null,
    }),
  )
}

/** A person. */
export function personOptions({ api, collection }: Scope, person: string) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'person', person],
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/persons/{person}', {
          params: { path: { collection, person } },
          signal,
        }),
      ),
  })
}

/**
 * Changes a person's fields.
 *
 * @returns the person, and the entry of the history whose undo takes the change back
 * @param revision  what the user has seen; `undefined` changes the person in any case
 * @throws {ApiProblem} `revisionMismatch` when somebody else changed the person since
 */
export function updatePerson(
  { api, collection }: Scope,
  { id, revision }: { readonly id: string; readonly revision: number | undefined },
  changes: PersonChanges,
): Promise<ChangedPerson> {
  return api.send(async (client) => {
    const outcome = await client.PATCH('/v1/collections/{collection}/persons/{person}', {
      params: { path: { collection, person: id }, header: ifMatch(revision) },
      body: changes,
    })
    const { data, response } = outcome
    return data === undefined
      ? outcome
      : { response, data: { person: data, entryId: entryOf(response) } }
  })
}

/**
 * Deletes a person with the faces.
 *
 * @returns the entry of the history whose undo puts them back
 */
export function deletePerson(
  { api, collection }: Scope,
  person: string,
): Promise<string | undefined> {
  return api.send(async (client) =>
    toEntry(
      await client.DELETE('/v1/collections/{collection}/persons/{person}', {
        params: { path: { collection, person } },
      }),
    ),
  )
}

function ifMatch(revision: number | undefined): { 'if-match'?: string } {
  return revision === undefined ? {} : { 'if-match': `"${revision}"` }
}
