import { infiniteQueryOptions } from '@tanstack/react-query'
import type { paths } from '../api.d.ts'
import type { Scope } from './client.ts'
import { collectionKey } from './keys.ts'

type StrangersPath = paths['/v1/collections/{collection}/strangers']

/** Which strangers, and in which order, as the API has them. */
export type StrangersQuery = Omit<
  NonNullable<StrangersPath['get']['parameters']['query']>,
  'cursor' | 'limit'
>

/** People who were seen and are not enrolled, page by page. */
export function strangersOptions({ api, collection }: Scope, query: StrangersQuery = {}) {
  return infiniteQueryOptions({
    queryKey: [...collectionKey(collection), 'strangers', query],
    queryFn: ({ pageParam, signal }) =>
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
    getNextPageParam: (page) => page.nextCursor,
  })
}
