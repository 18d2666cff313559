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
