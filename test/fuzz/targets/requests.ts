import { errorCatalogue } from '../../../src/core/errors.ts'
import { type Client, createClient, formType, toForm } from '../../http/client.ts'
import type { FuzzTarget } from '../target.ts'

const persons = '/v1/collections/default/persons'
const someone = `${persons}/01ARZ3NDEKTSV4RRFFQ69G5FAV`
let client: Promise<Client> | undefined

function open(): Promise<Client> {
  client ??= createClient()
  return client
}

/** Sends a request and looks at the answer: as the document says, and no fault of the server. */
async function send(
  method: string,
  url: string,
  options: { readonly body?: Buffer; readonly headers?: Readonly<Record<string, string>> },
): Promise<void> {
  const { status, json, body } = await (await open()).send(method, url, options)
  if (status >= 500 && status !== 503) throw new Error(`${status}: ${body.slice(0, 300)}`)
  const isProblem = status < 400 || Object.hasOwn(errorCatalogue, String(json?.code))
  if (!isProblem)
    throw new Error(`${status} without an error of the catalogue: ${body.slice(0, 300)}`)
}

async function close(): Promise<void> {
  const opened = client
  client = undefined
  await (await opened)?.close()
}

const forms = [
  { url: '/v1/detect', parts: [['image', 'face:ann', 'a.jpg']] },
  {
    url: persons,
    parts: [
      ['name', 'Ann'],
      ['image', 'face:ann', 'a.jpg'],
    ],
  },
  {
    url: '/v1/verify',
    parts: [
      ['imageA', 'face:ann', 'a'],
      ['imageB', 'face:bob', 'b'],
    ],
  },
  { url: '/registerFace?name=Ann', parts: [['refImage', 'face:ann', 'a.jpg']] },
] as const

const bodies = [
  { method: 'POST', url: '/v1/collections', json: { name: 'other', policy: { maxFpir: 0.01 } } },
  { method: 'POST', url: persons, json: { name: 'Ann', metadata: { a: [1, { b: null }] } } },
  { method: 'POST', url: '/v1/detect', json: { image: 'ZmFjZTphbm4=', minFaceSize: 20 } },
  { method: 'PATCH', url: someone, json: { name: 'Bob', aliases: ['B'], notes: 'x' } },
  {
    ...{ method: 'POST', url: '/v1/collections/default/identify' },
    json: { embedding: [1, 0, 0, 0], modelId: 'fake', limit: 3 },
  },
] as const

const addresses = [
  `${persons}?limit=10&sort=name&order=asc&query=ann`,
  `${someone}/faces?limit=1&cursor=cGVyc29uczowMUFSWg`,
  '/v1/collections/default/strangers?sort=count',
  '/v1/collections/default/history?limit=3',
  '/v1/jobs?state=running',
  '/v1/collections/default?x=1',
  '/docs/static/index.css',
  '/v1/models',
]

/** The first line says which request it is, the rest is its body. */
const withLine = (line: number, body: Uint8Array) =>
  new Uint8Array(Buffer.concat([Buffer.from(`${line}\n`), body]))
const split = (input: Uint8Array, count: number) => {
  const end = input.indexOf(0x0a)
  const line = Buffer.from(input.subarray(0, Math.max(0, end))).toString('latin1')
  return {
    number: Math.abs(Number.parseInt(line, 10) || 0) % count,
    body: Buffer.from(input.subarray(end + 1)),
  }
}

export const requestTargets: readonly FuzzTarget[] = [
  {
    name: 'multipart',
    refusals: [],
    words: [
      ...[
        '\r\n',
        '--test-boundary-7f3a',
        '--test-boundary-7f3a--\r\n',
        'name="image"',
        'filename="',
      ],
      ...[
        'Content-Disposition: form-data; ',
        'Content-Transfer-Encoding: base64\r\n',
        '; name*=utf-8',
      ],
    ],
    seeds: async () =>
      (await open()) && forms.map(({ parts }, i) => withLine(i, toForm(parts as never))),
    async read(input) {
      const { number, body } = split(input, forms.length)
      await send('POST', String(forms[number]?.url), {
        body,
        headers: { 'content-type': formType },
      })
    },
    close,
  },
  {
    name: 'json-body',
    refusals: [],
    words: ['"metadata":', '"image":"', '"name":', '"policy":', '"embedding":[', '1e999'],
    seeds: async () =>
      (await open()) && bodies.map(({ json }, i) => withLine(i, Buffer.from(JSON.stringify(json)))),
    async read(input) {
      const { number, body } = split(input, bodies.length)
      const { method, url } = bodies[number]!
      const headers = { 'content-type': 'application/json' }
      await send(method, url, { body, headers })
    },
    close,
  },
  {
    name: 'address',
    refusals: [],
    words: [
      '%',
      '%00',
      '%2e%2e/',
      '/',
      '?',
      '&',
      'limit=',
      'cursor=',
      'query=',
      'faces=',
      '#',
      '[]=',
    ],
    maxBytes: 1024,
    seeds: async () => (await open()) && addresses.map((address) => Buffer.from(address)),
    async read(input) {
      // What a client library would not let through the server's parser of requests refuses.
      const text = Buffer.from(input)
        .toString('latin1')
        .replace(/[^\x21-\x7e]/g, '')
      await send('GET', text.startsWith('/') ? text : `/${text}`, {
        headers: { 'if-none-match': text.slice(0, 100), 'accept-encoding': text.slice(0, 50) },
      })
    },
    close,
  },
]
