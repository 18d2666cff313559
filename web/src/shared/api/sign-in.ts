import createClient from 'openapi-fetch'
import type { paths } from '../api.d.ts'
import { toNetworkProblem, toProblem } from './problem.ts'
import type { SessionInfo } from './types.ts'

/** Who has signed in with this browser. The key itself is kept nowhere: the session is in a cookie. */
export interface SignIn {
  /** What the server has said last; undefined before, and where it could not be asked. */
  readonly info: () => SessionInfo | undefined
  /** Calls back at every change, until the returned function is called. */
  readonly subscribe: (changed: () => void) => () => void
  /** Asks the server who has signed in; what cannot be found out is not known. */
  readonly load: () => Promise<SessionInfo | undefined>
  /** The token to send with what changes something; undefined where there is no session. */
  readonly csrfToken: () => Promise<string | undefined>
  /** @throws {ApiProblem} `unauthorized` for a wrong key */
  readonly withKey: (key: string) => Promise<void>
  /**
   * @returns where the provider ends its own session, if it does
   * @throws {ApiProblem}
   */
  readonly signOut: (everywhere: boolean) => Promise<string | undefined>
}

/** Creates the sign-in at the server that the page comes from. */
export function createSignIn(): SignIn {
  const baseUrl = new URL('.', document.baseURI).href.replace(/\/$/, '')
  const client = createClient<paths>({ baseUrl })
  const listeners = new Set<() => void>()
  let known: SessionInfo | undefined
  let loading: Promise<SessionInfo | undefined> | undefined

  function set(info: SessionInfo | undefined): void {
    known = info
    for (const listener of listeners) listener()
  }

  async function ask(): Promise<SessionInfo | undefined> {
    try {
      const { data } = await client.GET('/v1/session')
      if (data !== undefined) set(data)
      return data
    } catch {
      return undefined
    } finally {
      loading = undefined
    }
  }

  const load = () => {
    loading ??= ask()
    return loading
  }
  const csrfToken = async () => (known ?? (await load()))?.session?.csrfToken

  return {
    info: () => known,
    subscribe(changed) {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    load,
    csrfToken,

    async withKey(key) {
      const { data, error, response } = await client
        .POST('/v1/session', { body: { key } })
        .catch((failure: unknown) => {
          throw toNetworkProblem(failure)
        })
      if (data === undefined) throw toProblem(error, response)
      set(data)
    },

    async signOut(everywhere) {
      const token = await csrfToken()
      const { data, error, response } = await client
        .DELETE('/v1/session', {
          params: { query: { everywhere } },
          ...(token === undefined ? {} : { headers: { 'x-csrf-token': token } }),
        })
        .catch((failure: unknown) => {
          throw toNetworkProblem(failure)
        })
      if (data === undefined) throw toProblem(error, response)
      set(undefined)
      return data.providerUrl
    },
  }
}
