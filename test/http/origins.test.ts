import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpOptions } from '../../src/http/options.ts'
import { resolveHttpOptions } from '../../src/http/options.ts'
import { assertSafeBind } from '../../src/http/plugins/safe-bind.ts'
import { startServer } from '../../src/http/server.ts'
import { type Client, createClient } from './client.ts'
import { createTestServices } from './services.ts'

const apiKeys = [createHash('sha256').update('key').digest('hex')]
const authorization = 'Bearer key'
const friend = 'https://intranet.example.org'

let client: Client | undefined
afterEach(async () => {
  await client?.close()
  client = undefined
})

async function start(options: HttpOptions): Promise<Client> {
  client = await createClient(options)
  return client
}

describe('pages of other origins', () => {
  const preflight = (origin: string) => ({
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization, content-type',
    },
  })

  it('are not let in by default', async () => {
    const server = await start({ apiKeys })
    const { headers } = await server.send('GET', '/v1/models', {
      headers: { authorization, origin: friend },
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    const asked = await server.send('OPTIONS', '/v1/models', preflight(friend))
    expect([asked.status, asked.json.code]).toEqual([405, 'methodNotAllowed'])
  })

  it('may call with a key when their origin is listed, never with cookies', async () => {
    const server = await start({ apiKeys, allowedOrigins: [friend] })
    const url = '/v1/collections/default'
    const asked = await server.send('OPTIONS', url, preflight(friend))
    expect(asked.status).toBe(204)
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': friend,
      'access-control-allow-headers': expect.stringContaining('authorization'),
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      vary: expect.stringMatching(/origin/i),
    })
    expect(asked.headers).not.toHaveProperty('access-control-allow-credentials')
    const answer = await server.send('GET', url, { headers: { authorization, origin: friend } })
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, friend])
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
    // The page reads why it is refused.
    const refused = await server.send('GET', url, { headers: { origin: friend } })
    expect(refused.status).toBe(401)
    expect(refused.headers['access-control-allow-origin']).toBe(friend)
  })

  it.each([
    'https://intranet.example.org.evil.example',
    'https://evil-intranet.example.org',
    'http://intranet.example.org',
    'https://intranet.example.org:8443',
    'null',
    '*',
  ])('are not let in as %s, which only looks like a listed one', async (origin) => {
    const server = await start({ apiKeys, allowedOrigins: [friend] })
    const asked = await server.send('OPTIONS', '/v1/models', preflight(origin))
    expect(asked.headers).not.toHaveProperty('access-control-allow-origin')
    const answer = await server.send('GET', '/v1/models', { headers: { authorization, origin } })
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('show the page in a frame only when they are listed', async () => {
    const server = await start({ apiKeys, frameAncestors: [friend] })
    const { headers } = await server.send('GET', '/')
    expect(headers['content-security-policy']).toContain(`frame-ancestors 'self' ${friend}`)
    expect(headers).not.toHaveProperty('x-frame-options')
    await server.close()
    const standard = await start({ apiKeys })
    const answer = await standard.send('GET', '/')
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(answer.headers['x-frame-options']).toBe('DENY')
  })

  it.each([
    { allowedOrigins: [friend] },
    { frameAncestors: [friend] },
    { allowedOrigins: [friend], insecure: true },
  ])('need an API key: %j', (given) => {
    const options = resolveHttpOptions(given)
    expect(() => assertSafeBind({ ...options, hasKeys: false })).toThrow(
      expect.objectContaining({ code: 'invalidConfig' }),
    )
    assertSafeBind({ ...options, hasKeys: true })
    assertSafeBind({ ...options, apiKeys, hasKeys: false })
  })

  it.each(['*', 'null', 'intranet.example.org', `${friend}/`, `${friend}/page`, 'ftp://a.example'])(
    'are listed by origins, and %s is none',
    (origin) => {
      for (const name of ['allowedOrigins', 'frameAncestors']) {
        const options = resolveHttpOptions({ apiKeys, [name]: [origin] })
        expect(() => assertSafeBind({ ...options, hasKeys: true })).toThrow(
          expect.objectContaining({ code: 'invalidConfig' }),
        )
      }
    },
  )
})

describe('listed host names', () => {
  const urls = ['/v1/models', '/', '/docs/', '/openapi.json', '/metrics', '/nowhere', '/%76%31/x']

  it('are the only ones that are served, with a key too', async () => {
    const server = await start({ apiKeys, host: '0.0.0.0', allowedHosts: ['faces.example.org'] })
    for (const url of urls) {
      const send = (host: string) => server.send('GET', url, { headers: { authorization, host } })
      for (const host of ['faces.example.org', 'FACES.example.org:8443', '127.0.0.1:8000']) {
        expect([url, host, (await send(host)).status]).not.toEqual([url, host, 403])
      }
      for (const host of ['other.example', 'faces.example.org.evil.example', 'x@other.example']) {
        const { status, json } = await send(host)
        expect([url, host, status, json?.code]).toEqual([url, host, 403, 'forbidden'])
      }
    }
    for (const url of ['/healthz', '/readyz']) {
      const probe = await server.send('GET', url, { headers: { host: '10.0.0.7:8000' } })
      expect(probe.status).toBe(200)
    }
  })

  it('hold for what a proxy hands on, and it cannot stand in for Host', async () => {
    const server = await start({
      ...{ apiKeys, host: '0.0.0.0', allowedHosts: ['faces.example.org'] },
      trustProxy: ['10.0.0.7'],
    })
    const send = async (host: string, forwarded: string, remoteAddress: string) => {
      const headers = { authorization, host, 'x-forwarded-host': forwarded }
      return (await server.send('GET', '/v1/models', { headers, remoteAddress })).status
    }
    const [known, other] = ['faces.example.org', 'other.example'] as const
    expect(await send(known, known, '10.0.0.7')).toBe(200)
    expect(await send(known, other, '10.0.0.7')).toBe(403)
    expect(await send(other, known, '10.0.0.7')).toBe(403)
    // Nobody else is believed.
    expect(await send(known, other, '10.0.0.8')).toBe(200)
    expect(await send(other, known, '10.0.0.8')).toBe(403)
  })

  it('hold for an address in absolute form, whatever Host says', async () => {
    const services = await createTestServices()
    const server = await startServer(services, {
      ...{ apiKeys, port: 0, allowedHosts: ['faces.example.org'] },
    })
    const ask = async (target: string, host: string) => {
      const socket = connect(server.port, '127.0.0.1')
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
      )
      let text = ''
      for await (const chunk of socket) text += String(chunk)
      return Number(text.split(' ')[1])
    }
    try {
      expect(await ask('/v1/models', 'faces.example.org')).toBe(200)
      expect(await ask('http://faces.example.org/v1/models', 'faces.example.org')).toBe(200)
      expect(await ask('http://other.example/v1/models', 'faces.example.org')).toBe(403)
      expect(await ask('http://faces.example.org/v1/models', 'other.example')).toBe(403)
    } finally {
      await server.close()
      await services.close()
    }
  })
})

describe('the description of the API', () => {
  const urls = ['/openapi.json', '/docs/', '/docs/json', '/docs/yaml', '/docs/static/index.css']

  it('is for everybody, or for keys with system:read', async () => {
    const open = await start({ apiKeys })
    for (const url of urls) expect([url, (await open.send('GET', url)).status]).toEqual([url, 200])
    await open.close()
    const server = await start({ apiKeys, publicDocs: false })
    for (const url of urls) {
      const { status, json } = await server.send('GET', url)
      expect([url, status, json.code]).toEqual([url, 401, 'unauthorized'])
      const { key } = await server.services.keys.create({ name: 'a', scopes: ['system:read'] })
      const headers = { authorization: `Bearer ${key}` }
      expect([url, (await server.send('GET', url, { headers })).status]).toEqual([url, 200])
    }
    // Whoever has to enter a key finds the page.
    for (const url of ['/', '/healthz']) expect((await server.send('GET', url)).status).toBe(200)
  })
})
