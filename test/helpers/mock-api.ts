import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onePhotographHint } from '../../src/recognition/enroll-advice.ts'

const webRoot = fileURLToPath(new URL('../../dist/web/', import.meta.url))

/** The server's, to the letter; a test compares them. */
export const contentSecurityPolicy =
  "default-src 'self';object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'"

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export interface MockPerson {
  readonly id: string
  name: string
  faceCount: number
}

export interface MockAnswer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What a test sees and changes of the mock. */
export interface MockApi {
  readonly url: string
  readonly persons: MockPerson[]
  collections: string[]
  /** Of every collection, once it was measured. */
  difficulty: Record<string, number> | undefined
  /** Faces that `identify` answers; boxes in pixels of a 1280 x 720 picture. */
  faces: readonly unknown[]
  /** How the picture was read. */
  facts: { readonly turned: number; readonly omittedFaces: number }
  /** Answered instead of the usual, first in first out, to requests whose path ends like this. */
  readonly scripted: { readonly pathEnd: string; readonly answer: MockAnswer }[]
  /** When set, every /v1 request needs a session that was made with it. */
  apiKey: string | undefined
  /** Every request to /v1: method, path and query. */
  readonly requests: string[]
  close(): Promise<void>
}

/** A face of `identify` in the middle of the picture. */
export function mockFace(
  decision: 'match' | 'possible' | 'unknown' | 'undetermined',
  name?: string,
  box: { x: number; y: number; width: number; height: number } = {
    x: 480,
    y: 150,
    width: 300,
    height: 380,
  },
): unknown {
  const similarity = { match: 0.74, possible: 0.38, unknown: 0.11, undetermined: 0.81 }[decision]
  const reasons = decision === 'undetermined' ? ['occluded', 'tooDark'] : []
  const candidates =
    name === undefined
      ? []
      : [
          {
            personId: 'P1',
            personName: name,
            metadata: {},
            faceId: 'F1',
            similarity,
            fmr: 3e-7,
            fmrExtrapolated: true,
          },
        ]
  return { box, decision, reasons, candidates }
}

/** A problem document of the API. */
export function mockProblem(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): MockAnswer {
  return {
    status,
    headers,
    body: { type: 'about:blank', title: code, status, code, requestId: 'r' },
  }
}

/**
 * Starts a stand-in for the server that serves the built page and keeps persons in memory, for
 * states that the real server is hard to bring into (busy, broken, locked).
 */
export async function startMockApi(): Promise<MockApi> {
  if (!existsSync(webRoot)) throw new Error('The page is not built; run: npm run build:web')
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      send(response, mockProblem(500, String(error)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const mock: MockApi = {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    persons: [],
    collections: ['default'],
    difficulty: undefined,
    faces: [],
    facts: { turned: 0, omittedFaces: 0 },
    scripted: [],
    apiKey: undefined,
    requests: [],
    close: () => closeServer(server),
  }
  const deleted = new Map<string, MockPerson>()
  let nextId = 1

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', mock.url)
    if (!url.pathname.startsWith('/v1/')) return serveFile(url.pathname, response)
    if (url.pathname !== '/v1/session') {
      mock.requests.push(`${request.method} ${url.pathname}${url.search}`)
    }
    const body = await readBody(request)
    if (url.pathname === '/v1/session') return send(response, answerSession(request, body))
    if (mock.apiKey && !hasSession(request)) {
      return send(response, mockProblem(401, 'unauthorized'))
    }
    const index = mock.scripted.findIndex(({ pathEnd }) => url.pathname.endsWith(pathEnd))
    const [scripted] = index < 0 ? [] : mock.scripted.splice(index, 1)
    send(response, scripted?.answer ?? (await answer(request, url, body)))
  }

  function hasSession({ headers }: IncomingMessage): boolean {
    return headers.cookie === `session=${mock.apiKey}`
  }

  function answerSession(request: IncomingMessage, body: Buffer): MockAnswer {
    const required = mock.apiKey !== undefined
    if (request.method === 'POST') {
      const { key } = JSON.parse(body.toString()) as { readonly key: string }
      if (key !== mock.apiKey) return mockProblem(401, 'unauthorized')
      const headers = { 'set-cookie': `session=${key}; Path=/; HttpOnly; SameSite=Strict` }
      return { status: 200, headers, body: { required, ways: ['key'], ...mockSession } }
    }
    if (request.method === 'DELETE') {
      const headers = { 'set-cookie': 'session=; Max-Age=0; Path=/' }
      return { status: 200, headers, body: { ended: 1 } }
    }
    const known = required && hasSession(request) ? mockSession : {}
    return { status: 200, body: { required, ways: ['key'], ...known } }
  }

  async function answer(request: IncomingMessage, url: URL, body: Buffer): Promise<MockAnswer> {
    // '', v1, collections, {name}, {resource}, {id}, {part}
    const [, , , name, resource, id, faces] = url.pathname.split('/').map(decodeURIComponent)
    const route = `${request.method} ${[resource, id && 'ID', faces].filter(Boolean).join('/')}`
    const person = mock.persons.find((candidate) => candidate.id === id)
    switch (route) {
      case 'GET ':
        return name
          ? { status: 200, body: toCollection(name) }
          : { status: 200, body: { items: mock.collections.map(toCollection) } }
      case 'POST identify':
        return {
          status: 200,
          body: {
            width: 1280,
            height: 720,
            ...mock.facts,
            collection: name,
            modelId: 'mock',
            thresholds,
            faces: mock.faces,
          },
        }
      case 'GET persons':
        return { status: 200, body: listPersons(url.searchParams) }
      case 'POST persons': {
        const form = await toForm(request, body)
        const isThere = mock.persons.some((known) => known.name === form.get('name'))
        if (isThere && url.searchParams.get('ifExists') === 'refuse') {
          return mockProblem(409, 'personExists')
        }
        const created = { id: `P${nextId++}`, name: String(form.get('name')), faceCount: 1 }
        mock.persons.push(created)
        return { status: 201, body: { ...toPerson(created), ...enrolled(form, created) } }
      }
      case 'GET persons/ID':
        return person ? { status: 200, body: toPerson(person) } : mockProblem(404, 'personNotFound')
      case 'DELETE persons/ID':
        if (!person) return mockProblem(404, 'personNotFound')
        mock.persons.splice(mock.persons.indexOf(person), 1)
        deleted.set(person.id, person)
        return { status: 204, headers: { 'x-history-entry': person.id } }
      // The history knows deleted persons only; an entry has the id of its person.
      case 'GET history': {
        const one = deleted.get(url.searchParams.get('person') ?? '')
        return { status: 200, body: { items: one ? [{ id: one.id, kind: 'personDeleted' }] : [] } }
      }
      case 'POST history/ID/undo': {
        const one = deleted.get(id ?? '')
        if (!one) return mockProblem(409, 'undoRefused')
        deleted.delete(one.id)
        mock.persons.push(one)
        return { status: 200, body: {} }
      }
      case 'GET persons/ID/faces':
        return {
          status: 200,
          body: {
            items: Array.from({ length: person?.faceCount ?? 0 }, (_, i) => toFace(`F${i}`)),
          },
        }
      case 'POST persons/ID/faces': {
        if (!person) return mockProblem(404, 'personNotFound')
        person.faceCount++
        const form = await toForm(request, body)
        return { status: 201, body: { person: toPerson(person), ...enrolled(form, person) } }
      }
      default:
        return mockProblem(404, 'notFound')
    }
  }

  function listPersons(query: URLSearchParams): unknown {
    const start = Number(query.get('cursor') ?? 0)
    const limit = Number(query.get('limit') ?? 100)
    const found = mock.persons.filter(
      ({ name }) =>
        name.toLowerCase().includes((query.get('name') ?? '').toLowerCase()) &&
        hasWords(name, query.get('query') ?? '') &&
        (query.get('exactName') ?? name) === name,
    )
    const items = found.slice(start, start + limit).map(toPerson)
    return start + limit < found.length ? { items, nextCursor: String(start + limit) } : { items }
  }

  function toCollection(name: string): unknown {
    const faces = mock.persons.reduce((sum, { faceCount }) => sum + faceCount, 0)
    return {
      id: name,
      name,
      modelId: 'mock',
      dimension: 4,
      storeCrops: false,
      createdAt,
      policy: {},
      persons: mock.persons.length,
      faces,
      thresholds,
      ...(mock.difficulty === undefined ? {} : { difficulty: mock.difficulty }),
    }
  }

  return mock
}

const createdAt = '2026-01-02T03:04:05.000Z'
const mockSession = {
  caller: { actor: { kind: 'apiKey', id: 'k', name: 'office' }, scopes: ['admin'], grants: [] },
  session: { createdAt, idleEndsAt: createdAt, endsAt: createdAt, csrfToken: 'token' },
}
const thresholds = {
  match: 0.45,
  possible: 0.33,
  basis: 'fmrCurve',
  extrapolated: false,
  gallerySize: 1,
}

function toPerson(person: MockPerson): Record<string, unknown> {
  const plain = { aliases: [], hidden: false, favourite: false, revision: 1, metadata: {} }
  return { ...person, ...plain, createdAt, updatedAt: createdAt }
}

/** Whether a name has, for every word asked for, a word that begins with it. */
function hasWords(name: string, query: string): boolean {
  const words = name.toLowerCase().split(' ')
  return query
    .toLowerCase()
    .split(' ')
    .every((wanted) => words.some((word) => word.startsWith(wanted)))
}

function toFace(id: string): unknown {
  return { id, createdAt, quality: { sizePx: 210 } }
}

function enrolled(form: FormData, { faceCount }: MockPerson): Record<string, unknown> {
  const file = form.get('images')
  const fileName = file instanceof File ? file.name : ''
  return {
    faces: [{ fileName, face: toFace('F1'), alreadyEnrolled: false, turned: 0, warnings: [] }],
    rejected: [],
    hints: faceCount === 1 ? [onePhotographHint] : [],
  }
}

function toForm(request: IncomingMessage, body: Buffer): Promise<FormData> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  return new Response(new Uint8Array(body), { headers }).formData()
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function serveFile(path: string, response: ServerResponse): Promise<void> {
  const file = join(webRoot, path === '/' ? 'index.html' : path)
  // A worker without a script: the real one would come between the page and what a test intercepts.
  const isWorker = path === '/offline-worker.js'
  const bytes = isWorker ? Buffer.alloc(0) : await readFile(file).catch(() => undefined)
  response.writeHead(bytes ? 200 : 404, {
    'content-type': mediaTypes[extname(file)] ?? 'text/plain',
    'content-security-policy': contentSecurityPolicy,
  })
  response.end(bytes)
}

function send(response: ServerResponse, { status, body, headers }: MockAnswer): void {
  const type = status >= 400 ? 'application/problem+json' : 'application/json'
  response.writeHead(status, {
    ...headers,
    ...(body === undefined ? {} : { 'content-type': type }),
  })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
