import { infiniteQueryOptions } from '@tanstack/react-query'
import type { components, paths } from '../api.d.ts'
import type { Api } from './client.ts'

export type NewApiKey = paths['/v1/keys']['post']['requestBody']['content']['application/json']
type CreatedApiKey = components['schemas']['CreatedApiKey']

export const apiKeysKey = ['api-keys'] as const

/** API keys, those that are revoked or expired too, page by page. */
export function apiKeysOptions(api: Api) {
  return infiniteQueryOptions({
    queryKey: apiKeysKey,
    queryFn: ({ pageParam, signal }) =>
      api.send((client) =>
        client.GET('/v1/keys', {
          params: { query: { limit: 100, ...(pageParam === '' ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  })
}

/** Makes a key. The answer is the only one that has the key itself. */
export function makeApiKey(api: Api, body: NewApiKey): Promise<CreatedApiKey> {
  return api.send((client) => client.POST('/v1/keys', { body }))
}

export function revokeApiKey(api: Api, key: string): Promise<void> {
  return api.send((client) => client.DELETE('/v1/keys/{key}', { params: { path: { key } } }))
}
