import { queryOptions } from '@tanstack/react-query'
import type { Api, Scope } from './client.ts'
import { collectionKey } from './keys.ts'
import type { Job } from './types.ts'

/** All models with what was measured of them. */
export function modelsOptions(api: Api) {
  return queryOptions({
    queryKey: ['models'],
    queryFn: async ({ signal }) =>
      (await api.send((client) => client.GET('/v1/models', { signal }))).items,
  })
}

/** Begins the job that fetches a model, or checks one that is there. */
export function installModel(api: Api, model: string): Promise<Job> {
  return api.send((client) =>
    client.POST('/v1/models/{model}/install', { params: { path: { model } } }),
  )
}

/** How the faces of a collection are searched. */
export function indexOptions({ api, collection }: Scope) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'index'],
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/index', {
          params: { path: { collection } },
          signal,
        }),
      ),
  })
}

/** The server's metrics, in the text format of Prometheus. */
export function metricsOptions(api: Api) {
  return queryOptions({
    queryKey: ['metrics'],
    staleTime: 0,
    queryFn: ({ signal }) =>
      api.send<string>((client) => client.GET('/metrics', { parseAs: 'text', signal })),
  })
}

/** What the server does and holds. */
export function statusOptions(api: Api) {
  return queryOptions({
    queryKey: ['status'],
    queryFn: ({ signal }) => api.send((client) => client.GET('/v1/status', { signal })),
  })
}

/** The configuration in force, with where each value comes from. */
export function configurationOptions(api: Api) {
  return queryOptions({
    queryKey: ['configuration'],
    queryFn: async ({ signal }) =>
      (await api.send((client) => client.GET('/v1/configuration', { signal }))).items,
  })
}

/** The errors that the server answered last, newest first. */
export function recentProblemsOptions(api: Api) {
  return queryOptions({
    queryKey: ['recent-problems'],
    queryFn: async ({ signal }) =>
      (await api.send((client) => client.GET('/v1/problems', { signal }))).items,
  })
}
