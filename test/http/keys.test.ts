import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { createKeys } from '../../src/access/keys.ts'
import { createApp } from '../../src/http/app.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import { startServer } from '../../src/http/server.ts'
import { type Client, createClient } from './client.ts'
import { createTestServices } from './services.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const configuredKey = 'the-key-of-the-configuration'
const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

let client: Client | undefined
afterEach(() => client?.close())

async function start(options: HttpOptions = {}): Promise<Client> {
  client = await createClient(options)
  return client
}

async function create(via: Client, json: object, headers = {}) {
  const answer = await via.send('POST', '/v1/keys', { json, ...headers })
  expect(answer.status).toBe(201)
  return answer.json
}

describe('keys over HTTP', () => {
  it('shows a key once, and who made it', async () => {
    const server = await start({ apiKeys: [sha256('another'), sha256(configuredKey)] })
    const input = {
      name: ' front door ',
      scopes: ['identify', 'detect', 'identify'],
      collections: ['default'],
      expiresAt: '2999-01-01T00:00:00Z',
    }
    const { key, ...made } = await create(server, input, as(configuredKey))
    expect(key).toMatch(/^fw_[\w-]{43}$/)
    expect(made).toMatchObject({
      name: 'front door',
      prefix: key.slice(0, 10),
      scopes: ['identify', 'detect'],
      collections: [{ id: expect.any(String), name: 'default' }],
      createdBy: { kind: 'configuredKey', id: '2', name: 'a key of the configuration' },
      expiresAt: '2999-01-01T00:00:00.000Z',
    })
    const { json, body } = await server.send('GET', '/v1/keys', as(configuredKey))
    expect(json).toEqual({ items: [made] })
    expect(body).not.toContain(key)
    expect(body).not.toContain(sha256(key))
    const admin = await create(server, { name: 'ann', scopes: ['admin'] }, as(configuredKey))
    const other = await create(server, { name: 'bob', scopes: ['watch'] }, as(admin.key))
    expect(other.createdBy).toEqual({ kind: 'apiKey', id: admin.id, name: 'ann' })
  })

  it('refuses what is no key', async () => {
    const server = await start()
    for (const [json, code] of [
      [{ name: '', scopes: ['detect'] }, 'invalidName'],
      [{ name: 'a\nb', scopes: ['detect'] }, 'invalidName'],
      [{ name: 'a' }, 'invalidRequest'],
      [{ name: 'a', scopes: [] }, 'invalidRequest'],
      [{ name: 'a', scopes: ['all'] }, 'invalidRequest'],
      [{ name: 'a', scopes: ['detect'], collections: [] }, 'invalidRequest'],
      [{ name: 'a', scopes: ['detect'], collections: ['nowhere'] }, 'collectionNotFound'],
      [{ name: 'a', scopes: ['detect'], expiresAt: 'tomorrow' }, 'invalidRequest'],
      [{ name: 'a', scopes: ['detect'], expiresAt: '2001-01-01T00:00:00Z' }, 'invalidOption'],
      [{ name: 'a', scopes: ['detect'], role: 'owner' }, 'invalidRequest'],
    ] as const) {
      const answer = await server.send('POST', '/v1/keys', { json })
      expect([json, answer.json.code]).toEqual([json, code])
    }
    expect((await server.send('GET', '/v1/keys')).json.items).toEqual([])
  })

  it('refuses a revoked key at once, and a key whose time is over', async () => {
    const server = await start({ apiKeys: [sha256(configuredKey)] })
    const { key, id } = await create(server, { name: 'a', scopes: ['detect'] }, as(configuredKey))
    const statusOf = async (text: string) =>
      (await server.send('POST', '/v1/detect', { form: [['image', 'face:a', 'a']], ...as(text) }))
        .status
    expect([await statusOf(key), await statusOf(key)]).toEqual([200, 200])
    const url = `/v1/keys/${id}`
    expect((await server.send('DELETE', url, as(configuredKey))).status).toBe(204)
    expect(await statusOf(key)).toBe(401)
    expect((await server.send('DELETE', url, as(configuredKey))).status).toBe(204)
    const [record] = (await server.send('GET', '/v1/keys', as(configuredKey))).json.items
    expect(record.lastUsedAt).toMatch(/^\d{4}-/)
    expect(record.revokedAt).toMatch(/^\d{4}-/)
    const unknown = await server.send('DELETE', '/v1/keys/x', as(configuredKey))
    expect([unknown.status, unknown.json.code]).toEqual([404, 'keyNotFound'])

    const expiresAt = new Date(Date.now() + 300).toISOString()
    const input = { name: 'short', scopes: ['detect'], expiresAt }
    const short = await create(server, input, as(configuredKey))
    while (Date.now() < Date.parse(expiresAt)) await new Promise((done) => setTimeout(done, 20))
    expect(await statusOf(short.key)).toBe(401)
  })
})

describe('the rotation of a key', () => {
  it('gives the same key another secret, and both are valid for the overlap', async () => {
    const server = await start({ apiKeys: [sha256(configuredKey)] })
    const input = { name: 'door', scopes: ['system:read'], ratePerMinute: 50, quotaPerDay: 500 }
    const former = await create(server, input, as(configuredKey))
    const statusOf = async (key: string) => (await server.send('GET', '/v1/models', as(key))).status
    const rotate = (id: string, json?: object) =>
      server.send('POST', `/v1/keys/${id}/rotate`, {
        ...as(configuredKey),
        ...(json === undefined ? {} : { json }),
      })
    const { status, json: next } = await rotate(former.id, { overlapSeconds: 3600 })
    expect(status).toBe(201)
    expect(next).toMatchObject({ ...input, key: expect.stringMatching(/^fw_/) })
    expect(next.key).not.toBe(former.key)
    expect([await statusOf(former.key), await statusOf(next.key)]).toEqual([200, 200])
    const { items } = (await server.send('GET', '/v1/keys', as(configuredKey))).json
    const [ended, followed] = items
    expect(ended).toMatchObject({ id: former.id, replacedBy: next.id })
    // It ends soon, and that is how it should be.
    expect(ended).not.toHaveProperty('endsSoon')
    const leftMs = Date.parse(ended.expiresAt) - Date.now()
    expect(leftMs).toBeGreaterThan(3_500_000)
    expect(leftMs).toBeLessThanOrEqual(3_600_000)
    expect(followed).not.toHaveProperty('expiresAt')
    expect(followed.lastUsedAt).toMatch(/^\d{4}-/)

    const at = await rotate(next.id, { overlapSeconds: 0 })
    expect([await statusOf(next.key), await statusOf(at.json.key)]).toEqual([401, 200])
    for (const [id, body, code] of [
      [former.id, undefined, 'invalidOption'],
      [next.id, undefined, 'invalidOption'],
      [at.json.id, { overlapSeconds: -1 }, 'invalidRequest'],
      [at.json.id, { expiresAt: '2001-01-01T00:00:00Z' }, 'invalidOption'],
      ['x', undefined, 'keyNotFound'],
    ] as const) {
      expect((await rotate(id, body)).json.code).toBe(code)
    }
  })

  it('lasts as long as the former key was given, and tells of what ends soon', async () => {
    const server = await start({ apiKeys: [sha256(configuredKey)] })
    const dayMs = 86_400_000
    const expiresAt = new Date(Date.now() + 10 * dayMs).toISOString()
    const input = { name: 'short', scopes: ['watch'], expiresAt }
    const { id, endsSoon } = await create(server, input, as(configuredKey))
    expect(endsSoon).toBe(true)
    await create(server, { ...input, expiresAt: '2999-01-01T00:00:00Z' }, as(configuredKey))
    const counted = async () =>
      /face_watcher_keys_ending_soon (\d+)/.exec(
        (await server.send('GET', '/metrics', as(configuredKey))).body,
      )?.[1]
    expect(await counted()).toBe('1')
    const { json } = await server.send('POST', `/v1/keys/${id}/rotate`, as(configuredKey))
    const lasts = Date.parse(json.expiresAt) - Date.parse(json.createdAt)
    expect(Math.abs(lasts - 10 * dayMs)).toBeLessThan(60_000)
    expect(await counted()).toBe('1')
  })
})

describe('limits of a key', () => {
  it('hold for the key from every address, with standard headers, and for no other caller', async () => {
    const server = await start({ apiKeys: [sha256(configuredKey)] })
    const input = { name: 'a', scopes: ['system:read'], ratePerMinute: 2 }
    const { key } = await create(server, input, as(configuredKey))
    const send = (remoteAddress: string) =>
      server.send('GET', '/v1/models', { ...as(key), remoteAddress })
    const first = await send('10.0.0.1')
    expect(first.headers).toMatchObject({ 'ratelimit-limit': '2', 'ratelimit-remaining': '1' })
    expect((await send('10.0.0.2')).status).toBe(200)
    const limited = await send('10.0.0.3')
    expect([limited.status, limited.json.code]).toEqual([429, 'rateLimited'])
    expect(Number(limited.headers['ratelimit-remaining'])).toBe(0)
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(50)
    const other = await server.send('GET', '/v1/models', as(configuredKey))
    expect(other.status).toBe(200)
    expect(other.headers).not.toHaveProperty('ratelimit-limit')
  })

  it('replace the limit of addresses, which counts wrong keys', async () => {
    const rateLimit = { max: 2, timeWindowMs: 60_000 }
    const server = await start({ rateLimit })
    const made = await server.services.keys.create({ name: 'a', scopes: ['system:read'] })
    const fast = { name: 'b', scopes: ['system:read'], ratePerMinute: 5 }
    const { key } = await server.services.keys.create(fast)
    const statuses = async (text: string, count: number) => {
      const seen: number[] = []
      for (let i = 0; i < count; i++) {
        seen.push((await server.send('GET', '/v1/models', as(text))).status)
      }
      return seen
    }
    expect(await statuses(made.key, 3)).toEqual([200, 200, 429])
    expect(await statuses(key, 6)).toEqual([200, 200, 200, 200, 200, 429])
    expect(await statuses(`fw_${'a'.repeat(43)}`, 3)).toEqual([401, 401, 429])
  })

  it('have a quota for a day', async () => {
    const server = await start({ apiKeys: [sha256(configuredKey)] })
    const input = { name: 'a', scopes: ['system:read'], quotaPerDay: 2 }
    const { key } = await create(server, input, as(configuredKey))
    const send = () => server.send('GET', '/v1/models', as(key))
    expect([(await send()).status, (await send()).status]).toEqual([200, 200])
    const { status, json, headers } = await send()
    expect([status, json.code, json.quotaPerDay]).toEqual([429, 'rateLimited', 2])
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    const wrong = { name: 'a', scopes: ['watch'], quotaPerDay: 0 }
    const refused = await server.send('POST', '/v1/keys', { json: wrong, ...as(configuredKey) })
    expect(refused.json.code).toBe('invalidRequest')
  })
})

describe('a caller who fails to be a person', () => {
  it('has to wait longer and longer, for this person alone', async () => {
    const server = await start({ apiKeys: [sha256(configuredKey)] })
    const enroll = async (name: string) => {
      const [result] = [
        await server.services.faceWatcher.enroll('default', { name }, [
          { fileName: 'a.jpg', bytes: Buffer.from(`face:${name}`) },
        ]),
      ]
      return result?.person?.id ?? ''
    }
    const [ann, bob] = [await enroll('ann'), await enroll('bob')]
    const made = await create(server, { name: 'a', scopes: ['verify'] }, as(configuredKey))
    const other = await create(server, { name: 'b', scopes: ['verify'] }, as(configuredKey))
    const verify = (personId: string, face: string, key = made.key, query = '') =>
      server.send('POST', `/v1/verify${query}`, {
        ...as(key),
        form: [
          ['image', `face:${face}`, 'a.jpg'],
          ['personId', personId],
        ],
      })
    for (let i = 0; i < 5; i++) {
      // A rule of the caller's own proves nothing, so it does not end the count.
      expect((await verify(ann, 'ann', made.key, '?threshold=0.1')).status).toBe(200)
      expect((await verify(ann, 'eve')).json.match).toBe(false)
    }
    const slowed = await verify(ann, 'ann')
    expect([slowed.status, slowed.json.code]).toEqual([429, 'tooManyAttempts'])
    expect(Number(slowed.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect((await verify(bob, 'bob')).json.match).toBe(true)
    expect((await verify(ann, 'ann', other.key)).json.match).toBe(true)
  })
})

describe('a server without a key', () => {
  it('is open until the first key is made, and not open again when it is revoked', async () => {
    const server = await start()
    expect((await server.send('GET', '/v1/models')).status).toBe(200)
    const made = await create(server, { name: 'first', scopes: ['admin'] })
    expect(made.createdBy).toEqual({ kind: 'anonymous', id: 'anonymous', name: 'anonymous' })
    expect((await server.send('GET', '/v1/models')).status).toBe(401)
    expect((await server.send('GET', '/v1/models', as(made.key))).status).toBe(200)
    // With a key every host name is served.
    const headers = { ...as(made.key).headers, host: 'faces.example.org' }
    expect((await server.send('GET', '/v1/models', { headers })).status).toBe(200)
    await server.send('DELETE', `/v1/keys/${made.id}`, as(made.key))
    expect((await server.send('GET', '/v1/models')).status).toBe(401)
    expect((await server.send('GET', '/v1/models', as(made.key))).status).toBe(401)
    await server.services.keys.remove(made.id)
    expect((await server.send('GET', '/v1/models')).status).toBe(401)
  })

  it('that starts on a database with a key asks for it, in any state of the key', async () => {
    const services = await createTestServices()
    const { key, id } = await services.keys.create({ name: 'a', scopes: ['system:read'] })
    for (const state of ['valid', 'revoked']) {
      // As another process, which remembers nothing.
      const keys = createKeys({ store: services.store })
      const app = await createApp({ ...services, keys })
      const ask = async (headers = {}) =>
        (await app.inject({ url: '/v1/models', headers })).statusCode
      expect(await ask()).toBe(401)
      const { headers } = as(key)
      expect([state, await ask(headers)]).toEqual([state, state === 'valid' ? 200 : 401])
      expect((await app.inject('/healthz')).statusCode).toBe(200)
      await app.close()
      await services.keys.revoke(id)
    }
    await services.keys.remove(id)
    const app = await createApp({ ...services, keys: createKeys({ store: services.store }) })
    expect((await app.inject('/v1/models')).statusCode).toBe(200)
    await app.close()
    await services.close()
  })

  it('listens beyond this machine when its database has a key', async () => {
    const services = await createTestServices()
    const options = { host: '0.0.0.0', port: 0 }
    await expect(startServer(services, options)).rejects.toMatchObject({ code: 'insecureBind' })
    await services.keys.create({ name: 'a', scopes: ['admin'] })
    const server = await startServer(services, options)
    const { status } = await fetch(`http://127.0.0.1:${server.port}/v1/models`)
    expect(status).toBe(401)
    await server.close()
    await services.close()
  })

  it('listens beyond this machine with a set-up key, closed but for the first key', async () => {
    const services = await createTestServices()
    const told: string[] = []
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const server = await startServer(services, {
      ...{ host: '0.0.0.0', port: 0, onSetUpKey: (key) => told.push(key) },
      logger: pino({ level: 'trace' }, stream) as unknown as FastifyBaseLogger,
    })
    const send = async (method: 'GET' | 'POST', url: string, key?: string, payload?: object) => {
      const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
      const { statusCode } = await server.app.inject({
        ...{ method, url, headers },
        ...(payload === undefined ? {} : { payload }),
      })
      return statusCode
    }
    expect(told).toEqual([expect.stringMatching(/^fw_/)])
    const [setUpKey = ''] = told
    const admin = { name: 'ann', scopes: ['admin'] }
    for (const [method, url] of [
      ['GET', '/v1/models'],
      ['GET', '/v1/collections'],
      ['GET', '/v1/configuration'],
      ['GET', '/metrics'],
    ] as const) {
      expect([url, await send(method, url)]).toEqual([url, 401])
      expect([url, await send(method, url, setUpKey)]).toEqual([url, 403])
    }
    expect(await send('POST', '/v1/keys', undefined, admin)).toBe(401)
    expect(await send('GET', '/healthz')).toBe(200)
    expect(await send('GET', '/v1/keys', setUpKey)).toBe(200)
    expect(await send('POST', '/v1/keys', setUpKey, { ...admin, scopes: ['watch'] })).toBe(400)
    expect(await send('POST', '/v1/keys', setUpKey, admin)).toBe(201)
    expect(await send('GET', '/v1/keys', setUpKey)).toBe(401)
    expect(await send('POST', '/v1/keys', setUpKey, admin)).toBe(401)
    expect(lines.join('')).not.toContain(setUpKey)
    const { items } = await services.keys.list()
    expect(items).toMatchObject([{ name: 'ann', createdBy: { name: 'the set-up key' } }])
    await server.close()
    // With a key none is printed.
    const again = await startServer(services, {
      ...{ host: '0.0.0.0', port: 0, onSetUpKey: (key) => told.push(key) },
    })
    await again.close()
    expect(told).toHaveLength(1)
    await services.close()
  })

  it('answers health without its database, and nothing else while it knows of no key', async () => {
    const services = await createTestServices()
    const keys = createKeys({ store: services.store })
    const app = await createApp({ ...services, keys })
    await services.store.close()
    expect((await app.inject('/healthz')).statusCode).toBe(200)
    expect((await app.inject('/v1/models')).statusCode).toBe(503)
    await app.close()
    await services.close().catch(() => {})
  })
})

describe('the log', () => {
  it('has neither a key nor a hash, at any level', async () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const logger = pino({ level: 'trace' }, stream) as unknown as FastifyBaseLogger
    const server = await start({ logger, apiKeys: [sha256(configuredKey)] })
    const { key, id } = await create(server, { name: 'a', scopes: ['detect'] }, as(configuredKey))
    const guess = 'fw_0123456789012345678901234567890123456789012'
    for (const text of [key, guess, 'short', configuredKey]) {
      await server.send('POST', '/v1/detect', { form: [['image', 'face:a', 'a']], ...as(text) })
      await server.send('GET', '/v1/keys', as(text))
    }
    await server.send('DELETE', `/v1/keys/${id}`, as(configuredKey))
    await server.send('GET', '/v1/models', as(key))
    server.services.gate = async () => {
      throw new Error('broken')
    }
    const form = [['image', 'face:a', 'a.jpg']] as const
    await server.send('POST', '/v1/detect', { form, ...as(configuredKey) })
    expect(lines.length).toBeGreaterThan(10)
    const log = lines.join('')
    for (const secret of [key, guess, configuredKey]) {
      expect(log).not.toContain(secret)
      expect(log).not.toContain(sha256(secret))
    }
  })
})
