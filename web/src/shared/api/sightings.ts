import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Scope } from './client.ts'
import { collectionKey } from './keys.ts'
import type { Page, Sighting } from './types.ts'

const pageSize = 100

/** When and where a stranger was seen, latest first, page by page. */
export function strangerSightingsOptions({ api, collection }: Scope, stranger: string) {
  return infiniteQueryOptions({
    queryKey: [...collectionKey(collection), 'stranger', stranger, 'sightings'],
    queryFn: ({ pageParam, signal }): Promise<Page<Sighting>> =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/strangers/{stranger}/sightings', {
          params: { path: { collection, stranger }, query: toPageQuery(pageParam) },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page<Sighting>) => page.nextCursor,
  })
}

/** When and where a person was seen before somebody said who it is, latest first, page by page. */
export function personSightingsOptions({ api, collection }: Scope, person: string) {
  return infiniteQueryOptions({
    queryKey: [...collectionKey(collection), 'person', person, 'sightings'],
    queryFn: ({ pageParam, signal }): Promise<Page<Sighting>> =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/sightings', {
          params: { path: { collection }, query: { person, ...toPageQuery(pageParam) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page<Sighting>) => page.nextCursor,
  })
}

/** A sighting; that it was seen does not change. */
export function sightingOptions({ api, collection }: Scope, sighting: string) {
  return queryOptions({
    queryKey: ['sightings', collection, sighting],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/sightings/{sighting}', {
          params: { path: { collection, sighting } },
          signal,
        }),
      ),
  })
}

/** The picture of a sighting, of a collection that keeps them. */
export function sightingCropOptions({ api, collection }: Scope, sighting: string) {
  return queryOptions({
    // Not below the collection's key: no change of people changes a picture.
    queryKey: ['crops', collection, sighting],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }): Promise<Blob> =>
      api.send<Blob>((client) =>
        client.GET('/v1/collections/{collection}/sightings/{sighting}/crop', {
          params: { path: { collection, sighting } },
          parseAs: 'blob',
          signal,
        }),
      ),
  })
}

function toPageQuery(cursor: string): { readonly limit: number; readonly cursor?: string } {
  return { limit: pageSize, ...(cursor === '' ? {} : { cursor }) }
}
