import { request as httpRequest } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { isFaceError } from '../../src/core/errors.ts'
import type { HttpOptions } from '../../src/http/options.ts'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { formType, toForm } from './client.ts'
import { createTestServices, type TestServices } from './services.ts'

let server: RunningServer | undefined
let services: TestServices | undefined

async function start(options: HttpOptions = {}): Promise<RunningServer> {
  await services?.close()
  services = await createTestServices()
  server = await startServer(services, { port: 0, ...options })
  return server
}

afterEach(async () => {
  if (services) services.gate = undefined
  await server?.close()
  await services?.close()
  server = undefined
  services = undefined
})

const form = toForm([['image', 'face:ann', 'a.jpg']])
const detect = (url: string, init: RequestInit = {}) =>
  fetch(`${url}/v1/detect`, {
    method: 'POST',
    headers: { 'content-type': formType },
    body: new Uint8Array(form),
    ...init,
  })

/** Holds every analysis until `open`, and tells when one has come. */
function hold(): { entered: Promise<AbortSignal | undefined>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const entered = new Promise<AbortSignal | undefined>((resolve) => {
    if (!services) throw new Error('start first')
    services.gate = async (signal) => {
      resolve(signal)
      await opened
    }
  })
  return { entered, open: () => open() }
}

describe('listening', () => {
  it('serves on a free port of this machine', async () => {
    const { url, port } = await start()
    expect(url).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  it('answers portInUse', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const error = await start({ port }).catch((thrown: unknown) => thrown)
    expect(isFaceError(error, 'portInUse')).toBe(true)
    expect((error as Error).message).toContain(String(port))
    await new Promise((resolve) => taken.close(resolve))
  })

  it('answers invalidConfig for an address that is not of this machine', async () => {
    const error = await start({ host: '192.0.2.1', insecure: true }).catch((e: unknown) => e)
    expect(isFaceError(error, 'invalidConfig')).toBe(true)
  })

  it('answers insecureBind beyond this machine without a key, unless told to', async () => {
    for (const host of ['0.0.0.0', '::']) {
      const error = await start({ host }).catch((thrown: unknown) => thrown)
      expect(isFaceError(error, 'insecureBind')).toBe(true)
    }
    const insecure = await start({ host: '0.0.0.0', insecure: true })
    expect((await fetch(`http://127.0.0.1:${insecure.port}/healthz`)).status).toBe(200)
    await insecure.close()
    await start({ host: '0.0.0.0', apiKeys: ['0'.repeat(64)] })
  })

  it.each([[true], ['proxy.local'], ['10.0.0.0/33'], ['::1', '10.0.0.7/'], ['10.0.0.1, x']])(
    'answers invalidConfig where %j is to be believed as a proxy',
    async (...trustProxy) => {
      const options = { trustProxy: trustProxy as string[] }
      await expect(start(options)).rejects.toMatchObject({
        code: 'invalidConfig',
        message: expect.stringMatching(/http\.trustProxy: .*172\.16\.0\.0\/12/),
      })
    },
  )

  it('counts the address that a proxy names, and not the one that a client claims', async () => {
    const claim = async (trustProxy: string[]) => {
      const rateLimit = { max: 3, timeWindowMs: 60_000 }
      const host = '0.0.0.0'
      const { port } = await start({ host, insecure: true, trustProxy, rateLimit })
      const send = (i: number) => {
        const headers = { 'x-forwarded-for': `203.0.113.${i}` }
        return fetch(`http://127.0.0.1:${port}/v1/models`, { headers }).then(({ status }) => status)
      }
      const statuses = [await send(1), await send(2), await send(3), await send(4)]
      await server?.close()
      return statuses
    }
    expect(await claim(['loopback'])).toEqual([200, 200, 200, 200])
    expect(await claim(['10.0.0.0/8', 'fd00::/8'])).toEqual([200, 200, 200, 429])
  })

  it('answers what is not HTTP with a problem', async () => {
    const { port } = await start()
    const socket = connect(port, '127.0.0.1')
    socket.write('GARBAGE\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toContain('application/problem+json')
    expect(text).toContain('"code":"invalidRequest"')
  })
})

describe('a client that disconnects', () => {
  it('aborts the analysis', async () => {
    const { url } = await start()
    const { entered, open } = hold()
    const controller = new AbortController()
    const answer = detect(url, { signal: controller.signal }).catch(() => 'gone')
    const signal = await entered
    expect(signal?.aborted).toBe(false)
    controller.abort()
    await expect.poll(() => signal?.aborted).toBe(true)
    expect(await answer).toBe('gone')
    open()
    expect((await detect(url)).status).toBe(200)
  })

  it('aborts nothing when the answer has been sent', async () => {
    const { url } = await start()
    const { entered, open } = hold()
    const answer = detect(url)
    const signal = await entered
    open()
    expect((await answer).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(signal?.aborted).toBe(false)
  })

  it('leaves the server well when it goes midway through its upload', async () => {
    const { url, port } = await start()
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${formType}\r\nContent-Length: 100000\r\n\r\n`,
    )
    socket.write(form.subarray(0, 120))
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    expect((await detect(url)).status).toBe(200)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).not.toContain('status="500"')
  })
})

describe('a large upload', () => {
  it.each([
    ['of one file', toForm([['image', '', 'a.jpg']]).subarray(0, -26)],
    ['of nothing but the header of a part', Buffer.from('--test-boundary-7f3a\r\nX: ')],
  ])('%s is answered with 413 long before all of it was sent', async (_, head) => {
    const { port } = await start({ maxImageBytes: 1_000_000, maxRequestBytes: 2_000_000 })
    let sent = 0
    const status = await new Promise<number | undefined>((resolve, reject) => {
      // Chunked: its length is not known beforehand.
      const upload = httpRequest({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/v1/detect',
        headers: { 'content-type': formType },
      })
      upload.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
        upload.destroy()
      })
      upload.on('error', reject)
      upload.write(head)
      const chunk = Buffer.alloc(100_000)
      const send = () => {
        if (upload.destroyed || sent >= 30_000_000) return
        sent += chunk.length
        upload.write(chunk, () => setTimeout(send, 1))
      }
      send()
    })
    expect(status).toBe(413)
    // observed 1.2 MB to 2 MB of 30 MB
    expect(sent).toBeLessThan(10_000_000)
  })

  it('is answered to a client that sends all of it first', async () => {
    const { url } = await start({ maxImageBytes: 1_000_000 })
    const body = new Uint8Array(toForm([['image', Buffer.alloc(30_000_000), 'a.jpg']]))
    const answer = await detect(url, { body })
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ code: 'imageTooLarge', maxImageBytes: 1_000_000 })
  })
})

describe('stopping', () => {
  it('says not ready, finishes what is running, takes nothing new, and closes', async () => {
    const { url, close } = await start({ drainDelayMs: 200 })
    const { entered, open } = hold()
    const running = detect(url)
    await entered
    const closed = close()
    expect(close()).toBe(closed)
    const readiness = await fetch(`${url}/readyz`)
    expect(readiness.status).toBe(503)
    expect(await readiness.json()).toMatchObject({ code: 'notReady' })
    expect((await fetch(`${url}/v1/models`)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await expect(fetch(`${url}/v1/models`)).rejects.toThrow()
    open()
    expect((await running).status).toBe(200)
    await closed
  })

  it('cuts off what does not finish in time', async () => {
    const { url, close } = await start({ shutdownTimeoutMs: 100 })
    const { entered, open } = hold()
    const running = detect(url).catch(() => 'cut off')
    const signal = await entered
    await close()
    expect(await running).toBe('cut off')
    await expect.poll(() => signal?.aborted).toBe(true)
    open()
  })
})
