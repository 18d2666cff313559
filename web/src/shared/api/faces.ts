import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Scope } from './client.ts'
import { toEntry } from './history.ts'
import { collectionKey } from './keys.ts'
import type { Face, Page } from './types.ts'

/** A crop never changes. */
const cropFreshMs = Number.POSITIVE_INFINITY

/** The faces of a person, page by page. */
export function facesOptions({ api, collection }: Scope, person: string) {
  return infiniteQueryOptions({
    queryKey: [...collectionKey(collection), 'faces', person],
    queryFn: ({ pageParam, signal }): Promise<Page<Face>> =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/persons/{person}/faces', {
          params: {
            path: { collection, person },
            query: { limit: 200, ...(pageParam === '' ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page<Face>) => page.nextCursor,
  })
}

/** The picture of a face, of a collection that stores crops. */
export function cropOptions({ api, collection }: Scope, person: string, face: string) {
  return queryOptions({
    // Not below the collection's key: no change of people changes a picture.
    queryKey: ['crops', collection, person, face],
    staleTime: cropFreshMs,
    queryFn: ({ signal }): Promise<Blob> =>
      api.send<Blob>((client) =>
        client.GET('/v1/collections/{collection}/persons/{person}/faces/{face}/crop', {
          params: { path: { collection, person, face } },
          parseAs: 'blob',
          signal,
        }),
      ),
  })
}

/**
 * Deletes a face.
 *
 * @returns the entry of the history whose undo puts it back
 */
export function deleteFace(
  { api, collection }: Scope,
  person: string,
  face: string,
): Promise<string | undefined> {
  return api.send(async (client) =>
    toEntry(
      await client.DELETE('/v1/collections/{collection}/persons/{person}/faces/{face}', {
        params: { path: { collection, person, face } },
      }),
    ),
  )
}
