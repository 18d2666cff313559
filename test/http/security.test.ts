import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const persons = '/v1/collections/default/persons'

describe('API keys', () => {
  let client: Client
  beforeAll(async () => {
    client = await createClient({
      apiKeys: [sha256('first-key'), sha256('second-key')],
      host: '0.0.0.0',
    })
  })
  afterAll(() => client.close())

  it('lets every key in', async () => {
    for (const key of ['first-key', 'second-key']) {
      const headers = { authorization: `Bearer ${key}` }
      expect((await client.send('GET', '/v1/models', { headers })).status).toBe(200)
    }
  })

  it.each([
    ['no header', {}],
    ['an unknown key', { authorization: 'Bearer third-key' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic Zmlyc3Qta2V5' }],
    ['the hash of a key', { authorization: `Bearer ${sha256('first-key')}` }],
  ])('answers unauthorized for %s', async (_, headers) => {
    const answer = await client.send('GET', '/v1/models', { headers })
    expect([answer.status, answer.json.code]).toEqual([401, 'unauthorized'])
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.json.requestId).toBe(answer.headers['x-request-id'])
  })

  it('protects every route but health, readiness, the page and the description', async () => {
    for (const [method, url] of [
      ['POST', '/registerFace?name=a'],
      ['POST', '/recognizeFace'],
      ['POST', '/v1/detect'],
      ['POST', '/v1/embed'],
      ['POST', '/v1/verify'],
      ['GET', '/v1/collections'],
      ['DELETE', '/v1/collections/default'],
      ['GET', persons],
      ['GET', '/metrics'],
    ] as const) {
      expect([url, (await client.send(method, url)).status]).toEqual([url, 401])
    }
    for (const url of ['/healthz', '/readyz', '/', '/openapi.json']) {
      expect([url, (await client.send('GET', url)).status]).toEqual([url, 200])
    }
  })

  it('asks for the key before it reads the body', async () => {
    const answer = await client.send('POST', '/v1/collections', {
      body: '{',
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(401)
  })

  it('serves any host name and origin, since a key is asked for', async () => {
    const headers = {
      authorization: 'Bearer first-key',
      host: 'faces.example.org',
      origin: 'https://other.example.org',
      'sec-fetch-site': 'cross-site',
    }
    expect((await client.send('GET', '/v1/models', { headers })).status).toBe(200)
  })
})

describe('without a key', () => {
  let client: Client
  beforeAll(async () => {
    client = await createClient({ allowedHosts: ['faces.lan'] })
  })
  afterAll(() => client.close())

  it.each(['localhost', 'localhost:8000', '127.0.0.1:8000', '[::1]:8000', 'faces.lan:80'])(
    'serves the host %s',
    async (host) => {
      expect((await client.send('GET', '/v1/models', { headers: { host } })).status).toBe(200)
    },
  )

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'x@evil.example'])(
    'refuses the host %s',
    async (host) => {
      for (const url of ['/v1/models', '/', '/docs/']) {
        const answer = await client.send('GET', url, { headers: { host } })
        expect([answer.status, answer.json.code]).toEqual([403, 'forbidden'])
      }
    },
  )

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:3000' },
    { 'sec-fetch-site': 'cross-site' },
  ])('refuses what another page sends: %j', async (other) => {
    const headers = { host: 'localhost:8000', ...other }
    for (const method of ['POST', 'DELETE', 'GET']) {
      const answer = await client.send(method, persons, { headers })
      expect([answer.status, answer.json.code]).toEqual([403, 'forbidden'])
    }
  })

  it('serves its own page, and links to it', async () => {
    const own = {
      host: 'localhost:8000',
      origin: 'http://localhost:8000',
      'sec-fetch-site': 'same-origin',
    }
    const created = await client.send('POST', persons, { headers: own, json: { name: 'Ann' } })
    expect(created.status).toBe(201)
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect((await client.send('GET', '/', { headers: link })).status).toBe(200)
  })
})

describe('without a key, beyond this machine', () => {
  it.each([
    [[], 'anything.example', 200],
    [['faces.lan'], 'faces.lan:80', 200],
    [['faces.lan'], 'localhost', 200],
    [['faces.lan'], 'anything.example', 403],
  ])('with the host names %j answers %s with %i', async (allowedHosts, host, status) => {
    const client = await createClient({ host: '0.0.0.0', insecure: true, allowedHosts })
    expect((await client.send('GET', '/v1/models', { headers: { host } })).status).toBe(status)
    // By address, as an orchestrator asks.
    const probe = await client.send('GET', '/healthz', { headers: { host: '10.0.0.7:8000' } })
    expect(probe.status).toBe(200)
    await client.close()
  })
})

describe('headers', () => {
  let client: Client
  beforeAll(async () => {
    client = await createClient()
  })
  afterAll(() => client.close())

  it('sends security headers on every answer', async () => {
    for (const url of ['/', '/v1/models', '/nowhere']) {
      const { headers } = await client.send('GET', url)
      expect(headers['content-security-policy']).toContain("default-src 'self'")
      expect(headers['content-security-policy']).not.toMatch(/unsafe|blob:|data:/)
      expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests')
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(headers['permissions-policy']).toContain('camera=(self)')
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
    expect((await client.send('GET', '/v1/models')).headers['cache-control']).toBe('no-store')
  })

  it('echoes a harmless request id and makes one otherwise', async () => {
    const send = (id: string) =>
      client.send('GET', '/v1/models', { headers: { 'x-request-id': id } })
    expect((await send('job-17.a_B')).headers['x-request-id']).toBe('job-17.a_B')
    for (const id of ['a b', '<script>', 'x'.repeat(65), '']) {
      expect((await send(id)).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    }
  })
})

describe('rate limit', () => {
  it('answers rateLimited with the time to wait, a client at a time, but never to probes', async () => {
    const client = await createClient({ rateLimit: { max: 2, timeWindowMs: 60_000 } })
    const send = (remoteAddress: string) =>
      client.send('POST', '/v1/detect', { form: [['image', 'face:a', 'a.jpg']], remoteAddress })
    expect((await send('10.0.0.1')).status).toBe(200)
    expect((await send('10.0.0.1')).status).toBe(200)
    const limited = await send('10.0.0.1')
    expect([limited.status, limited.json.code]).toEqual([429, 'rateLimited'])
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(50)
    expect((await send('10.0.0.2')).status).toBe(200)
    for (let i = 0; i < 5; i++) {
      expect((await client.send('GET', '/healthz')).status).toBe(200)
      expect((await client.send('GET', '/readyz')).status).toBe(200)
    }
    await client.close()
  })

  it('counts attempts with a wrong key', async () => {
    const client = await createClient({
      apiKeys: [sha256('key')],
      rateLimit: { max: 2, timeWindowMs: 60_000 },
    })
    const headers = { authorization: 'Bearer wrong' }
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) {
      statuses.push((await client.send('GET', '/v1/models', { headers })).status)
    }
    expect(statuses).toEqual([401, 401, 429])
    await client.close()
  })
})

describe('log', () => {
  let client: Client | undefined
  afterEach(() => client?.close())

  it('has faults as errors only, and never names, images, keys or addresses', async () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const logger = pino({ level: 'debug' }, stream) as unknown as FastifyBaseLogger
    client = await createClient({ logger, apiKeys: [sha256('secret-key')] })
    const headers = { authorization: 'Bearer secret-key' }
    await client.send('POST', '/registerFace?name=Annabel', {
      headers,
      form: [['refImage', 'face:zebra', 'holiday.jpg']],
    })
    await client.send('POST', '/v1/detect', { headers, form: [['image', 'zebra', 'a.jpg']] })
    await client.send('GET', '/v1/models', { headers: { authorization: 'Bearer guess' } })
    const levels = () => lines.map((line) => JSON.parse(line).level as number)
    expect(lines.length).toBeGreaterThanOrEqual(3)
    expect(Math.max(...levels())).toBeLessThan(50)
    expect(lines.join('')).not.toMatch(/Annabel|zebra|holiday|secret-key|guess/)
    expect(lines.join('')).toContain('"route":"/registerFace"')

    client.services.gate = async () => {
      throw new Error('broken')
    }
    const fault = await client.send('POST', '/v1/detect', {
      headers,
      form: [['image', 'face:zebra', 'a.jpg']],
    })
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ requestId: fault.json.requestId, code: 'internal' })
    expect(errors[0].err.message).toBe('broken')
  })
})
