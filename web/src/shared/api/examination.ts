import { queryOptions } from '@tanstack/react-query'
import type { Scope } from './client.ts'
import { collectionKey } from './keys.ts'
import type { JobItem } from './types.ts'

/** How well the faces of a person go together, the least similar first. */
export function qualityOptions({ api, collection }: Scope, person: string) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'quality', person],
    queryFn: ({ signal }) =>
      api.send((client) =>
        client.GET('/v1/collections/{collection}/persons/{person}/quality', {
          params: { path: { collection, person } },
          signal,
        }),
      ),
  })
}

/** Two persons who may be one. */
export interface MergeSuggestion {
  readonly personIds: readonly [string, string]
  /** Their nearest faces, in the same order. */
  readonly faceIds: readonly [string, string]
  readonly similarity: number
  /** How often strangers with so many faces are as similar. */
  readonly rate: number
  /** Pairs of different persons of this gallery that are expected to be as similar. */
  readonly expected: number
}

interface MergeSuggestions {
  readonly endedAt: string
  /** Persons who were compared. */
  readonly persons: number
  readonly pairs: readonly MergeSuggestion[]
}

/** What the server lists at most. */
const mostPairs = 1000

/** Persons who may be there twice, as they were last looked for; the surest first. */
export function mergeSuggestionsOptions({ api, collection }: Scope) {
  return queryOptions({
    queryKey: [...collectionKey(collection), 'merge-suggestions'],
    queryFn: async ({ signal }): Promise<MergeSuggestions> => {
      const { jobId, endedAt, result } = await api.send((client) =>
        client.GET('/v1/collections/{collection}/merge-suggestions', {
          params: { path: { collection } },
          signal,
        }),
      )
      const { items } = await api.send((client) =>
        client.GET('/v1/jobs/{job}/items', {
          params: { path: { job: jobId }, query: { limit: mostPairs } },
          signal,
        }),
      )
      return { endedAt, persons: result.persons, pairs: items.flatMap(toSuggestion) }
    },
  })
}

/** Begins to look for persons who are there twice; the answer is the job's id. */
export async function findMerges({ api, collection }: Scope): Promise<string> {
  const job = await api.send((client) =>
    client.POST('/v1/collections/{collection}/merge-suggestions', {
      params: { path: { collection } },
      body: {},
    }),
  )
  return job.id
}

function toSuggestion({ body }: JobItem): MergeSuggestion[] {
  // The kind of job gives its items their form.
  const { type, ...pair } = body as { readonly type?: string } & Partial<MergeSuggestion>
  const isPair = type === 'mergeSuggestion' && pair.personIds !== undefined
  return isPair ? [pair as MergeSuggestion] : []
}
