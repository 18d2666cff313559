import { queryOptions } from '@tanstack/react-query'
import type { Api, Scope } from './client.ts'
import { collectionKey, collectionNamesKey } from './keys.ts'

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
