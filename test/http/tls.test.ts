import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type PeerCertificate } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { FastifyBaseLogger } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HttpOptions } from '../../src/http/options.ts'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { createTestServices, type TestServices } from './services.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
/** Certificates of "first" and "second", both for localhost, valid for a hundred years. */
const names = ['first', 'second'] as const
const ca = names.map((name) => readFileSync(fixture(`${name}.cert.pem`), 'utf8'))

let services: TestServices
let server: RunningServer | undefined
let directory: string
const files = () => ({
  certFile: join(directory, 'cert.pem'),
  keyFile: join(directory, 'key.pem'),
})

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services.close())
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'face-watcher-tls-'))
})
afterEach(async () => {
  vi.useRealTimers()
  await server?.close()
  server = undefined
  rmSync(directory, { recursive: true })
})

function place(name: (typeof names)[number]): void {
  copyFileSync(fixture(`${name}.cert.pem`), files().certFile)
  copyFileSync(fixture(`${name}.key.pem`), files().keyFile)
  chmodSync(files().keyFile, 0o600)
}

async function start(options: HttpOptions = {}): Promise<RunningServer> {
  server = await startServer(services, { port: 0, tls: files(), ...options })
  return server
}

/** The name of the certificate that a new connection gets. */
async function certificateOf(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject)
  })
  const { subject }: PeerCertificate = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

interface Got {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
}

async function get(url: string, agent: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    request(url, { agent, ca, servername: 'localhost' }, (response) => {
      response.resume()
      response.once('end', () =>
        resolve({ status: response.statusCode, headers: response.headers }),
      )
    })
      .once('error', reject)
      .end()
  })
}

describe('TLS', () => {
  it('is spoken, from version 1.2 on, and tells browsers to go on so', async () => {
    place('first')
    const { url, port } = await start()
    expect(url).toBe(`https://127.0.0.1:${port}`)
    const agent = new Agent()
    const { status, headers } = await get(`${url}/healthz`, agent)
    agent.destroy()
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=15552000'])
    const old = connect({ port, host: '127.0.0.1', ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })
    const code = await new Promise((resolve) => {
      old.once('error', resolve).once('secureConnect', () => resolve('connected'))
    })
    expect(code).not.toBe('connected')
    // Plain HTTP gets nothing.
    const plain = await new Promise((resolve) => {
      plainRequest(`http://127.0.0.1:${port}/healthz`, () => resolve('answered'))
        .once('error', () => resolve('refused'))
        .end()
    })
    expect(plain).toBe('refused')
  })

  it('says nothing of TLS where it ends elsewhere', async () => {
    const plain = await startServer(services, { port: 0 })
    const { headers } = await fetch(`${plain.url}/healthz`)
    await plain.close()
    expect(headers.has('strict-transport-security')).toBe(false)
  })

  it('takes changed files over while connections go on, and keeps the former when they are bad', async () => {
    place('first')
    const error = vi.fn()
    const logger = { ...silent(), error } as unknown as FastifyBaseLogger
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { url, port } = await start({ logger })
    expect(await certificateOf(port)).toBe('first.localhost')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await get(`${url}/healthz`, agent)
    const [open] = Object.values(agent.freeSockets).flat()

    writeFileSync(files().certFile, 'no certificate')
    vi.advanceTimersByTime(20_000)
    expect(await certificateOf(port)).toBe('first.localhost')
    expect(error).toHaveBeenCalledTimes(1)

    place('second')
    vi.advanceTimersByTime(5000)
    expect(await certificateOf(port)).toBe('second.localhost')
    expect((await get(`${url}/healthz`, agent)).status).toBe(200)
    expect(Object.values(agent.freeSockets).flat()[0]).toBe(open)
    agent.destroy()
  })

  it.each([
    ['a certificate that is none', () => writeFileSync(files().certFile, 'x'), 'http.tls: the'],
    ['a missing key', () => rmSync(files().keyFile), 'http.tls.keyFile'],
    [
      'a key of another certificate',
      () => copyFileSync(fixture('second.key.pem'), files().keyFile),
      'do not belong together',
    ],
  ])('is a mistake of the configuration with %s', async (_kind, spoil, text) => {
    place('first')
    spoil()
    await expect(start()).rejects.toMatchObject({
      code: 'invalidConfig',
      message: expect.stringContaining(text),
    })
  })

  it.skipIf(process.platform === 'win32')('warns when others can read the key', async () => {
    place('first')
    const warn = vi.fn()
    const logger = { ...silent(), warn } as unknown as FastifyBaseLogger
    await start({ logger })
    expect(warn).not.toHaveBeenCalled()
    await server?.close()
    chmodSync(files().keyFile, 0o644)
    await start({ logger })
    expect(warn).toHaveBeenCalledWith(
      { keyFile: files().keyFile },
      expect.stringContaining('private key'),
    )
  })
})

/** A logger that writes nothing. */
function silent() {
  const nothing = () => {}
  const logger = {
    ...{ level: 'info', trace: nothing, debug: nothing, info: nothing },
    ...{ warn: nothing, error: nothing, fatal: nothing, silent: nothing },
    child: () => logger,
  }
  return logger
}

describe('slow clients over TLS', () => {
  /** Sends a text and then one character a time, until the server closes. @returns what it answered */
  async function trickle(port: number, text: string): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
    let answer = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      answer += part
    })
    socket.on('error', () => {})
    socket.write(text)
    const timer = setInterval(() => socket.write('x'), 50)
    await new Promise((resolve) => socket.once('close', resolve))
    clearInterval(timer)
    return answer
  }

  it.each([
    ['headers', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    [
      'bodies',
      'POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n',
    ],
  ])('are cut off: slow %s', async (_kind, text) => {
    place('first')
    const { port, app } = await start({ requestTimeoutMs: 300 })
    expect(app.server.requestTimeout).toBe(300)
    expect(await trickle(port, text)).toMatch(/^HTTP\/1\.1 4\d\d|^$/)
  })

  it('are cut off: readers who take nothing', async () => {
    place('first')
    const { port, app } = await start({ writeTimeoutMs: 300 })
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    socket.pause()
    // More than the buffers of both sides hold.
    const once = 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'
    socket.write(once.repeat(30))
    const connections = () =>
      new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)))
    expect(await connections()).toBe(1)
    await expect.poll(connections, { timeout: 60_000 }).toBe(0)
    socket.destroy()
  })
})
