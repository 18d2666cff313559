import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'

const hash = createHash('sha256').update('root').digest('hex')
const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

let client: Client
afterEach(() => client?.close())

async function makeKey(input: object): Promise<string> {
  const { json } = await client.send('POST', '/v1/keys', { json: input, ...as('root') })
  return json.key
}

async function enroll(collection: string, name: string): Promise<string> {
  const form: [string, string, string?][] = [
    ['name', name],
    ['image', `face:${name}`, 'a.jpg'],
  ]
  const url = `/v1/collections/${collection}/persons`
  const { json } = await client.send('POST', url, { form, ...as('root') })
  return json.id
}

/** Entries of a kind, once there are so many. */
async function list(query: string, count: number, key = 'root') {
  const read = async () => (await client.send('GET', `/v1/audit?${query}`, as(key))).json.items
  await expect.poll(async () => (await read()).length, { timeout: 5000 }).toBe(count)
  return read()
}

describe('the audit log over HTTP', () => {
  it('tells who found whom, by ids, with the numbers that decided', async () => {
    client = await createClient({ apiKeys: [hash] })
    const ann = await enroll('default', 'ann')
    const image = 'face:ann'
    const probe = createHash('sha256').update(image).digest('hex')
    const form: [string, string, string][] = [['image', image, 'a.jpg']]
    const sent = { form, headers: { ...as('root').headers, 'x-request-id': 'door-7' } }
    await client.send('POST', '/v1/collections/default/identify', sent)
    const [found] = await list('kind=identified', 1)
    expect(found).toMatchObject({
      ...{ actor: { kind: 'configuredKey', id: '1' }, requestId: 'door-7', address: '127.0.0.1' },
      subjects: { persons: [ann] },
      details: { decision: 'match', model: 'fake', probe },
    })
    expect(found.details.similarity).toBeGreaterThanOrEqual(found.details.threshold)
    const json = {
      image: Buffer.from(image).toString('base64'),
      personId: ann,
    }
    const verified = await client.send('POST', '/v1/verify', { json, ...as('root') })
    expect(verified.status).toBe(200)
    expect(await list(`kind=verified&subject=${ann}`, 1)).toMatchObject([
      { collectionId: found.collectionId, details: { decision: 'match', probe } },
    ])
    const { body } = await client.send('GET', '/v1/audit.jsonl', as('root'))
    expect(body.trimEnd().split('\n').length).toBeGreaterThanOrEqual(4)
    expect(body).not.toMatch(/"ann"|Ann/)
  })

  it('counts who is refused, and who saw pictures', async () => {
    client = await createClient({ apiKeys: [hash] })
    await client.send('PATCH', '/v1/collections/default', {
      json: { storeCrops: true },
      ...as('root'),
    })
    await enroll('default', 'ann')
    const faces = await client.send('GET', '/v1/collections/default/persons', as('root'))
    const [person] = faces.json.items
    const url = `/v1/collections/default/persons/${person.id}/faces`
    const [face] = (await client.send('GET', url, as('root'))).json.items
    for (let i = 0; i < 3; i++) {
      expect((await client.send('GET', `${url}/${face.id}/crop`, as('root'))).status).toBe(200)
      expect((await client.send('GET', '/v1/audit', as('wrong'))).status).toBe(401)
    }
    const reader = await makeKey({ name: 'r', scopes: ['people:read'] })
    expect((await client.send('GET', '/v1/audit', as(reader))).status).toBe(403)
    await expect
      .poll(async () => {
        const { json } = await client.send('GET', '/v1/audit', as('root'))
        const counts: Record<string, number> = {}
        for (const { kind, details } of json.items) {
          const name = details?.reason ?? kind
          counts[name] = (counts[name] ?? 0) + (details?.count ?? 0)
        }
        return counts
      })
      .toMatchObject({ cropsRead: 3, unauthorized: 3, missingScope: 1 })
  })

  it('shows a key for some collections the entries of these, and does not let it verify', async () => {
    client = await createClient({ apiKeys: [hash] })
    await client.send('POST', '/v1/collections', { json: { name: 'other' }, ...as('root') })
    await enroll('default', 'ann')
    const bob = await enroll('other', 'bob')
    const scopes = ['audit:read']
    const key = await makeKey({ name: 'auditor', scopes, collections: ['other'] })
    const seen = await list('', 2, key)
    expect(seen.map(({ kind }: { kind: string }) => kind)).toEqual([
      'facesAdded',
      'collectionCreated',
    ])
    expect(seen[0].subjects.persons).toEqual([bob])
    const other = await client.send('GET', '/v1/audit?collection=default', as(key))
    expect([other.status, other.json.code]).toEqual([403, 'forbidden'])
    const verified = await client.send('POST', '/v1/audit/verification', as(key))
    expect([verified.status, verified.json.code]).toEqual([403, 'forbidden'])
    const whole = await client.send('POST', '/v1/audit/verification', as('root'))
    expect(whole.json).toMatchObject({ sound: true, anchors: 0, faults: [] })
  })

  it('refuses what is no question', async () => {
    client = await createClient()
    for (const query of ['kind=nothing', 'from=yesterday', 'limit=0', 'unknown=1', 'actor=']) {
      const { status, json } = await client.send('GET', `/v1/audit?${query}`)
      expect([query, status]).toEqual([query, 400])
      expect(['invalidOption', 'invalidRequest']).toContain(json.code)
    }
    expect((await client.send('GET', '/v1/audit?cursor=x')).json.code).toBe('invalidCursor')
  })
})
