import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpOptions } from '../../src/http/options.ts'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { formType, toForm } from './client.ts'
import { createTestServices, type TestServices } from './services.ts'

let server: RunningServer
let services: TestServices
let sockets: Socket[] = []

async function start(options: HttpOptions = {}): Promise<void> {
  services = await createTestServices()
  server = await startServer(services, { port: 0, ...options })
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  await server.close()
  await services.close()
})

/** A connection that reads nothing until somebody listens. */
function open(): Socket {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  sockets.push(socket)
  return socket
}

/** Everything that comes until the server closes the connection. */
function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, () => resolve(text))
  })
}

const countAnswers = (text: string) => text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
const until = (condition: () => boolean | Promise<boolean>) =>
  expect.poll(condition, { timeout: 20_000 }).toBe(true)
/** Whether the server has a connection. */
const isOpen = () =>
  new Promise<boolean>((resolve) =>
    server.app.server.getConnections((_error, count) => resolve(count > 0)),
  )
const descriptors = () => readdirSync('/proc/self/fd').length

describe('pipelined requests', () => {
  it('are answered in their order', async () => {
    await start()
    const socket = open()
    const answers = readAll(socket)
    socket.write(`${get('/healthz')}${get('/none')}`)
    socket.write(get('/healthz', 'Connection: close\r\n'))
    expect((await answers).match(/(?<=HTTP\/1\.1 )\d{3}/g)).toEqual(['200', '404', '200'])
  })

  it('are handled one after the other, and beyond some the connection is closed', async () => {
    await start()
    const form = toForm([['image', 'face:ann', 'a.jpg']])
    let running = 0
    let most = 0
    services.gate = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running--
    }
    const socket = open()
    const answers = readAll(socket)
    const head = `POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${formType}\r\nContent-Length: ${form.length}\r\n\r\n`
    socket.write(Buffer.concat(Array.from({ length: 500 }, () => [Buffer.from(head), form]).flat()))
    const text = await answers
    expect(most).toBe(1)
    expect(countAnswers(text)).toBeGreaterThan(8)
    expect(countAnswers(text)).toBeLessThan(50)
    expect(text.match(/HTTP\/1\.1 (?!200)/)).toBeNull()
  })

  it.each(['/docs/static/swagger-ui-bundle.js', '/docs/static/./swagger-ui.js', '/docs/json', '/'])(
    'for %s, unread, open no files and leave nothing behind',
    async (path) => {
      await start({ webRoot: fileURLToPath(new URL('../../web', import.meta.url)) })
      const before = descriptors()
      const unread = Array.from({ length: 5 }, () => {
        const socket = open().pause()
        socket.write(get(path).repeat(1000))
        return socket
      })
      await until(() => unread.every((socket) => socket.bytesWritten > 0))
      await fetch(`${server.url}/healthz`)
      // Two ends of each connection, and what `fetch` keeps.
      expect(descriptors()).toBeLessThan(before + 20)
      for (const socket of unread) socket.destroy()
      await until(() => descriptors() <= before + 3)
    },
  )
})

describe('connections', () => {
  it('beyond the limit are closed at once', async () => {
    await start({ maxConnections: 3 })
    for (let i = 0; i < 3; i++) open().write(get('/healthz'))
    await until(() => sockets.every((socket) => socket.readableLength > 0))
    expect(await readAll(open())).toBe('')
    sockets[0]?.destroy()
    await until(async () => {
      const socket = open()
      socket.write(get('/healthz', 'Connection: close\r\n'))
      return (await readAll(socket)).startsWith('HTTP/1.1 200')
    })
  })

  it('are closed when their client takes nothing of an answer, not when an answer takes long', async () => {
    await start({ writeTimeoutMs: 100 })
    const slow = open().pause()
    // More than the buffers of the system hold, with one answer in the making after the other.
    slow.write(get('/docs/static/swagger-ui-bundle.js').repeat(20))
    await until(isOpen)
    await until(async () => !(await isOpen()))

    services.gate = () => new Promise((resolve) => setTimeout(resolve, 500))
    const answer = await fetch(`${server.url}/v1/detect`, {
      method: 'POST',
      headers: { 'content-type': formType },
      body: new Uint8Array(toForm([['image', 'face:ann', 'a.jpg']])),
    })
    expect(answer.status).toBe(200)
  })
})

describe('a client that takes its answer a little at a time', () => {
  it('is cut off when the whole takes too long', async () => {
    await start({ writeTimeoutMs: 2000, leastBytesPerSecond: 2 ** 30 })
    const trickling = open().on('readable', () => {})
    // Often enough that something is taken every second.
    const timer = setInterval(() => trickling.read(8_192), 20)
    // More than the buffers of the system hold.
    trickling.write(get('/docs/static/swagger-ui-bundle.js').repeat(20))
    try {
      await until(isOpen)
      await until(async () => !(await isOpen()))
    } finally {
      clearInterval(timer)
    }
  })
})

describe('large answers', () => {
  it('are bounded in what is unsent of all, while small ones and later ones are answered', async () => {
    await start({ maxUnsentBytes: 3 << 20, writeTimeoutMs: 0 })
    const metadata = { note: 'x'.repeat(16_000) }
    for (let i = 0; i < 70; i++) {
      await services.faceWatcher.persons.create('default', { name: `Person ${i}`, metadata })
    }
    const path = '/v1/collections/default/persons?limit=1000'
    const list = () => fetch(`${server.url}${path}`)
    const page = await (await list()).text()
    expect(page.length).toBeGreaterThan(900_000)
    const served: Socket[] = []
    server.app.server.on('connection', (socket) => served.push(socket))
    const unread = Array.from({ length: 4 }, () => {
      const socket = open().pause()
      // More pages than the buffers of the system hold.
      socket.write(get(path).repeat(30))
      return socket
    })
    // Three pages fit. Before as many wait for good, a request of ours could have the place of one,
    // which is then refused all that it asked for and holds nothing.
    const written = new Map<Socket, number>()
    await until(() => {
      const waiting = served.filter((socket) => {
        const before = written.get(socket)
        written.set(socket, socket.bytesWritten)
        return socket.writableLength > 0 && before === socket.bytesWritten
      })
      return waiting.length === 3
    })
    const refused = await list()
    expect([refused.status, await refused.text()]).toEqual([
      503,
      expect.stringContaining('"code":"overloaded"'),
    ])
    expect(await fetch(`${server.url}/v1/collections/default`).then(drain)).toBe(200)
    for (const socket of unread) socket.destroy()
    await until(async () => (await list().then(drain)) === 200)
  })

  const drain = async (answer: Response) => {
    await answer.arrayBuffer()
    return answer.status
  }
})

describe('uploads', () => {
  const upload = (type: string, start: string, declared: number) => {
    const socket = open()
    socket.write(
      `POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${declared}\r\n\r\n${start}`,
    )
    return socket
  }
  const formStart = toForm([['image', '', 'a.jpg']])
    .toString()
    .split('\r\n--')[0]
  const limits = { maxImageBytes: 300_000, maxRequestBytes: 500_000, maxHeldUploadBytes: 1_000_000 }

  it.each([
    [formType, formStart ?? ''],
    ['application/json', '{"image":"'],
  ])(
    'of %s are refused, the largest first, when all together are too large',
    async (type, head) => {
      await start(limits)
      const held = Array.from({ length: 5 }, () => upload(type, head, 290_000))
      for (const [index, socket] of held.entries()) {
        socket.write('A'.repeat(index === 2 ? 250_000 : 180_000))
      }
      // The small one comes last and finds room.
      const answers = held.map((socket) => {
        let text = ''
        socket.on('data', (chunk) => {
          text += chunk
        })
        return () => text
      })
      const small = fetch(`${server.url}/v1/detect`, {
        method: 'POST',
        headers: { 'content-type': formType },
        body: new Uint8Array(toForm([['image', 'face:ann', 'a.jpg']])),
      })
      expect((await small).status).toBe(200)
      for (const socket of held) socket.write('A'.repeat(30_000))
      await until(() => answers.some((text) => text() !== ''))
      expect(answers[2]?.()).toMatch(/^HTTP\/1\.1 503 [\s\S]*"code":"overloaded"/)
      expect(answers.filter((text) => text() !== '').length).toBeLessThan(3)
      for (const socket of held) socket.destroy()
      // What was held is free: as much comes through again.
      const again = await fetch(`${server.url}/v1/detect`, {
        method: 'POST',
        headers: { 'content-type': formType },
        body: new Uint8Array(toForm([['image', `face:ann${' '.repeat(280_000)}`, 'a.jpg']])),
      })
      expect(again.status).toBeLessThan(500)
    },
  )
})

describe('files', () => {
  it('are answered with a tag, and not again to who has them', async () => {
    await start({ webRoot: fileURLToPath(new URL('../../web', import.meta.url)) })
    for (const path of ['/', '/docs/static/swagger-ui.css', '/docs/json', '/docs/yaml']) {
      const { status, headers } = await fetch(`${server.url}${path}`)
      const etag = headers.get('etag') ?? ''
      expect([status, etag.length > 20, headers.get('content-type')]).toEqual([
        200,
        true,
        expect.stringMatching(/charset=utf-8/),
      ])
      const again = await fetch(`${server.url}${path}`, {
        headers: { 'if-none-match': `"x", W/${etag}` },
      })
      expect([again.status, await again.text()]).toEqual([304, ''])
      const head = await fetch(`${server.url}${path}`, { method: 'HEAD' })
      expect([head.status, head.headers.get('etag')]).toEqual([200, etag])
    }
  })
})
