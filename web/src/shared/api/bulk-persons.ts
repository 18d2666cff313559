import type { paths } from '../api.d.ts'
import type { Scope } from './client.ts'
import type { BulkPersonOutcome } from './types.ts'

type BulkBody =
  paths['/v1/collections/{collection}/persons/bulk']['post']['requestBody']['content']['application/json']

/** One change or deletion, for many persons. */
export type BulkOperation = BulkBody['operation']

/** What the API takes in one request. */
const mostAtOnce = 1000

/** Does one thing with many persons; that one cannot be changed does not stop the others. */
export async function bulkPersons(
  { api, collection }: Scope,
  ids: readonly string[],
  operation: BulkOperation,
): Promise<readonly BulkPersonOutcome[]> {
  const outcomes: BulkPersonOutcome[] = []
  for (let start = 0; start < ids.length; start += mostAtOnce) {
    const part = ids.slice(start, start + mostAtOnce)
    const { items } = await api.send((client) =>
      client.POST('/v1/collections/{collection}/persons/bulk', {
        params: { path: { collection } },
        body: { ids: part, operation },
      }),
    )
    outcomes.push(...items)
  }
  return outcomes
}
