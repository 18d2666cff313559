import createClient from 'openapi-fetch'
import type { paths } from './api.d.ts'
import type {
  CollectionDetails,
  Enrolment,
  Face,
  Identification,
  Page,
  Person,
  Rejection,
} from './api-types.ts'

/** A refused or failed request. `code` is the problem document's, or one of the page's own. */
export class ApiProblem extends Error {
  readonly code: string
  readonly retryAfterMs: number | undefined
  /** Why each image of an enrolment was refused. */
  readonly rejected: readonly Rejection[]

  constructor(
    code: string,
    message: string,
    extras: { readonly retryAfterMs?: number; readonly rejected?: readonly Rejection[] } = {},
  ) {
    super(message)
    this.name = 'ApiProblem'
    this.code = code
    this.retryAfterMs = extras.retryAfterMs
    this.rejected = extras.rejected ?? []
  }
}

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
  readonly photo: Photo
  /** `largest` only when the user asked for it. */
  readonly faces: 'one' | 'largest'
  /** The same for every attempt: a request whose answer was lost is not enrolled twice. */
  readonly key: string
}

export interface ApiDeps {
  /** The key to send, if any. */
  readonly apiKey: () => string | undefined
  /** Called when the server wants a (better) key; resolves to false when the user has none. */
  readonly askForApiKey: () => Promise<boolean>
}

export interface Api {
  collectionNames(): Promise<readonly string[]>
  collection(name: string): Promise<CollectionDetails>
  identify(
    collection: string,
    image: Blob,
    options: {
      /** Whether an image without a sure face is also read on its sides and its head. */
      readonly readTurned: boolean
      readonly signal: AbortSignal
    },
  ): Promise<Identification>
  enroll(collection: string, request: EnrollRequest): Promise<Enrolment>
  persons(
    collection: string,
    query: { readonly name?: string; readonly exactName?: string; readonly cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<Person>>
  person(collection: string, person: string): Promise<Person>
  deletePerson(collection: string, person: string): Promise<void>
  faces(collection: string, person: string): Promise<Page<Face>>
  deleteFace(collection: string, person: string, face: string): Promise<void>
}

interface Outcome<T> {
  readonly data?: T
  readonly error?: unknown
  readonly response: Response
}

/**
 * Creates the page's only way to the server. Every method throws {@link ApiProblem}; `aborted` when
 * its signal was, `unreachable` when there is no answer.
 */
export function createApi({ apiKey, askForApiKey }: ApiDeps): Api {
  const client = createClient<paths>({ baseUrl: window.location.origin })
  client.use({
    onRequest({ request }) {
      const key = apiKey()
      if (key !== undefined) request.headers.set('authorization', `Bearer ${key}`)
      return request
    },
  })

  async function call<T>(send: () => Promise<Outcome<T>>): Promise<T> {
    for (;;) {
      let outcome: Outcome<T>
      try {
        outcome = await send()
      } catch (error) {
        throw toNetworkProblem(error)
      }
      if (outcome.response.ok) return outcome.data as T
      if (outcome.response.status === 401 && (await askForApiKey())) continue
      throw toProblem(outcome)
    }
  }

  return {
    async collectionNames() {
      const page = await call(() =>
        client.GET('/v1/collections', { params: { query: { limit: 200 } } }),
      )
      return page.items.map((collection) => collection.name)
    },
    collection: (name) =>
      call(() =>
        client.GET('/v1/collections/{collection}', { params: { path: { collection: name } } }),
      ),
    async identify(collection, image, { readTurned, signal }) {
      const result = await call(() =>
        client.POST('/v1/collections/{collection}/identify', {
          params: { path: { collection }, query: { readTurned, candidates: 3 } },
          body: { image: '' },
          bodySerializer: () => toForm({}, 'image', { name: 'probe', blob: image }),
          signal,
        }),
      )
      return {
        width: result.width ?? 1,
        height: result.height ?? 1,
        turned: result.turned ?? 0,
        omittedFaces: result.omittedFaces ?? 0,
        thresholds: result.thresholds,
        faces: result.faces.flatMap((face) => (face.box ? [{ ...face, box: face.box }] : [])),
      }
    },
    async enroll(collection, { person, photo, faces, key }) {
      const header = { 'idempotency-key': key }
      try {
        if ('id' in person) {
          return await call(() =>
            client.POST('/v1/collections/{collection}/persons/{person}/faces', {
              params: { path: { collection, person: person.id }, query: { faces }, header },
              body: { images: [] },
              bodySerializer: () => toForm({}, 'images', photo),
            }),
          )
        }
        const created = await call(() =>
          client.POST('/v1/collections/{collection}/persons', {
            params: {
              ...{ path: { collection }, header },
              query: { faces, ifExists: person.ifExists },
            },
            body: { name: '', images: [] },
            bodySerializer: () => toForm({ name: person.name }, 'images', photo),
          }),
        )
        const { faces: enrolled, rejected, hints } = created
        return { person: created, faces: enrolled, rejected, hints }
      } catch (error) {
        // A request of which nothing could be stored is a problem document that lists the reasons.
        const problem = asProblem(error)
        if (problem.rejected.length === 0) throw problem
        return { person: undefined, faces: [], rejected: problem.rejected, hints: [] }
      }
    },
    persons: (collection, query, signal) =>
      call(() =>
        client.GET('/v1/collections/{collection}/persons', {
          params: { path: { collection }, query: { ...query, limit: 50 } },
          signal: signal ?? null,
        }),
      ),
    person: (collection, person) =>
      call(() =>
        client.GET('/v1/collections/{collection}/persons/{person}', {
          params: { path: { collection, person } },
        }),
      ),
    async deletePerson(collection, person) {
      await call(() =>
        client.DELETE('/v1/collections/{collection}/persons/{person}', {
          params: { path: { collection, person } },
        }),
      )
    },
    faces: (collection, person) =>
      call(() =>
        client.GET('/v1/collections/{collection}/persons/{person}/faces', {
          params: { path: { collection, person }, query: { limit: 200 } },
        }),
      ),
    async deleteFace(collection, person, face) {
      await call(() =>
        client.DELETE('/v1/collections/{collection}/persons/{person}/faces/{face}', {
          params: { path: { collection, person, face } },
        }),
      )
    },
  }
}

/** The problem in anything that was thrown. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  return new ApiProblem('page', error instanceof Error ? error.message : String(error))
}

function toForm(fields: Record<string, string>, fileField: string, file: Photo): FormData {
  const form = new FormData()
  // Fields go before the file: the server reads the parts in order.
  for (const [key, value] of Object.entries(fields)) form.append(key, value)
  form.append(fileField, file.blob, file.name)
  return form
}

function toNetworkProblem(error: unknown): ApiProblem {
  if (error instanceof DOMException && error.name === 'AbortError') {
    return new ApiProblem('aborted', 'The request was cancelled.')
  }
  return new ApiProblem('unreachable', 'The server cannot be reached.')
}

function toProblem({ error, response }: Outcome<unknown>): ApiProblem {
  const body = typeof error === 'object' && error !== null ? error : {}
  const code = 'code' in body && typeof body.code === 'string' ? body.code : 'internal'
  const words = ['detail', 'title'].flatMap((key) => {
    const value: unknown = Reflect.get(body, key)
    return typeof value === 'string' && value !== '' ? [value] : []
  })
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiProblem(code, words[0] ?? `The server answered ${response.status}.`, {
    ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    ...('rejected' in body && Array.isArray(body.rejected) ? { rejected: body.rejected } : {}),
  })
}

/** An idempotency key: 128 random bits in hex. `crypto.randomUUID` is missing where the page is not in a secure context. */
export function createKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
