import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { paths } from '../api.d.ts'
import { type Scope, toForm } from './client.ts'
import { collectionKey } from './keys.ts'
import type {
  AssignedStranger,
  ErasedStrangers,
  Page,
  ResemblingSighting,
  Stranger,
} from './types.ts'

type StrangersPath = paths['/v1/collections/{collection}/strangers']
type AssignPath = paths['/v1/collections/{collection}/strangers/{stranger}/assign']

/** Which strangers, and in which order, as the API has them. */
export type StrangersQuery = Omit<
  NonNullable<StrangersPath['get']['parameters']['query']>,
  'cursor' | 'limit'
>
/** Who a stranger is, and which of the sightings are enrolled. */
export type Assignment = NonNullable<
  AssignPath['post']['requestBody']
>['content']['application/json']

/** The first part of the key of all lists of strangers. */
export function strangersKey(collection: string): readonly string[] {
  return [...collectionKey(collection), 'strangers']
}

/** People who were seen and are not enrolled, page by page. */
export function strangersOptions({ api, collection }: Scope, query: StrangersQuery = {}) {
  return infiniteQueryOptions({
    queryKey: [...strangersKey(collection), query],
    queryFn: ({ pageParam, signal }): Promise<Page<Stranger>> =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/strangers', {
          params: {
            path: { collection },
            query: { ...query, limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page<Stranger>) => page.nextCursor,
  })
}

/** A stranger, or the one that it has become. */
export function strangerOptions({ api, collection }: Scope, stranger: string) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'stranger', stranger],
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/strangers/{stranger}', {
          params: { path: { collection, stranger } },
          signal,
        }),
      ),
  })
}

/** Enrolled persons whom a stranger resembles, most similar first. */
export function strangerSuggestionsOptions({ api, collection }: Scope, stranger: string) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'stranger', stranger, 'suggestions'],
    queryFn: async ({ signal }) =>
      (
        await api.send((client) =>
          client.GET('/v1/collections/{collection}/strangers/{stranger}/suggestions', {
            params: { path: { collection, stranger } },
            signal,
          }),
        )
      ).items,
  })
}

/**
 * Makes a stranger a person; an undo of the history's `facesAdded` takes it back.
 *
 * @throws {ApiProblem} `personExists`, `strangerConflict` when it is a person already
 */
export function assignStranger(
  { api, collection }: Scope,
  stranger: string,
  assignment: Assignment,
): Promise<AssignedStranger> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/strangers/{stranger}/assign', {
      params: { path: { collection, stranger } },
      body: assignment,
    }),
  )
}

/** Takes back who a stranger is; faces that were enrolled stay. */
export function unassignStranger({ api, collection }: Scope, stranger: string): Promise<Stranger> {
  return api.send((client) =>
    client.DELETE('/v1/collections/{collection}/strangers/{stranger}/assign', {
      params: { path: { collection, stranger } },
    }),
  )
}

/** Shows a stranger, and those very like it, no more. */
export function ignoreStranger({ api, collection }: Scope, stranger: string): Promise<void> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/strangers/{stranger}/ignore', {
      params: { path: { collection, stranger } },
    }),
  )
}

/** Shows an ignored stranger again, and those that are ignored because of it. */
export function releaseStranger({ api, collection }: Scope, stranger: string): Promise<void> {
  return api.send((client) =>
    client.DELETE('/v1/collections/{collection}/strangers/{stranger}/ignore', {
      params: { path: { collection, stranger } },
    }),
  )
}

/** Erases what is not a face, with its sightings; nothing takes that back. */
export function discardStranger({ api, collection }: Scope, stranger: string): Promise<void> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/strangers/{stranger}/discard', {
      params: { path: { collection, stranger } },
    }),
  )
}

const imageForm = (image: Blob) => ({
  body: {},
  bodySerializer: () => toForm({}, 'image', [{ name: 'face', blob: image }]),
})

/** Sightings that resemble the largest face of an image, latest first, page by page. */
export function searchSightings(
  { api, collection }: Scope,
  image: Blob,
  cursor: string | undefined,
): Promise<Page<ResemblingSighting>> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/sightings/search', {
      params: {
        path: { collection },
        query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) },
      },
      ...imageForm(image),
    }),
  )
}

/**
 * Erases every sighting that resembles the largest face of an image; with `dryRun` it only says what
 * would be erased.
 */
export function eraseSightings(
  { api, collection }: Scope,
  image: Blob,
  { dryRun }: { readonly dryRun: boolean },
): Promise<ErasedStrangers> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/sightings/erase', {
      params: { path: { collection }, query: { dryRun, persons: true } },
      ...imageForm(image),
    }),
  )
}
