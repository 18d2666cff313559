import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createKeys } from '../../src/access/keys.ts'
import { createRoles } from '../../src/access/roles.ts'
import { createSessions } from '../../src/access/sessions.ts'
import { createApp } from '../../src/http/app.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import { type Answer, type Client, createClient } from './client.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const configuredKey = 'the-key-of-the-configuration'
const admin = { authorization: `Bearer ${configuredKey}` }

let client: Client | undefined
afterEach(() => client?.close())

async function start(options: HttpOptions = {}): Promise<Client> {
  client = await createClient({ apiKeys: [sha256(configuredKey)], ...options })
  return client
}

const cookieOf = ({ headers }: Answer) => String(headers['set-cookie']).split(';')[0] ?? ''

/** What a browser that has signed in sends. */
async function signIn(via: Client, key = configuredKey, headers = {}) {
  const answer = await via.send('POST', '/v1/session', { json: { key }, headers })
  expect(answer.status).toBe(200)
  const cookie = cookieOf(answer)
  const own = { cookie, 'x-csrf-token': answer.json.session.csrfToken }
  return { answer, cookie, own }
}

async function makeKey(via: Client, scopes: readonly string[], more = {}) {
  const json = { name: 'ann', scopes, ...more }
  return (await via.send('POST', '/v1/keys', { headers: admin, json })).json
}

const read = (via: Client, headers = {}) => via.send('GET', '/v1/models', { headers })

describe('signing in with a key', () => {
  it('gives a cookie that scripts cannot read, and says who has signed in', async () => {
    const server = await start()
    const { key, id } = await makeKey(server, ['system:read'])
    const { answer, cookie } = await signIn(server, key)
    expect(answer.headers['set-cookie']).toBe(`${cookie}; Path=/; HttpOnly; SameSite=Strict`)
    expect(cookie).toMatch(/^faceWatcherSession=[\w-]{43}$/)
    expect(answer.body).not.toContain(cookie.split('=')[1])
    expect(answer.json).toMatchObject({
      required: true,
      ways: ['key'],
      caller: {
        actor: { kind: 'apiKey', id, name: 'ann' },
        scopes: ['system:read'],
        grants: [{ scopes: ['system:read'] }],
      },
      session: { csrfToken: expect.stringMatching(/^[\w-]{43}$/) },
    })
    expect((await read(server, { cookie })).status).toBe(200)
    const shown = await server.send('GET', '/v1/session', { headers: { cookie } })
    expect(shown.json).toEqual(answer.json)
    const refused = await server.send('GET', '/v1/keys', { headers: { cookie } })
    expect([refused.status, refused.json.scope]).toEqual([403, 'admin'])
  })

  it('takes a name that no other host can plant when the request came by TLS', async () => {
    const server = await start({ trustProxy: ['127.0.0.1'] })
    const tls = { 'x-forwarded-proto': 'https' }
    const { answer, cookie } = await signIn(server, configuredKey, tls)
    expect(answer.headers['set-cookie']).toBe(
      `${cookie}; Path=/; HttpOnly; Secure; SameSite=Strict`,
    )
    expect(cookie).toMatch(/^__Host-faceWatcherSession=/)
    expect((await read(server, { cookie, ...tls })).status).toBe(200)
    const planted = cookie.replace('__Host-', '')
    expect((await read(server, { cookie: planted, ...tls })).status).toBe(401)
    // Nobody else says so.
    const plain = await start()
    const unsaid = await signIn(plain, configuredKey, tls)
    expect(unsaid.answer.headers['set-cookie']).not.toContain('Secure')
  })

  it('changes the session each time, and ends the one before', async () => {
    const server = await start()
    const first = await signIn(server)
    const planted = `faceWatcherSession=${'x'.repeat(43)}`
    expect((await signIn(server, configuredKey, { cookie: planted })).cookie).not.toBe(planted)
    const second = await signIn(server, configuredKey, { cookie: first.cookie })
    expect(second.cookie).not.toBe(first.cookie)
    expect((await read(server, { cookie: first.cookie })).status).toBe(401)
    expect((await read(server, { cookie: second.cookie })).status).toBe(200)
  })

  it('refuses wrong keys, more slowly after five, and nobody else', async () => {
    const server = await start()
    const { key } = await makeKey(server, ['system:read'])
    const attempt = (given: string, remoteAddress: string) =>
      server.send('POST', '/v1/session', { json: { key: given }, remoteAddress })
    const wrong = `${key.slice(0, 20)}${'x'.repeat(26)}`
    for (let i = 0; i < 5; i++) {
      const answer = await attempt(wrong, '192.0.2.1')
      expect([answer.status, answer.json.code]).toEqual([401, 'unauthorized'])
    }
    const slow = await attempt(wrong, '192.0.2.1')
    expect([slow.status, slow.json.code]).toEqual([429, 'tooManyAttempts'])
    expect(Number(slow.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect((await attempt(key, '192.0.2.2')).status).toBe(200)
    expect((await attempt(key, '192.0.2.1')).status).toBe(200)
    expect((await attempt('another key', '192.0.2.1')).status).toBe(429)
  })

  it('is refused from the page of another origin', async () => {
    const server = await start()
    for (const headers of [
      { origin: 'https://evil.example', host: 'localhost:8000' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const json = { key: configuredKey }
      const answer = await server.send('POST', '/v1/session', { json, headers })
      expect([answer.status, answer.json.code]).toEqual([403, 'crossSite'])
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
  })

  it('keeps neither key nor cookie', async () => {
    const server = await start()
    const { key } = await makeKey(server, ['system:read'])
    const { cookie } = await signIn(server, key)
    const token = cookie.split('=')[1] ?? ''
    const kept = await server.services.store.sessions.findByHash(sha256(token))
    expect(kept).toBeDefined()
    expect(JSON.stringify(kept)).not.toMatch(new RegExp(`${token}|${key}`))
  })
})

describe('a request with a session', () => {
  it("changes nothing without the session's own token, or from another page", async () => {
    const server = await start()
    const { cookie, own } = await signIn(server)
    const other = await signIn(server)
    const make = (headers: Record<string, string>) =>
      server.send('POST', '/v1/collections', { headers, json: { name: 'door' } })
    for (const headers of [
      { cookie },
      { cookie, 'x-csrf-token': 'x'.repeat(43) },
      { cookie, 'x-csrf-token': other.own['x-csrf-token'] },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'same-site' },
      { ...own, host: 'faces.example', origin: 'https://other.example' },
      { ...own, origin: 'null' },
    ]) {
      const answer = await make(headers)
      expect([headers, answer.status, answer.json.code]).toEqual([headers, 403, 'crossSite'])
    }
    const page = { host: 'faces.example', origin: 'https://faces.example' }
    expect((await make({ ...own, ...page, 'sec-fetch-site': 'same-origin' })).status).toBe(201)
  })

  it('is what its bearer header says where it has one', async () => {
    const server = await start()
    const { key } = await makeKey(server, ['system:read'])
    const { own } = await signIn(server)
    const list = (authorization: string) =>
      server.send('GET', '/v1/keys', { headers: { ...own, authorization } })
    expect((await list(`Bearer ${key}`)).status).toBe(403)
    expect((await list('Bearer wrong')).status).toBe(401)
    // No token beside the header.
    const { cookie } = own
    const json = { name: 'door' }
    const made = await server.send('POST', '/v1/collections', {
      headers: { cookie, ...admin },
      json,
    })
    expect(made.status).toBe(201)
    const out = await server.send('DELETE', '/v1/session', { headers: { cookie, ...admin } })
    expect(out.json).toEqual({ ended: 0 })
    expect((await read(server, { cookie })).status).toBe(200)
  })

  it('ends when its key is revoked', async () => {
    const server = await start()
    const revoked = await makeKey(server, ['system:read'])
    const { cookie } = await signIn(server, revoked.key)
    expect((await read(server, { cookie })).status).toBe(200)
    await server.send('DELETE', `/v1/keys/${revoked.id}`, { headers: admin })
    expect((await read(server, { cookie })).status).toBe(401)
  })
})

describe('signing out', () => {
  it('ends the session and takes the cookie away', async () => {
    const server = await start()
    const { cookie, own } = await signIn(server)
    const other = await signIn(server)
    const forged = await server.send('DELETE', '/v1/session', { headers: { cookie } })
    expect(forged.json.code).toBe('crossSite')
    const out = await server.send('DELETE', '/v1/session', { headers: own })
    expect(out.json).toEqual({ ended: 1 })
    expect(out.headers['set-cookie']).toBe(
      'faceWatcherSession=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
    )
    expect((await read(server, { cookie })).status).toBe(401)
    expect((await read(server, { cookie: other.cookie })).status).toBe(200)
    expect((await server.send('DELETE', '/v1/session', { headers: own })).json.ended).toBe(0)
    expect((await server.send('DELETE', '/v1/session')).json.ended).toBe(0)
  })

  it('everywhere ends all sessions of the same key, and no others', async () => {
    const server = await start()
    const { key } = await makeKey(server, ['system:read'])
    const [first, second, other] = [
      await signIn(server, key),
      await signIn(server, key),
      await signIn(server),
    ]
    const url = '/v1/session?everywhere=true'
    expect((await server.send('DELETE', url, { headers: first.own })).json.ended).toBe(2)
    for (const { cookie } of [first, second]) {
      expect((await read(server, { cookie })).status).toBe(401)
    }
    expect((await read(server, { cookie: other.cookie })).status).toBe(200)
  })
})

describe('where nobody has signed in', () => {
  it('says how to, also where a cookie or a key is not valid', async () => {
    const server = await start()
    for (const headers of [
      {},
      { cookie: 'faceWatcherSession=; other=1' },
      { cookie: `faceWatcherSession=${'x'.repeat(43)}` },
      { cookie: 'faceWatcherSession=%E0%A4%A' },
      { authorization: 'Bearer wrong' },
    ]) {
      const answer = await server.send('GET', '/v1/session', { headers })
      expect([headers, answer.json]).toEqual([headers, { required: true, ways: ['key'] }])
      expect((await read(server, headers)).status).toBe(401)
    }
    const { json } = await server.send('GET', '/v1/session', { headers: admin })
    expect(json.caller.actor.kind).toBe('configuredKey')
    expect(json).not.toHaveProperty('session')
  })

  it('asks for nothing on a server without keys', async () => {
    const server = await start({ apiKeys: [] })
    const { json } = await server.send('GET', '/v1/session')
    expect(json).toMatchObject({ required: false, caller: { actor: { kind: 'anonymous' } } })
  })
})

describe('sessions over time and nodes', () => {
  async function startNodes(count: number) {
    const server = await start()
    const clock = { ms: Date.now() }
    const now = () => clock.ms
    const { store } = server.services
    const nodes = await Promise.all(
      Array.from({ length: count }, async () => {
        const services = {
          ...server.services,
          keys: createKeys({ store, now }),
          sessions: createSessions({
            ...{ store, now, sweepEveryMs: 0 },
            roles: createRoles({ own: [], collections: store.collections, now }),
            lifetimes: { idleMs: 600_000, absoluteMs: 1_500_000 },
          }),
        }
        const app = await createApp(services, { apiKeys: [sha256(configuredKey)] })
        const status = async (cookie: string) =>
          (await app.inject({ url: '/v1/models', headers: { cookie } })).statusCode
        return { app, status, services }
      }),
    )
    const close = () => Promise.all(nodes.map(({ app }) => app.close()))
    const signInAt = async ({ app }: (typeof nodes)[number]) => {
      const answer = await app.inject({
        ...{ method: 'POST', url: '/v1/session', payload: { key: configuredKey } },
      })
      const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
      return { cookie, 'x-csrf-token': answer.json().session.csrfToken as string }
    }
    return { clock, nodes, signInAt, close, store }
  }

  it('end when they are not used, and at the latest after their whole time', async () => {
    const { clock, nodes, signInAt, close, store } = await startNodes(1)
    const node = nodes[0]!
    const [used, unused] = [await signInAt(node), await signInAt(node)]
    for (const minutes of [8, 8, 8]) {
      clock.ms += minutes * 60_000
      expect(await node.status(used.cookie)).toBe(200)
      // The use is written by itself; writes are done in their order.
      await store.sessions.expire('1970-01-01T00:00:00.000Z')
    }
    expect(await node.status(unused.cookie)).toBe(401)
    clock.ms += 60_000
    expect(await node.status(used.cookie)).toBe(401)
    expect(await store.sessions.expire(new Date(clock.ms).toISOString())).toBe(2)
    await close()
  })

  it('end when their key ends, or may do less than at the sign-in', async () => {
    const { clock, nodes, close, store } = await startNodes(1)
    const { app, services, status } = nodes[0]!
    const { sessions, keys } = services
    const expiresAt = new Date(clock.ms + 60_000).toISOString()
    const { key } = await keys.create({ name: 'a', scopes: ['system:read'], expiresAt })
    const payload = { key }
    const answer = await app.inject({ method: 'POST', url: '/v1/session', payload })
    const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
    expect(await status(cookie)).toBe(200)
    clock.ms += 60_000
    expect(await status(cookie)).toBe(401)

    const actor = { kind: 'apiKey', id: 'k', name: 'b' } as const
    const scopes = ['identify', 'detect']
    const { token } = await sessions.startWithKey({ actor, scopes }, sha256('x'))
    const more = { actor, scopes: ['admin'] }
    expect((await sessions.find(token, async () => more))?.principal).toEqual(more)
    const less = { actor, scopes: ['detect'] }
    expect(await sessions.find(token, async () => less)).toBeUndefined()
    expect(await store.sessions.findByHash(sha256(token))).toBeUndefined()
    await close()
  })

  it('are the same on all nodes, and end there within five seconds', async () => {
    const { clock, nodes, signInAt, close } = await startNodes(2)
    const [one, two] = [nodes[0]!, nodes[1]!]
    const headers = await signInAt(one)
    expect([await one.status(headers.cookie), await two.status(headers.cookie)]).toEqual([200, 200])
    const out = await one.app.inject({ method: 'DELETE', url: '/v1/session', headers })
    expect(out.json().ended).toBe(1)
    expect(await one.status(headers.cookie)).toBe(401)
    clock.ms += 5000
    expect(await two.status(headers.cookie)).toBe(401)
    await close()
  })
})
