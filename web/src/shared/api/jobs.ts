import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { paths } from '../api.d.ts'
import type { Api } from './client.ts'
import type { Job, JobItem, Page } from './types.ts'

/** Which jobs, as the API has them. */
export type JobsQuery = Omit<
  NonNullable<paths['/v1/jobs']['get']['parameters']['query']>,
  'cursor' | 'limit'
>

/** Items of a job that are loaded at once. */
const itemsAtOnce = 200

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

/** Which things that a job worked on. */
export interface ItemsQuery {
  /** Only those that were rejected, or only the others. */
  readonly rejected?: boolean
}

/** What a job says of the things that it worked on, page by page. */
export function jobItemsOptions(api: Api, job: string, query: ItemsQuery = {}) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'one', job, 'items', query.rejected ?? 'all'],
    queryFn: ({ pageParam, signal }) =>
      api.send((client) =>
        client.GET('/v1/jobs/{job}/items', {
          params: {
            path: { job },
            query: {
              limit: itemsAtOnce,
              ...query,
              ...(pageParam === '' ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page<JobItem>) => page.nextCursor,
  })
}

/** Asks a job to become something; one that runs does so at its next safe place. */
export function askJob(api: Api, job: string, what: 'pause' | 'resume' | 'cancel'): Promise<Job> {
  return api.send((client) => client.POST(`/v1/jobs/{job}/${what}`, { params: { path: { job } } }))
}

/** Removes the record of a job that has ended. */
export function deleteJob(api: Api, job: string): Promise<void> {
  return api.send((client) => client.DELETE('/v1/jobs/{job}', { params: { path: { job } } }))
}

/** What was rejected, as a table for a spreadsheet. */
export function loadRejectedCsv(api: Api, job: string): Promise<Blob> {
  return api.send<Blob>((client) =>
    client.GET('/v1/jobs/{job}/items.csv', {
      params: { path: { job }, query: { rejected: true } },
      parseAs: 'blob',
    }),
  )
}
