import { queryOptions } from '@tanstack/react-query'
import type { Api, Scope } from './client.ts'
import { collectionKey } from './keys.ts'

/** All models with what was measured of them. */
export function modelsOptions(api: Api) {
  return queryOptions({
    queryKey: ['models'],
    queryFn: async ({ signal }) =>
      (await api.send((client) => client.GET('/v1/models', { signal }))).items,
  })
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

/** Whether requests can be served. */
export function readinessOptions(api: Api) {
  return queryOptions({
    queryKey: ['readiness'],
    queryFn: ({ signal }) => api.send((client) => client.GET('/readyz', { signal })),
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
