import type { components } from '../api.d.ts'
import type { Scope } from './client.ts'

type Stated = components['schemas']['Stated']

/** Says of a stored face that it is not this person; nobody takes one for the other from then on. */
export function rejectFace(
  { api, collection }: Scope,
  person: string,
  faceId: string,
): Promise<Stated> {
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/persons/{person}/rejections', {
      params: { path: { collection, person } },
      body: { faceId },
    }),
  )
}

/** Takes back that a face is not this person. */
export function deleteRejection(
  { api, collection }: Scope,
  person: string,
  statement: string,
): Promise<void> {
  return api.send((client) =>
    client.DELETE('/v1/collections/{collection}/persons/{person}/rejections/{statement}', {
      params: { path: { collection, person, statement } },
    }),
  )
}
