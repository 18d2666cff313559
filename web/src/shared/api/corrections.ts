import type { paths } from '../api.d.ts'
import type { Scope } from './client.ts'
import type { FacesMoved, PersonsMerged } from './types.ts'

type MergePath = paths['/v1/collections/{collection}/persons/{person}/merge']
type MovePath = paths['/v1/collections/{collection}/faces/move']

/** Who is merged, and what the survivor shall have. */
export type MergeBody = MergePath['post']['requestBody']['content']['application/json']
/** Which faces go to whom. */
export type MoveBody = MovePath['post']['requestBody']['content']['application/json']

interface MergeRequest {
  /** Who survives. */
  readonly into: string
  readonly body: MergeBody
  /** Nothing is changed; the answer says what would be. */
  readonly dryRun: boolean
}

/** Merges persons into one, or says what that would do. */
export function mergePersons(
  { api, collection }: Scope,
  { into, body, dryRun }: MergeRequest,
): Promise<PersonsMerged> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/persons/{person}/merge', {
      params: { path: { collection, person: into }, query: { dryRun } },
      body,
    }),
  )
}

/** Gives faces to another person, or a new one. */
export function moveFaces({ api, collection }: Scope, body: MoveBody): Promise<FacesMoved> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/faces/move', {
      params: { path: { collection } },
      body,
    }),
  )
}
