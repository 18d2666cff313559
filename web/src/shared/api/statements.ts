import { queryOptions } from '@tanstack/react-query'
import { type Scope, toForm } from './client.ts'
import { collectionKey } from './keys.ts'
import type { Stated, Statement } from './types.ts'

/** What somebody says of a face and a person. */
export interface Saying {
  readonly person: string
  /** Shows the face alone, or as the largest one. */
  readonly image: Blob
}

/** Most statements that are kept of a person. */
const most = 1000

/** Says that a face is a person's; nothing is enrolled. */
export function confirmPerson({ api, collection }: Scope, saying: Saying): Promise<Stated> {
  const path = { collection, person: saying.person }
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/persons/{person}/confirmations', {
      params: { path, query: { faces: 'largest' } },
      ...toBody(saying),
    }),
  )
}

/** Says that a face is not a person's: the person is no candidate any more for faces like it. */
export function rejectPerson({ api, collection }: Scope, saying: Saying): Promise<Stated> {
  const path = { collection, person: saying.person }
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/persons/{person}/rejections', {
      params: { path, query: { faces: 'largest' } },
      ...toBody(saying),
    }),
  )
}

/** Takes back what was said. */
export async function revokeStatement(
  { api, collection }: Scope,
  { id, kind, personId }: Pick<Statement, 'id' | 'kind' | 'personId'>,
): Promise<void> {
  const params = { path: { collection, person: personId, statement: id } }
  await api.send((client) =>
    kind === 'rejection'
      ? client.DELETE('/v1/collections/{collection}/persons/{person}/rejections/{statement}', {
          params,
        })
      : client.DELETE('/v1/collections/{collection}/persons/{person}/confirmations/{statement}', {
          params,
        }),
  )
}

/** What was said of faces and a person: that they are the person's, or are not. */
export function statementsOptions(
  { api, collection }: Scope,
  person: string,
  kind: 'confirmations' | 'rejections',
) {
  return queryOptions({
    queryKey: [...collectionKey(collection), kind, person],
    queryFn: async ({ signal }): Promise<readonly Statement[]> => {
      const page = await api.send((client) =>
        client.GET(`/v1/collections/{collection}/persons/{person}/${kind}`, {
          params: { path: { collection, person }, query: { limit: most } },
          signal,
        }),
      )
      return page.items
    },
  })
}

/** Which faces somebody has said to be a person's. */
export function confirmationsOptions(scope: Scope, person: string) {
  return statementsOptions(scope, person, 'confirmations')
}

/** Says of a stored face that it is, or is not, a person's. */
export async function stateOfFace(
  { api, collection }: Scope,
  kind: 'confirmations' | 'rejections',
  { person, faceId }: { readonly person: string; readonly faceId: string },
): Promise<Statement> {
  const { statement } = await api.send((client) =>
    client.POST(`/v1/collections/{collection}/persons/{person}/${kind}`, {
      params: { path: { collection, person } },
      body: { faceId },
    }),
  )
  return statement
}

function toBody({ image }: Saying) {
  return {
    body: { image: '' },
    bodySerializer: () => toForm({}, 'image', [{ name: 'face', blob: image }]),
  }
}
