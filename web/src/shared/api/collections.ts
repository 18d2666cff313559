import { queryOptions } from '@tanstack/react-query'
import type { paths } from '../api.d.ts'
import type { Api, Scope } from './client.ts'
import { collectionKey, collectionNamesKey } from './keys.ts'
import type { Collection } from './types.ts'

type CollectionPath = paths['/v1/collections/{collection}']

export type NewCollection =
  paths['/v1/collections']['post']['requestBody']['content']['application/json']
export type CollectionChanges =
  CollectionPath['patch']['requestBody']['content']['application/json']

/** The names of all collections. */
export function collectionNamesOptions(api: Api) {
  return queryOptions({
    queryKey: collectionNamesKey,
    queryFn: async ({ signal }): Promise<readonly string[]> => {
      const page = await api.send((client) =>
        client.GET('/v1/collections', { params: { query: { limit: 200 } }, signal }),
      )
      return page.items.map(({ name }) => name)
    },
  })
}

/** A collection with its counts, policy and thresholds. */
export function collectionOptions({ api, collection }: Scope) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'details'],
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}', { params: { path: { collection } }, signal }),
      ),
  })
}

/** What rates would mean for a collection as large as it is now. */
export function thresholdsOptions({ api, collection }: Scope, rates: readonly number[]) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'thresholds', rates],
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/thresholds', {
          params: { path: { collection }, query: { maxFpir: [...rates] } },
          signal,
        }),
      ),
  })
}

export function createCollection(api: Api, body: NewCollection): Promise<Collection> {
  return api.send((client) => client.POST('/v1/collections', { body }))
}

export function updateCollection(
  { api, collection }: Scope,
  body: CollectionChanges,
): Promise<Collection> {
  return api.send((client) =>
    client.PATCH('/v1/collections/{collection}', { params: { path: { collection } }, body }),
  )
}

/** Deletes a collection with everything in it, for good. */
export function deleteCollection({ api, collection }: Scope): Promise<void> {
  return api.send((client) =>
    client.DELETE('/v1/collections/{collection}', { params: { path: { collection } } }),
  )
}
