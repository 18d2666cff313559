import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { play } from '../hostile/client.ts'
import type { Behaviour } from '../hostile/requests.ts'
import { formType, toForm } from './client.ts'
import { createTestServices, type TestServices } from './services.ts'

let server: RunningServer
let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  server = await startServer(services, { port: 0 })
})
afterAll(async () => {
  await server.close()
  await services.close()
})

const form = toForm([['image', `face:ann${' '.repeat(100_000)}`, 'a.jpg']])
const json = Buffer.from(JSON.stringify({ image: form.toString('base64') }))
const upload = 'POST /v1/detect HTTP/1.1\r\nHost: localhost\r\n'
const withBody = (type: string, body: Buffer) =>
  Buffer.concat([
    Buffer.from(`${upload}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ])
const asset = Buffer.from(
  'GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n',
)

const kinds: readonly (readonly [name: string, bytes: Buffer, behaviour: Behaviour])[] = [
  ['half a form, then gone', withBody(formType, form), 'abort'],
  ['half a form, then half-closed', withBody(formType, form), 'halfBody'],
  ['half a JSON body, then gone', withBody('application/json', json), 'abort'],
  ['half a JSON body, then half-closed', withBody('application/json', json), 'halfBody'],
  ['an answer that is not read', asset, 'neverRead'],
  ['a request, then half-closed', asset, 'halfClose'],
  ['many requests, unread', Buffer.concat(Array(200).fill(asset)), 'neverRead'],
  ['many uploads, then gone', Buffer.concat(Array(20).fill(withBody(formType, form))), 'neverRead'],
]

/** What this process, which is also the client's, holds. */
function balance() {
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    timers: timers.length,
    temporaryFiles: readdirSync(tmpdir()).filter((name) => /multipart|busboy|upload/.test(name))
      .length,
  }
}

it.each(kinds)('%s leaves nothing behind', async (_name, bytes, behaviour) => {
  const request = { kind: 'aborted', bytes, behaviour }
  await play(server.port, request)
  await new Promise((resolve) => setTimeout(resolve, 200))
  const before = balance()
  const clients = Array.from({ length: 40 }, () => play(server.port, request))
  for (const { failure } of await Promise.all(clients)) expect(failure).toBeUndefined()
  await expect
    .poll(
      () => {
        const after = balance()
        return [
          after.descriptors <= before.descriptors,
          after.timers <= before.timers + 1,
          after.temporaryFiles <= before.temporaryFiles,
        ]
      },
      { timeout: 20_000 },
    )
    .toEqual([true, true, true])
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
})
