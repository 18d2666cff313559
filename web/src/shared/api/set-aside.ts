import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Scope } from './client.ts'
import { collectionKey } from './keys.ts'
import type { Face, FacesRestored, FacesSetAside, Page } from './types.ts'

/** The faces of a person that no search sees, until they are put back. */
export function setAsideOptions({ api, collection }: Scope, person: string) {
  return infiniteQueryOptions({
    queryKey: [...collectionKey(collection), 'set-aside', person],
    queryFn: ({ pageParam, signal }): Promise<Page<Face>> =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/persons/{person}/set-aside', {
          params: {
            path: { collection, person },
            query: { limit: 100, ...(pageParam === '' ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page<Face>) => page.nextCursor,
  })
}

/** The picture of a face that is set aside. */
export function setAsideCropOptions({ api, collection }: Scope, person: string, face: string) {
  return queryOptions({
    queryKey: ['crops', collection, person, face, 'aside'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }): Promise<Blob> =>
      api.send<Blob>((client) =>
        client.GET('/v1/collections/{collection}/persons/{person}/set-aside/{face}/crop', {
          params: { path: { collection, person, face } },
          parseAs: 'blob',
          signal,
        }),
      ),
  })
}

/** Takes faces out of every search, until they are put back. */
export function setAside(
  { api, collection }: Scope,
  person: string,
  faceIds: readonly string[],
): Promise<FacesSetAside> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/persons/{person}/set-aside', {
      params: { path: { collection, person } },
      body: { faceIds: [...faceIds] },
    }),
  )
}

/** Puts faces back that are set aside. */
export function restoreFaces(
  { api, collection }: Scope,
  person: string,
  faceIds: readonly string[],
): Promise<FacesRestored> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/persons/{person}/set-aside/restore', {
      params: { path: { collection, person } },
      body: { faceIds: [...faceIds] },
    }),
  )
}
