import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient, document } from './client.ts'

let client: Client
beforeAll(async () => {
  client = await createClient()
})
afterAll(() => client.close())

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
)

describe('openapi.json', () => {
  it('is what the application answers; else: node scripts/generate-openapi.mjs', async () => {
    expect((await client.send('GET', '/openapi.json')).json).toEqual(document)
  })

  it('names every operation once', () => {
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/)
  })

  it.each(operations.map((operation) => [operation.operationId, operation] as const))(
    'describes the answers of %s: a success and problems',
    (_, { responses }) => {
      expect(Object.keys(responses)).toContainEqual(expect.stringMatching(/^2\d\d$/))
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['4XX', '5XX']))
      for (const [status, { content }] of Object.entries(responses)) {
        if (/^[45]/.test(status)) {
          expect(Object.keys(content ?? {})).toEqual(['application/problem+json'])
        }
      }
    },
  )

  it('has no schema without a name of its own', () => {
    expect(JSON.stringify(document)).not.toContain('/def-')
  })
})
