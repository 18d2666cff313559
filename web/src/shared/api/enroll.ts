import { type Scope, toForm } from './client.ts'
import { asProblem } from './problem.ts'
import type { Enrolment } from './types.ts'

export interface Photo {
  /** Unique among the photos of one registration; the server answers it back. */
  readonly name: string
  readonly blob: Blob
}

/** A person to be made; `refuse` answers the problem `personExists` where the name is there. */
export interface NewPerson {
  readonly name: string
  readonly ifExists: 'create' | 'refuse'
}

export interface EnrollRequest {
  readonly person: { readonly id: string } | NewPerson
  readonly photos: readonly Photo[]
  /** `largest` only when the user asked for it. */
  readonly faces: 'one' | 'largest'
  /** The same for every attempt: a request whose answer was lost is not enrolled twice. */
  readonly key: string
}

/** Adds photos to a person, who is made where the request says so. Not taken is an answer, too. */
export async function enroll(scope: Scope, request: EnrollRequest): Promise<Enrolment> {
  try {
    return await send(scope, request)
  } catch (error) {
    // A request of which nothing could be stored is a problem document that lists the reasons.
    const { rejected } = asProblem(error).details
    if (rejected === undefined || rejected.length === 0) throw error
    return { person: undefined, faces: [], rejected, hints: [] }
  }
}

async function send(
  { api, collection }: Scope,
  { person, photos, faces, key }: EnrollRequest,
): Promise<Enrolment> {
  const header = { 'idempotency-key': key }
  if ('id' in person) {
    return api.send((client) =>
      client.POST('/v1/collections/{collection}/persons/{person}/faces', {
        params: { path: { collection, person: person.id }, query: { faces }, header },
        body: { images: [] },
        bodySerializer: () => toForm({}, 'images', photos),
      }),
    )
  }
  const { name, ifExists } = person
  const created = await api.send((client) =>
    client.POST('/v1/collections/{collection}/persons', {
      params: { path: { collection }, header, query: { faces, ifExists } },
      body: { name: '', images: [] },
      bodySerializer: () => toForm({ name }, 'images', photos),
    }),
  )
  return { ...created, person: created }
}
