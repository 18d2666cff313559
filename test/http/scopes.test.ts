import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scopes } from '../../src/access/scopes.ts'
import { resolveHttpOptions } from '../../src/http/options.ts'
import { registerAccess } from '../../src/http/plugins/access.ts'
import type { App } from '../../src/http/types.ts'
import { type Client, createClient, document } from './client.ts'

interface ScopedOperation {
  readonly operationId: string
  readonly method: string
  readonly path: string
  /** The scope that the description names; absent for a public operation. */
  readonly scope: string | undefined
}

/** What `openapi.json` says. */
const operations: readonly ScopedOperation[] = Object.entries(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { security = [] } = operation as unknown as {
        readonly security?: readonly { readonly apiKey?: readonly string[] }[]
      }
      const { operationId } = operation
      return { operationId, method: method.toUpperCase(), path, scope: security[0]?.apiKey?.[0] }
    }),
)
const guarded = operations.filter(({ scope }) => scope !== undefined)

let client: Client
beforeAll(async () => {
  client = await createClient()
})
afterAll(() => client.close())

/** Makes a key as somebody at the command line does. */
async function makeKey(granted: readonly string[], collections?: readonly string[]) {
  const { key } = await client.services.keys.create({
    name: granted.join(' '),
    scopes: granted,
    ...(collections === undefined ? {} : { collections }),
  })
  return { authorization: `Bearer ${key}` }
}

const toUrl = (path: string) => path.replaceAll(/\{\w+\}/g, 'x')

describe('every route', () => {
  it('declares a scope that exists, and the description says the same', () => {
    const { routeScopes } = client.app
    expect(routeScopes.size).toBeGreaterThan(30)
    for (const [route, scope] of routeScopes) {
      expect([route, ['public', ...scopes]]).toEqual([route, expect.arrayContaining([scope])])
    }
    for (const { method, path, scope = 'public' } of operations) {
      const url = path.replaceAll(/\{(\w+)\}/g, ':$1')
      expect([method, url, routeScopes.get(`${method} ${url}`)]).toEqual([method, url, scope])
    }
  })

  it('is described, or public', () => {
    const described = new Set(
      operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    for (const [route, scope] of client.app.routeScopes) {
      const isHead = route.startsWith('HEAD ')
      expect([route, isHead || scope === 'public' || described.has(route)]).toEqual([route, true])
    }
  })

  it('keeps an application from starting when it declares none', async () => {
    const app = Fastify() as unknown as App
    await registerAccess(app, client.services, resolveHttpOptions({}))
    app.get('/forgotten', async () => '')
    await expect(app.ready()).rejects.toThrow('/forgotten declares no scope')
    await app.close()
  })
})

describe('a key with the scope identify alone', () => {
  let headers: { authorization: string }
  beforeAll(async () => {
    headers = await makeKey(['identify'])
  })

  it.each(guarded.map((operation) => [operation.operationId, operation] as const))(
    'may %s only if that is its scope; without a key nobody may',
    async (_, { method, path, scope }) => {
      const url = toUrl(path)
      const without = await client.send(method, url)
      expect([without.status, without.json.code]).toEqual([401, 'unauthorized'])
      const answer = await client.send(method, url, { headers })
      if (scope === 'identify') {
        expect([401, 403]).not.toContain(answer.status)
        return
      }
      expect([answer.status, answer.json.code, answer.json.scope]).toEqual([
        ...[403, 'missingScope', scope],
      ])
      expect(answer.json.detail).toBe(`Needed: ${scope}.`)
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer error="insufficient_scope", scope="${scope}"`,
      )
    },
  )

  it('is refused before a body is read', async () => {
    const answer = await client.send('POST', '/v1/collections', {
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{',
    })
    expect(answer.status).toBe(403)
  })

  it('leaves what is public to everybody', async () => {
    for (const { method, path, scope } of operations) {
      if (scope !== undefined) continue
      const { status } = await client.send(method, path)
      // Signing in is, without a body, no valid request.
      expect([path, status]).toEqual([path, method === 'POST' ? 400 : 200])
    }
  })
})

it.each(scopes)('a key with the scope %s may do what needs it', async (scope) => {
  const headers = await makeKey([scope])
  for (const operation of guarded) {
    const { status } = await client.send(operation.method, toUrl(operation.path), { headers })
    const allowed = scope === 'admin' || operation.scope === scope
    expect([operation.operationId, status !== 403]).toEqual([operation.operationId, allowed])
    expect(status).not.toBe(401)
  }
})

describe('a key for some collections', () => {
  const ann = [['image', 'face:ann', 'a.jpg']] as const
  let headers: { authorization: string }
  let admin: { authorization: string }

  beforeAll(async () => {
    admin = await makeKey(['admin'])
    for (const name of ['door', 'office']) {
      const made = await client.send('POST', '/v1/collections', { headers: admin, json: { name } })
      expect(made.status).toBe(201)
    }
    headers = await makeKey(
      ['identify', 'enroll', 'verify', 'people:read', 'people:write', 'collections:write'],
      ['door'],
    )
  })

  it('works on them', async () => {
    const enrolled = await client.send('POST', '/v1/collections/door/persons', {
      headers,
      form: [['name', 'Ann'], ...ann],
    })
    expect(enrolled.status).toBe(201)
    const found = await client.send('POST', '/v1/collections/door/identify', { headers, form: ann })
    expect(found.json.faces[0].candidates[0].personName).toBe('Ann')
    const listed = await client.send('GET', '/v1/collections', { headers })
    expect(listed.json.items.map(({ name }: { name: string }) => name)).toEqual(['door'])
  })

  it('is refused elsewhere, whether the collection is there or not', async () => {
    const forms = { form: ann }
    const person = { name: 'Bob' }
    for (const collection of ['office', 'default', 'nowhere']) {
      const at = `/v1/collections/${collection}`
      for (const [method, url, options] of [
        ['GET', at, {}],
        ['PATCH', at, { json: { storeCrops: true } }],
        ['DELETE', at, {}],
        ['POST', `${at}/identify`, forms],
        ['GET', `${at}/persons`, {}],
        ['POST', `${at}/persons`, { json: person }],
        ['POST', `${at}/persons`, { form: [['name', 'Bob'], ...ann] }],
        ['GET', `${at}/persons/x`, {}],
        ['PATCH', `${at}/persons/x`, { json: person }],
        ['DELETE', `${at}/persons/x`, {}],
        ['GET', `${at}/persons/x/faces`, {}],
        ['POST', `${at}/persons/x/faces`, forms],
        ['GET', `${at}/persons/x/faces/x`, {}],
        ['GET', `${at}/persons/x/faces/x/crop`, {}],
        ['DELETE', `${at}/persons/x/faces/x`, {}],
        ['POST', '/v1/verify', { form: [...ann, ['collection', collection], ['personId', 'x']] }],
      ] as const) {
        const { status, json } = await client.send(method, url, { headers, ...options })
        expect([method, url, status, json.code]).toEqual([method, url, 403, 'forbidden'])
      }
    }
    for (const [url, options] of [
      ['/registerFace?name=Ann', { form: [['refImage', 'face:ann', 'a.jpg']] }],
      ['/recognizeFace', { form: [['mainImage', 'face:ann', 'a.jpg']] }],
      ['/v1/collections', { json: { name: 'mine' } }],
    ] as const) {
      expect([url, (await client.send('POST', url, { headers, ...options })).status]).toEqual([
        url,
        403,
      ])
    }
  })

  it('does not reach a later collection of the same name', async () => {
    const url = '/v1/collections/door'
    expect((await client.send('DELETE', url, { headers: admin })).status).toBe(204)
    await client.send('POST', '/v1/collections', { headers: admin, json: { name: 'door' } })
    expect((await client.send('GET', url, { headers: admin })).status).toBe(200)
    expect((await client.send('GET', url, { headers })).json.code).toBe('forbidden')
  })

  it('is not told an answer that was kept for another key', async () => {
    const request = (as: object) =>
      client.send('POST', '/v1/collections/office/persons', {
        headers: { ...as, 'idempotency-key': 'one' },
        form: [['name', 'Carla'], ...ann],
      })
    expect((await request(admin)).status).toBe(201)
    expect((await request(admin)).headers['idempotency-replayed']).toBe('true')
    expect((await request(headers)).json.code).toBe('forbidden')
  })
})
