import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOidcSignIn, type OidcSignIn } from '../../src/access/oidc.ts'
import { createApp } from '../../src/http/app.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { startProvider, type TestProvider } from '../helpers/oidc-provider.ts'
import { createTestServices, type TestServices } from '../http/services.ts'
import { findFreePort } from '../servers/free-ports.ts'

const baseUrl = 'http://localhost:8000/'
const callback = `${baseUrl}v1/sign-in/oidc/callback`

let provider: TestProvider
let services: TestServices
let app: Awaited<ReturnType<typeof createApp>>
let oidc: OidcSignIn & { readonly name: string }
const clock = { ms: 0 }

beforeAll(async () => {
  provider = await startProvider(baseUrl)
  provider.accounts.set('ann', { name: 'Ann <b>', groups: ['face-admins', 'staff'] })
  provider.accounts.set('bob', { name: 'Bob', groups: ['staff'] })
  services = await createTestServices()
  const { issuer, clientId, clientSecret } = provider
  oidc = {
    name: 'Test',
    ...createOidcSignIn({
      ...{ issuer, clientId, clientSecret, baseUrl, scopes: ['openid', 'profile'] },
      mapping: { claim: 'groups', names: [['face-admins', 'admin']] },
      now: () => Date.now() + clock.ms,
    }),
  }
  app = await createApp({ ...services, oidc }, {})
})
afterAll(async () => {
  await app.close()
  await services.close()
  await provider.close()
})
beforeEach(() => {
  clock.ms = 0
})

const toCookies = (answer: { readonly headers: Record<string, unknown> }) =>
  [answer.headers['set-cookie'] ?? []].flat().map((text) => String(text).split(';')[0] ?? '')

/** Begins at our server. */
async function begin(returnTo = '') {
  const answer = await app.inject({
    url: `/v1/sign-in/oidc?returnTo=${encodeURIComponent(returnTo)}`,
    headers: { host: 'localhost:8000' },
  })
  expect(answer.statusCode).toBe(302)
  const setCookie = String(answer.headers['set-cookie'])
  return {
    url: new URL(String(answer.headers.location)),
    cookie: toCookies(answer)[0] ?? '',
    setCookie,
  }
}

/** Goes through the forms of the provider, as a browser does, up to the way back. */
async function passProvider(url: URL, account: string): Promise<URL> {
  const jar = new Map<string, string>()
  let next = url
  for (let step = 0; step < 12; step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(next, { headers: { cookie }, redirect: 'manual' })
    const take = (headers: Headers) => {
      for (const line of headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        jar.set(name, value)
      }
    }
    take(answer.headers)
    let location = answer.headers.get('location')
    if (location === null) {
      const page = await answer.text()
      const action = /action="([^"]+)"/.exec(page)?.[1]
      const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1]
      if (action === undefined || prompt === undefined) throw new Error(page.slice(0, 2000))
      const sent = await fetch(new URL(action, next), {
        ...{ method: 'POST', redirect: 'manual' },
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        body: new URLSearchParams({ prompt, login: account, password: 'x' }),
      })
      take(sent.headers)
      location = sent.headers.get('location')
    }
    if (location === null) throw new Error('the provider leads nowhere')
    next = new URL(location, next)
    if (next.href.startsWith(callback)) return next
  }
  throw new Error('the provider does not end')
}

const comeBack = (url: URL, headers: Record<string, string>) =>
  app.inject({
    url: `${url.pathname}${url.search}`,
    headers: { host: 'localhost:8000', ...headers },
  })

describe('sign-in by a provider', () => {
  it('asks with PKCE, state and nonce, and keeps what it needs sealed in a cookie', async () => {
    const { url, setCookie } = await begin('#/people')
    expect(url.origin).toBe(provider.issuer)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ...{ response_type: 'code', client_id: provider.clientId, redirect_uri: callback },
      ...{ code_challenge_method: 'S256', scope: 'openid profile' },
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(setCookie).toMatch(
      /^faceWatcherSignIn=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    expect(setCookie).not.toContain(url.searchParams.get('state'))
  })

  it('gives a session by the roles of the claim, on a page that goes on by itself', async () => {
    const { url, cookie } = await begin('#/people')
    const back = await passProvider(url, 'ann')
    const answer = await comeBack(back, { cookie })
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toContain('content="0;url=http://localhost:8000/#/people"')
    const session = toCookies(answer).find((text) => text.startsWith('faceWatcherSession=')) ?? ''
    const headers = { host: 'localhost:8000', cookie: session }
    const shown = (await app.inject({ url: '/v1/session', headers })).json()
    expect(shown).toMatchObject({
      ways: ['key', 'oidc'],
      provider: { name: 'Test', path: 'v1/sign-in/oidc' },
      caller: {
        actor: { kind: 'signedIn', id: `${provider.issuer}#ann`, name: 'Ann <b>' },
        scopes: ['admin'],
      },
    })
    expect((await app.inject({ url: '/v1/keys', headers })).statusCode).toBe(200)
    const out = await app.inject({
      ...{ method: 'DELETE', url: '/v1/session' },
      headers: { ...headers, 'x-csrf-token': shown.session.csrfToken },
    })
    const { ended, providerUrl } = out.json()
    expect(ended).toBe(1)
    const end = new URL(providerUrl)
    expect(end.origin).toBe(provider.issuer)
    expect(end.searchParams.get('post_logout_redirect_uri')).toBe(baseUrl)
    expect((await app.inject({ url: '/v1/keys', headers })).statusCode).toBe(401)
  })

  it('refuses somebody without a role, by a page that says so', async () => {
    const { url, cookie } = await begin()
    const answer = await comeBack(await passProvider(url, 'bob'), { cookie })
    expect(answer.statusCode).toBe(403)
    expect(answer.headers['content-type']).toContain('text/html')
    expect(answer.body).toContain('Nothing has been allowed to you')
    expect(toCookies(answer).join()).not.toMatch(/faceWatcherSession=\w/)
    const other = await begin()
    const german = await comeBack(await passProvider(other.url, 'bob'), {
      cookie: other.cookie,
      'accept-language': 'de-DE,en',
    })
    expect(german.body).toContain('<html lang="de">')
  })

  it('holds once, in the browser that began, for ten minutes, with its own state', async () => {
    const first = await begin()
    const back = await passProvider(first.url, 'ann')
    const other = await begin()
    const forged = new URL(back)
    forged.searchParams.set('state', 'x'.repeat(43))
    for (const [url, headers] of [
      [back, {}],
      [back, { cookie: other.cookie }],
      [forged, { cookie: first.cookie }],
      [back, { cookie: `${first.cookie}x` }],
      [new URL(callback), { cookie: first.cookie }],
    ] as const) {
      const answer = await comeBack(url, headers)
      expect([url.search, answer.statusCode]).toEqual([url.search, 400])
      expect(answer.body).toContain('The sign-in did not succeed')
    }
    clock.ms = 601_000
    expect((await comeBack(back, { cookie: first.cookie })).statusCode).toBe(400)
    clock.ms = 0
    expect((await comeBack(back, { cookie: first.cookie })).statusCode).toBe(200)
    expect((await comeBack(back, { cookie: first.cookie })).statusCode).toBe(400)
  })

  it('refuses a code of another sign-in, and what the provider refused', async () => {
    const [victim, attacker] = [await begin(), await begin()]
    const code = (await passProvider(attacker.url, 'ann')).searchParams.get('code') ?? ''
    const mixed = new URL(callback)
    mixed.search = new URLSearchParams({
      ...{ code, iss: provider.issuer, state: victim.url.searchParams.get('state') ?? '' },
    }).toString()
    expect((await comeBack(mixed, { cookie: victim.cookie })).statusCode).toBe(400)
    const denied = await begin()
    const no = new URL(callback)
    no.search = new URLSearchParams({
      ...{ error: 'access_denied', iss: provider.issuer },
      state: denied.url.searchParams.get('state') ?? '',
    }).toString()
    expect((await comeBack(no, { cookie: denied.cookie })).statusCode).toBe(400)
  })

  it('gives its refusals names', async () => {
    await expectCode(oidc.finish(new URLSearchParams(), undefined), 'signInFailed')
    const actor = { kind: 'signedIn', id: 'x', name: 'X' } as const
    await expectCode(services.sessions.startWithRoles(actor, ['nothing']), 'noRole')
  })

  it('lets nobody in without a sign-in, though there is no key', async () => {
    const headers = { host: 'localhost:8000' }
    expect((await app.inject({ url: '/v1/keys', headers })).statusCode).toBe(401)
    expect((await app.inject({ url: '/v1/session', headers })).json().required).toBe(true)
  })

  it('says that a provider is away, and asks again', async () => {
    const gone = createOidcSignIn({
      ...{
        issuer: `http://127.0.0.1:${await findFreePort()}`,
        clientId: 'x',
        clientSecret: 'x'.repeat(16),
        baseUrl,
      },
      ...{ scopes: [], mapping: { claim: 'groups', names: [['*', 'viewer']] } },
    })
    const away = await createApp({ ...services, oidc: { ...gone, name: 'Gone' } }, {})
    for (let i = 0; i < 2; i++) {
      const answer = await away.inject({ url: '/v1/sign-in/oidc', headers: { host: 'localhost' } })
      expect(answer.statusCode).toBe(503)
      expect(answer.body).toContain('cannot be reached')
    }
    await away.close()
  })
})
