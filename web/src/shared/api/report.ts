import { queryOptions } from '@tanstack/react-query'
import type { Scope } from './client.ts'
import { collectionKey } from './keys.ts'
import type { Job } from './types.ts'

/** How good the gallery is, as it was examined last. */
export function reportOptions({ api, collection }: Scope) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'report'],
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/report', {
          params: { path: { collection } },
          signal,
        }),
      ),
  })
}

/** Begins the job that examines a collection with its own faces. */
export function startReport({ api, collection }: Scope): Promise<Job> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/report', { params: { path: { collection } } }),
  )
}
