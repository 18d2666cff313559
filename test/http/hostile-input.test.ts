import { connect } from 'node:net'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxJsonDepth, maxJsonValues } from '../../src/http/intake/json-scanner.ts'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { type Client, createClient, document, formType, type Part, toForm } from './client.ts'
import { createTestServices, type TestServices } from './services.ts'

const persons = '/v1/collections/default/persons'
const identify = '/v1/collections/default/identify'
const json = { 'content-type': 'application/json' }
const image: Part = ['image', 'face:ann', 'a.jpg']
const base64 = Buffer.from('face:ann').toString('base64')

let services: TestServices
let server: RunningServer
let client: Client
beforeAll(async () => {
  client = await createClient({ maxImageBytes: 2_000_000, maxImages: 3 })
  services = await createTestServices()
  server = await startServer(services, { port: 0, maxImageBytes: 2_000_000 })
})
afterAll(async () => {
  await client.close()
  await server.close()
  await services.close()
})

async function post(path: string, body: string | Buffer, type: string): Promise<number> {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body),
    signal: AbortSignal.timeout(10_000),
  })
  await answer.arrayBuffer()
  return answer.status
}

describe('JSON bodies', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const many = (item: string) => `[${`${item},`.repeat(maxJsonValues)}${item}]`

  it.each([
    ['POST', persons, 'images'],
    ['POST', persons, 'metadata'],
    ['POST', '/v1/collections', 'policy'],
    ['POST', '/v1/collections', 'constructor'],
    ['POST', '/v1/detect', 'image'],
    ['POST', identify, 'embedding'],
    ['POST', '/v1/verify', 'imageA'],
    ['POST', '/registerFace?name=Ann', 'refImage'],
    ['PATCH', `${persons}/x`, 'metadata'],
  ])(
    'are refused by %s %s when "%s" is too deep or has too many values',
    async (method, url, name) => {
      const bodies = [nested(maxJsonDepth), many('1'), many('""'), many('{}'), many('[[1]]')]
      for (const value of bodies) {
        const answer = await client.send(method, url, {
          body: `{"name":"a","${name}":${value}}`,
          headers: json,
        })
        expect([400, 413], value.slice(0, 20)).toContain(answer.status)
        expect(answer.body.length).toBeLessThan(5000)
      }
    },
  )

  it('name few mistakes however many there are', async () => {
    const members = Array.from({ length: 5000 }, (_, index) => `"${'x'.repeat(40)}${index}":1`)
    for (const body of [
      `{"name":"a","images":[${'1,'.repeat(900)}1]}`,
      `{"name":"a",${members.join(',')}}`,
      `{"name":"a","${'x'.repeat(100_000)}":1}`,
    ]) {
      const answer = await client.send('POST', persons, { body, headers: json })
      expect(answer.status).toBe(400)
      expect(answer.json.errors.length).toBeLessThanOrEqual(10)
      expect(answer.body.length).toBeLessThan(5000)
    }
  })

  it('bounds the lists of every request by the document', () => {
    const lists: string[] = []
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return
      const { type, maxItems } = schema as { type?: unknown; maxItems?: unknown }
      if (type === 'array' && typeof maxItems !== 'number') lists.push(path)
      for (const [name, value] of Object.entries(schema)) visit(value, `${path}/${name}`)
    }
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const { requestBody, parameters } = operation as unknown as Record<string, unknown>
        visit({ requestBody, parameters }, `${method} ${path}`)
      }
    }
    expect(lists).toEqual([])
  })

  it('take images only where they are images', async () => {
    const status = async (body: string) =>
      (await client.send('POST', '/v1/detect', { body, headers: json })).status
    expect(await status(`{"image":"${base64}"}`)).toBe(200)
    expect(await status(`{"im\\u0061ge":"${base64}"}`)).toBe(200)
    expect(await status(`{"image":"data:image/jpeg;base64,${base64}"}`)).toBe(200)
    expect(await status(`{"image":"x","image":"${base64}"}`)).toBe(400)
    expect(await status(`{"image":{"a":"${base64}"}}`)).toBe(400)
    expect(await status(`{"image":["${base64}"]}`)).toBe(400)
    expect(await status(`{"image":[["${base64}"]]}`)).toBe(400)
    expect(await status(`{"image":"${base64}","${base64}":1}`)).toBe(400)
    expect(await status(`{"image":"${base64}"`)).toBe(400)
    expect(await status(`{"image":"${base64}}`)).toBe(400)
  })

  it('bounds the metadata of a form, as text and as JSON', async () => {
    const deep = `{"a":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`
    const boundary = 'test-boundary-7f3a'
    const part = `--${boundary}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n${deep}\r\n`
    const asJson = Buffer.concat([Buffer.from(part), toForm([['name', 'a']])])
    const headers = { 'content-type': formType, 'idempotency-key': 'k' }
    expect((await client.send('POST', persons, { body: asJson, headers })).status).toBe(400)
    for (const metadata of [deep, many('1'), 'x'.repeat(200_000)]) {
      const form: Part[] = [
        ['name', 'a'],
        ['metadata', metadata],
      ]
      const answer = await client.send('POST', persons, { form, headers })
      expect([400, 413]).toContain(answer.status)
    }
  })

  it('are read in pieces: another request is answered between them', async () => {
    const length = 2_600_000
    const shapes = [
      `{"image":"${'QUJD'.repeat(length / 4)}"}`,
      `{"image":"${'\\/'.repeat(length / 2)}"}`,
      `{"image":"${'\\u0041'.repeat(length / 6)}"}`,
      `{"image":"${'é'.repeat(length / 2)}"}`,
      `{"images":[${'1,'.repeat(length / 2)}1]}`,
      `{"a":"${'x'.repeat(length)}"}`,
      ' '.repeat(length),
      '['.repeat(length),
    ]
    for (const body of shapes) {
      const status = await post('/v1/detect', Buffer.from(body), 'application/json')
      expect([400, 413, 415], body.slice(0, 20)).toContain(status)
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    }
  })
})

describe('parts of a form that are no fields', () => {
  const boundary = 'test-boundary-7f3a'
  const good = toForm([image])
  const end = Buffer.from(`--${boundary}--\r\n`)
  const heads = [
    'Content-Type: text/plain',
    'X-Other: y',
    'Content-Disposition: attachment; name="a"',
    'Content-Disposition: form-data',
    'Content-Disposition: form-data; name="a\nb"',
    'Content-Disposition: form-data; name="a\nb"; filename="x"',
    'Content-Disposition',
    ': x',
    '',
  ]
  const sizes = [
    0, 1, 16_000, 16_383, 16_384, 16_385, 17_000, 40_000, 65_535, 65_536, 65_537, 131_072,
  ]

  it.each(heads)('are passed over, or refused, with the head %j at any size', async (head) => {
    for (const size of [...sizes, 300_000, 1_000_000]) {
      const part = Buffer.from(`--${boundary}\r\n${head}\r\n\r\n${'x'.repeat(size)}\r\n`)
      const before = await post('/v1/detect', Buffer.concat([part, good]), formType)
      const after = Buffer.concat([good.subarray(0, good.length - end.length), part, end])
      expect([200, 400, 413], `before, ${size}`).toContain(before)
      expect([200, 400, 413], `after, ${size}`).toContain(await post('/v1/detect', after, formType))
      const alone = await post('/v1/detect', Buffer.concat([part, end]), formType)
      expect([400, 413], `alone, ${size}`).toContain(alone)
    }
  })

  it('are passed over in any number and order', async () => {
    const part = fc.tuple(fc.constantFrom(...heads), fc.constantFrom(...sizes))
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        const chunks = parts.map(([head, size]) =>
          Buffer.from(`--${boundary}\r\n${head}\r\n\r\n${'x'.repeat(size)}\r\n`),
        )
        const status = await post('/v1/detect', Buffer.concat([...chunks, good]), formType)
        expect([200, 400, 413]).toContain(status)
      }),
      { numRuns: 25 },
    )
  })
})

describe('names that every object has', () => {
  const names = Object.getOwnPropertyNames(Object.prototype)

  it.each(names)('%s is an unknown option and an unknown member', async (name) => {
    const sent = [
      ['GET', `/v1/collections?${name}=1`, undefined],
      ['GET', `${persons}?${name}[a]=1&${name}=2`, undefined],
      ['POST', `/v1/detect?${name}=1`, `{"image":"${base64}"}`],
      ['POST', '/v1/detect', `{"image":"${base64}","${name}":1}`],
      ['POST', '/v1/detect', `{"${name}":"${base64}"}`],
      ['POST', '/v1/collections', `{"name":"a","${name}":{}}`],
      ['POST', '/v1/collections', `{"name":"a","policy":{"${name}":1}}`],
      ['PATCH', '/v1/collections/default', `{"${name}":1}`],
      ['POST', persons, `{"name":"a","${name}":[]}`],
      ['POST', persons, `{"name":"a","${name}":{"prototype":1}}`],
      ['PATCH', `${persons}/x`, `{"${name}":1}`],
    ] as const
    for (const [method, url, body] of sent) {
      const answer = await client.send(
        method,
        url,
        body === undefined ? {} : { body, headers: json },
      )
      expect(answer.status, `${method} ${url} ${body}`).toBe(400)
    }
    for (const form of [[[name, 'x'], image], [[name, 'x', 'a.jpg']]] as Part[][]) {
      expect((await client.send('POST', '/v1/detect', { form })).status).toBe(400)
    }
    for (const url of [`/v1/collections/${name}`, `${persons}/${name}`, `/${name}`]) {
      expect((await client.send('GET', url)).status, url).toBe(404)
    }
  })
})

describe('numbers and booleans of a query', () => {
  const badWhole = [
    'true',
    '1.9',
    '1.0',
    '0x10',
    ' 1',
    '1 ',
    '1e2',
    '',
    '+1',
    '01',
    '1_0',
    '٣',
    'NaN',
  ]
  const huge = ['Infinity', '1e400', '99999999999999999999', 'null', '1n', '0b1', '1,2']

  it.each([...badWhole, ...huge])('%j is no whole number', async (text) => {
    const value = encodeURIComponent(text)
    for (const url of [
      `/v1/collections?limit=${value}`,
      `/v1/collections?limit=5&limit=${value}`,
      `${persons}?limit=${value}`,
    ]) {
      const answer = await client.send('GET', url)
      expect(`${answer.status} ${answer.json.code}`, url).toBe('400 invalidOption')
    }
    for (const name of ['maxFaces', 'minFaceSize']) {
      const url = `/v1/detect?${name}=${value}`
      expect((await client.send('POST', url, { form: [image] })).status).toBe(400)
    }
  })

  it.each(['true', '0x1', ' 0.5', '0.5 ', '.5', '5.', '', '+0.5', '1e', 'NaN'])(
    '%j is no number',
    async (text) => {
      const value = encodeURIComponent(text)
      const url = `/v1/detect?thresholds=0.6&thresholds=0.7&thresholds=${value}`
      expect((await client.send('POST', url, { form: [image] })).status).toBe(400)
    },
  )

  it('are taken as they are written elsewhere', async () => {
    expect((await client.send('GET', '/v1/collections?limit=1000')).status).toBe(200)
    const query = 'thresholds=1e-1&thresholds=0.7&thresholds=0&readTurned=false&maxFaces=1'
    expect((await client.send('POST', `/v1/detect?${query}`, { form: [image] })).status).toBe(200)
    for (const text of ['yes', 'TRUE', '', '2']) {
      const url = `/v1/detect?readTurned=${text}`
      expect((await client.send('POST', url, { form: [image] })).status, text).toBe(400)
    }
  })
})

describe('ways to write an address', () => {
  /** Status and headers of the answer to a request line as it stands. */
  const ask = (line: string): Promise<{ status: number; headers: Map<string, string> }> =>
    new Promise((resolve, reject) => {
      let text = ''
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(`${line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
      })
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('error', reject)
      socket.on('close', () => {
        const [first = '', ...lines] = (text.split('\r\n\r\n')[0] ?? '').split('\r\n')
        const headers = lines.map((header) => header.toLowerCase().split(': ') as [string, string])
        resolve({ status: Number(first.split(' ')[1]), headers: new Map(headers) })
      })
    })

  it.each(['/collections', '/collections/none', '/nothing', '/detect', '/collections?limit=x'])(
    'answers /v1%s alike, however it is written',
    async (rest) => {
      const origin = `http://127.0.0.1:${server.port}`
      const plain = await ask(`GET /v1${rest}`)
      expect(plain.headers.get('cache-control')).toBe('no-store')
      for (const address of [`/%761${rest}`, `/%76%31${rest}`, `${origin}/v1${rest}`]) {
        const other = await ask(`GET ${address}`)
        expect(other.status, address).toBe(plain.status)
        expect([...other.headers.keys()].sort()).toEqual([...plain.headers.keys()].sort())
        for (const name of ['cache-control', 'allow', 'content-type']) {
          expect(other.headers.get(name), `${name} of ${address}`).toBe(plain.headers.get(name))
        }
      }
    },
  )

  it('keeps no problem and no answer about persons in a cache', async () => {
    for (const line of ['GET /v1/%E0%A4%A', 'GET /nowhere', 'GET /recognizeFace', 'GET /metrics']) {
      const { headers } = await ask(line)
      expect(headers.get('cache-control'), line).toBe('no-store')
    }
  })
})

describe('the log', () => {
  it.each(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])(
    'holds no secret of a header at level %s',
    async (level) => {
      let text = ''
      const stream = new Writable({
        write(chunk, _encoding, done) {
          text += chunk
          done()
        },
      })
      const logged = await createClient({
        logger: pino({ level }, stream),
        apiKeys: ['0'.repeat(64)],
      })
      const open = await createClient({ logger: pino({ level }, stream) })
      const canary = 'canary-7d1f'
      const headers = {
        authorization: `Bearer ${canary}`,
        'proxy-authorization': `Basic ${canary}`,
        cookie: `session=${canary}`,
        'x-api-key': canary,
      }
      for (const asked of [logged, open]) {
        for (const form of [[image], [['photo', 'x', 'b.jpg']], [['image', 'hello', 'a']]]) {
          await asked.send('POST', '/v1/detect', { form: form as Part[], headers })
        }
        await asked.send('POST', persons, { json: { name: 1 }, headers })
        await asked.send('GET', `${persons}?limit=1`, { headers })
        await asked.send('GET', '/nowhere', { headers })
        asked.services.gate = async () => {
          throw new Error('fault')
        }
        await asked.send('POST', '/v1/detect', { form: [image], headers })
        await asked.close()
      }
      expect(text).not.toContain(canary)
      if (level === 'trace') expect(text).toContain('Providing options to busboy')
    },
  )
})
