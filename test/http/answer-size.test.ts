import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, createClient, document } from './client.ts'

interface LargestRequests {
  makeLargestRequests(
    document: unknown,
    options: object,
  ): Iterable<{
    readonly label: string
    readonly method: string
    readonly path: string
    readonly type?: string
    body?(): Buffer
  }>
}

const bodyBytes = 200_000
/** Ten mistakes with a name and what is allowed, or ten names. */
const maxProblemBytes = 8192

let client: Client
beforeAll(async () => {
  client = await createClient()
})
afterAll(() => client.close())

it('answers what is refused in a few lines, however much was sent', async () => {
  const module = new URL('../../bench/largest-requests.mjs', import.meta.url)
  const { makeLargestRequests }: LargestRequests = await import(module.href)
  const path = (template: string) => template.replace('{collection}', 'default')
  const image = Buffer.from('face:ann')
  const long: string[] = []
  let refused = 0
  for (const each of makeLargestRequests(document, { bodyBytes, image, path })) {
    const body = each.body?.()
    const answer = await client.send(each.method, each.path, {
      ...(body === undefined ? {} : { body, headers: { 'content-type': each.type ?? '' } }),
    })
    if (answer.status < 400) continue
    refused++
    if (answer.body.length > maxProblemBytes) long.push(`${each.label}: ${answer.body.length}`)
  }
  expect(refused).toBeGreaterThan(100)
  expect(long).toEqual([])
})
