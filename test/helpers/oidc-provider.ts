import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration } from 'oidc-provider'

/** An account of the provider: its claims. */
export type Account = Readonly<Record<string, unknown>>

export interface TestProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly accounts: Map<string, Account>
  close(): Promise<void>
}

export const clientId = 'face-watcher'
export const clientSecret = 'a secret of the client for tests'

/**
 * A real OpenID Connect provider on a free port of this machine. Its form asks for the name of an
 * account and no password.
 *
 * @param baseUrl  of the page that people sign in to
 */
export async function startProvider(baseUrl: string): Promise<TestProvider> {
  const accounts = new Map<string, Account>()
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server = createServer((request, response) => handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [new URL('v1/sign-in/oidc/callback', baseUrl).href],
        post_logout_redirect_uris: [baseUrl],
      },
    ],
    claims: { openid: ['sub'], profile: ['name', 'groups'] },
    cookies: { keys: ['keys of the cookies of a test'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...accounts.get(id) }),
    }),
  }
  const provider = new Provider(issuer, configuration)
  handle = provider.callback()
  return {
    ...{ issuer, clientId, clientSecret, accounts },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
