import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { paths } from '../api.d.ts'
import type { Api } from './client.ts'

/** Which jobs, as the API has them. */
export type JobsQuery = Omit<
  NonNullable<paths['/v1/jobs']['get']['parameters']['query']>,
  'cursor' | 'limit'
>

/** Long operations, latest first, page by page. */
export function jobsOptions(api: Api, query: JobsQuery = {}) {
  return infiniteQueryOptions({
    queryKey: ['jobs', query],
    queryFn: ({ pageParam, signal }) =>
      api.send((client) =>
        client.GET('/v1/jobs', {
          params: {
            query: { ...query, limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  })
}

/** A long operation and how far it is. */
export function jobOptions(api: Api, job: string) {
  return queryOptions({
    queryKey: ['jobs', 'one', job],
    queryFn: ({ signal }) =>
      api.send((client) => client.GET('/v1/jobs/{job}', { params: { path: { job } }, signal })),
  })
}
