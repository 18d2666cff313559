import createClient, { type Client } from 'openapi-fetch'
import type { paths } from '../api.d.ts'
import { toNetworkProblem, toProblem } from './problem.ts'
import type { SignIn } from './sign-in.ts'

interface ApiDeps {
  readonly signIn: Pick<SignIn, 'csrfToken' | 'load'>
  /** Called when the server wants to know who calls; resolves to false when the user does not say. */
  readonly askToSignIn: () => Promise<boolean>
  /** Called after each request: whether the server answered. */
  readonly onContact: (reached: boolean) => void
}

interface Outcome<T> {
  readonly data?: T
  readonly error?: unknown
  readonly response: Response
}

/** The page's only way to the server. */
export interface Api {
  /**
   * Sends a request with the generated client. It is sent again when the user signs in because the
   * server asked for it.
   *
   * @param request  called once an attempt
   * @throws {ApiProblem} `aborted` when its signal was, `unreachable` when there is no answer
   */
  send<T>(request: (client: Client<paths>) => Promise<Outcome<T>>): Promise<T>
}

/** What requests about a collection need: the client and the collection's name. */
export interface Scope {
  readonly api: Api
  readonly collection: string
}

/** Creates the client for the server that the page comes from, also below a path of a proxy. */
export function createApi({ signIn, askToSignIn, onContact }: ApiDeps): Api {
  const baseUrl = new URL('.', document.baseURI).href.replace(/\/$/, '')
  const client = createClient<paths>({ baseUrl })
  client.use({
    async onRequest({ request }) {
      // The cookie of the session comes along by itself.
      if (request.method === 'GET') return request
      const token = await signIn.csrfToken()
      if (token !== undefined) request.headers.set('x-csrf-token', token)
      return request
    },
  })

  return {
    async send(request) {
      for (let attempt = 1; ; attempt++) {
        const outcome = await request(client).catch((error: unknown) => {
          const problem = toNetworkProblem(error)
          if (problem.code === 'unreachable') onContact(false)
          throw problem
        })
        const { response } = outcome
        if (response.ok) {
          onContact(true)
          return outcome.data as never
        }
        const problem = toProblem(outcome.error, response)
        onContact(problem.code !== 'unreachable')
        if (response.status === 401 && (await askToSignIn())) continue
        // Another tab has signed in since, so that the session is another one.
        if (problem.code === 'crossSite' && attempt === 1) {
          await signIn.load()
          continue
        }
        throw problem
      }
    },
  }
}

/** A multipart body. Fields go before the files: the server reads the parts in order. */
export function toForm(
  fields: Readonly<Record<string, string>>,
  fileField: string,
  files: readonly { readonly name: string; readonly blob: Blob }[],
): FormData {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields)) form.append(key, value)
  for (const { name, blob } of files) form.append(fileField, blob, name)
  return form
}

/** An idempotency key: 128 random bits in hex. `crypto.randomUUID` is missing where the page is not in a secure context. */
export function createKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
