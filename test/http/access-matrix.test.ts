import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey } from '../../src/access/keys.ts'
import { type Scope, scopes } from '../../src/access/scopes.ts'
import { accessCalls, type Named } from './access-calls.ts'
import { type Answer, type Client, createClient, document } from './client.ts'

// Every operation of `openapi.json` is called by each kind of caller. What a caller without access
// gets follows from the document alone; `access-calls.ts` says how an operation is called and what
// a caller with access gets, and an operation that it does not know fails the test.

const callers = [
  'no key',
  'wrong key',
  'expired',
  'revoked',
  'wrong scope',
  'wrong collection',
  'right',
] as const
type Caller = (typeof callers)[number]

interface ScopedOperation {
  readonly id: string
  readonly method: string
  readonly path: string
  /** Absent: public. */
  readonly scope: Scope | undefined
}

const operations: readonly ScopedOperation[] = Object.entries(document.paths)
  .flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => {
      const { security = [] } = operation as unknown as {
        readonly security?: readonly { readonly apiKey?: readonly Scope[] }[]
      }
      const scope = security[0]?.apiKey?.[0]
      return { id: operation.operationId, method: method.toUpperCase(), path, scope }
    }),
  )
  .sort((a, b) => toTurn(a) - toTurn(b))

/** What changes least comes first, so that an operation still finds what it names. */
function toTurn({ id, method, path }: ScopedOperation): number {
  if (id === 'deleteCollection') return Number.POSITIVE_INFINITY
  return ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'].indexOf(method) * 1000 - path.length
}

let client: Client
let named: Named
/** The key of each caller for a scope; one for the whole server where it is not limited. */
const keys = new Map<string, string>()

beforeAll(async () => {
  client = await createClient()
  const { services } = client
  for (const name of ['door', 'office', 'yard']) {
    await services.faceWatcher.collections.create({ name, storeCrops: true })
  }
  for (const scope of scopes) {
    const others = scopes.filter((other) => other !== scope && other !== 'admin')
    for (const [caller, input] of [
      ['wrong scope', { scopes: others }],
      ['wrong collection', { scopes: [scope], collections: ['office'] }],
      ['right', { scopes: [scope] }],
      ['revoked', { scopes: ['admin'] }],
    ] as const) {
      const { id, key } = await services.keys.create({ name: `${caller} ${scope}`, ...input })
      keys.set(`${caller} ${scope}`, key)
      if (caller === 'revoked') await services.keys.revoke(id)
    }
    const { key, hash } = generateKey()
    const expiresAt = '2020-01-01T00:00:00.000Z'
    await services.store.keys.create({
      ...{ name: 'expired', hash, prefix: key.slice(0, 10), scopes: ['admin'], expiresAt },
    })
    keys.set(`expired ${scope}`, key)
    keys.set(`wrong key ${scope}`, generateKey().key)
  }
  const enrolled = await services.faceWatcher.enroll('door', { name: 'Ann' }, [
    { fileName: 'a.jpg', bytes: Buffer.from('face:ann') },
  ])
  const job = await services.jobs.start({ kind: 'indexVerify', collection: 'door' })
  const spare = await services.keys.create({ name: 'spare', scopes: ['watch'] })
  const [face] = enrolled.faces
  named = {
    person: enrolled.person?.id ?? '',
    face: face?.face.id ?? '',
    job: job.id,
    key: spare.id,
  }
  for await (const _ of services.jobs.watch(job.id, { signal: AbortSignal.timeout(10_000) })) {
    // Until it has ended.
  }
})
afterAll(() => client.close())

/** Calls an operation as one of the callers. */
async function call(
  { id, method, path, scope }: ScopedOperation,
  caller: Caller,
  { collection = 'door', ...other }: Partial<Named> & { readonly collection?: string } = {},
): Promise<Answer> {
  const known = accessCalls[id]
  if (known === undefined) throw new Error(`access-calls.ts does not say how to call ${id}`)
  const ids = { ...named, ...other }
  const values: Readonly<Record<string, string>> = { ...ids, collection, model: 'other' }
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'x')
  const key = keys.get(`${caller} ${scope}`)
  const options = known.send?.(ids, collection)
  return client.send(method, known.query === undefined ? url : `${url}?${known.query}`, {
    ...options,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  })
}

/** The status and, of an error, its code. */
function toCell({ status, json }: Answer): string {
  return status < 400 ? String(status) : `${status} ${json.code}`
}

/** An answer without what differs between any two. */
function toContent({ status, json, headers }: Answer) {
  const { requestId: _, ...body } = json as Readonly<Record<string, unknown>>
  return { status, body, challenge: headers['www-authenticate'] }
}

function toExpected({ id, path, scope }: ScopedOperation, caller: Caller): string | undefined {
  const known = accessCalls[id]
  if (scope === undefined || caller === 'right') return known?.right
  if (caller === 'wrong scope') return '403 missingScope'
  if (caller !== 'wrong collection') return '401 unauthorized'
  return path.includes('{collection}') ? '403 forbidden' : known?.elsewhere
}

describe('access matrix', () => {
  it('knows every operation, and no other', () => {
    expect(Object.keys(accessCalls).sort()).toEqual(operations.map(({ id }) => id).sort())
  })

  const counts = new Map<string, number>()

  it.each(operations.map((operation) => [operation.id, operation] as const))(
    '%s',
    async (_id, operation) => {
      const seen: Record<string, string> = {}
      const expected: Record<string, string | undefined> = {}
      for (const caller of callers) {
        const answer = await call(operation, caller)
        seen[caller] = toCell(answer)
        expected[caller] = toExpected(operation, caller)
        const kind = `${caller}: ${seen[caller]}`
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
      }
      expect(seen).toEqual(expected)
    },
  )

  it('has a cell for every operation and caller', () => {
    const cells = [...counts.values()].reduce((sum, count) => sum + count, 0)
    expect(cells).toBe(operations.length * callers.length)
    const lines = [...counts].sort().map(([kind, count]) => `  ${kind}: ${count}`)
    const title = `access matrix: ${operations.length} operations, ${cells} cells`
    process.stdout.write(`${[title, ...lines].join('\n')}\n`)
  })
})

const guarded = operations.filter(({ scope }) => scope !== undefined)
const nowhere = { collection: 'nowhere', person: 'x', face: 'x', job: 'x', key: 'x' }

it.each(['no key', 'wrong key', 'expired', 'revoked', 'wrong scope'] as const)(
  'tells who has %s the same, whether what is asked for is there or not',
  async (caller) => {
    for (const operation of guarded) {
      const there = toContent(await call(operation, caller))
      const absent = toContent(await call(operation, caller, nowhere))
      expect([operation.id, there]).toEqual([operation.id, absent])
    }
  },
)

it('tells a wrong key no more than none, beside that it is wrong', async () => {
  for (const operation of guarded) {
    const [wrong, ...ended] = await Promise.all(
      (['wrong key', 'expired', 'revoked'] as const).map((caller) => call(operation, caller)),
    )
    expect(wrong?.json.detail).toBe('The API key is not known.')
    for (const answer of ended) expect(toContent(answer)).toEqual(toContent(wrong as Answer))
  }
})

it('tells a key for another collection the same, whether a collection is there or not', async () => {
  const caller = 'wrong collection'
  for (const operation of guarded) {
    if (accessCalls[operation.id]?.elsewhere?.startsWith('2')) continue
    const there = toContent(await call(operation, caller, { ...nowhere, collection: 'yard' }))
    const absent = toContent(await call(operation, caller, nowhere))
    expect([operation.id, there]).toEqual([operation.id, absent])
    expect(JSON.stringify(there)).not.toMatch(/yard|door|Ann/)
  }
})

it('lists for a key of one collection nothing of another', async () => {
  for (const id of ['listCollections', 'listJobs', 'getStatus', 'listModels']) {
    const operation = operations.find((one) => one.id === id) as ScopedOperation
    const { status, body } = await call(operation, 'wrong collection')
    expect([id, status]).toEqual([id, 200])
    expect(body).not.toMatch(/door|"default"|Ann/)
  }
})
