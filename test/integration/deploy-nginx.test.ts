import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { findFreePort } from '../servers/free-ports.ts'
import { findNginx } from '../servers/nginx.ts'

const configuration = new URL('../../deploy/nginx.conf', import.meta.url)
const nginx = findNginx()
const noNginx = nginx === undefined ? 'no nginx on the PATH' : undefined

type Behaviour = 'serves' | 'says 503' | 'breaks off' | 'is gone'

/** A stand-in for a node: counts the requests that reached it. */
interface Node {
  behaviour: Behaviour
  readonly seen: string[]
  readonly server: Server
  readonly port: number
}

async function startNode(): Promise<Node> {
  const server = createServer((incoming, answer) => {
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    incoming.on('end', () => {
      node.seen.push(`${incoming.method} ${incoming.url} ${bytes}`)
      if (node.behaviour === 'breaks off') incoming.socket.destroy()
      else answer.writeHead(node.behaviour === 'serves' ? 200 : 503, { 'retry-after': '1' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const node: Node = { behaviour: 'serves', seen: [], server, port }
  return node
}

describe.skipIf(noNginx)(nameWithReason('nginx in front of three nodes', noNginx), () => {
  let directory: string
  let proxy: ChildProcess
  let port: number
  let nodes: readonly [Node, Node, Node]

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'face-watcher-nginx-'))
    nodes = [await startNode(), await startNode(), await startNode()]
    port = await findFreePort()
    let conf = readFileSync(configuration, 'utf8')
      .replaceAll('/tmp/', `${directory}/`)
      .replace('access_log /dev/stdout', 'access_log off')
      .replace('listen 8080', `listen 127.0.0.1:${port}`)
    nodes.forEach((node, i) => {
      conf = conf.replace(`node-${i + 1}:8000`, `127.0.0.1:${node.port}`)
    })
    writeFileSync(join(directory, 'nginx.conf'), conf)
    proxy = spawn(nginx ?? '', ['-c', join(directory, 'nginx.conf'), '-g', 'daemon off;'], {
      stdio: 'ignore',
    })
    for (let attempt = 0; attempt < 200; attempt++) {
      if ((await send('GET', '/').catch(() => 0)) === 200) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error('nginx did not start')
  })

  afterAll(async () => {
    const ended = new Promise((resolve) => proxy.once('exit', resolve))
    proxy.kill('SIGTERM')
    await ended
    for (const { server } of nodes) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    rmSync(directory, { recursive: true, force: true })
  })

  beforeEach(async () => {
    for (const node of nodes) {
      node.seen.length = 0
      await behave(node, 'serves')
    }
  })

  async function behave(node: Node, behaviour: Behaviour): Promise<void> {
    node.behaviour = behaviour
    if (behaviour === 'is gone') {
      node.server.closeAllConnections()
      await new Promise((resolve) => node.server.close(resolve))
    } else if (!node.server.listening) {
      await new Promise<void>((resolve) => node.server.listen(node.port, '127.0.0.1', resolve))
    }
  }

  /** @returns the status */
  function send(method: string, path: string, headers: Record<string, string> = {}) {
    return new Promise<number>((resolve, reject) => {
      const outgoing = request({ port, method, path, headers, agent: false }, (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      })
      outgoing.on('error', reject)
      outgoing.end(method === 'POST' ? Buffer.alloc(200_000) : undefined)
    })
  }

  /** One after another; least_conn then takes the nodes in turn. */
  async function sendSix(method: string, path: string, headers = {}): Promise<number[]> {
    const answers: number[] = []
    for (let i = 0; i < 6; i++) answers.push(await send(method, path, headers))
    return answers
  }

  const persons = '/v1/collections/default/persons'
  const identify = '/v1/collections/default/identify'
  const timesSeen = () => nodes.reduce((sum, node) => sum + node.seen.length, 0)
  const allServed = Array(6).fill(200)

  it('spreads requests over all of them', async () => {
    expect(await sendSix('GET', persons)).toEqual(allServed)
    expect(nodes.map(({ seen }) => seen.length)).toEqual([2, 2, 2])
  })

  it.each([
    ['a listing', 'GET', persons, {}],
    ['a deletion', 'DELETE', `${persons}/x`, {}],
    ['an identification', 'POST', identify, {}],
    ['a detection', 'POST', '/v1/detect', {}],
    ['a recognition', 'POST', '/recognizeFace', {}],
    ['an enrolment with a key', 'POST', persons, { 'idempotency-key': 'k1' }],
  ])(
    'gives %s to another node when one is full or breaks off',
    async (_what, method, path, head) => {
      await behave(nodes[0], 'says 503')
      await behave(nodes[1], 'breaks off')
      expect(await sendSix(method, path, head)).toEqual(allServed)
      expect(nodes[0].seen.length + nodes[1].seen.length).toBeGreaterThan(0)
      // Whole, body included.
      const bytes = method === 'POST' ? 200_000 : 0
      expect(new Set(nodes.flatMap(({ seen }) => seen))).toEqual(
        new Set([`${method} ${path} ${bytes}`]),
      )
    },
  )

  it.each([
    ['an enrolment', persons],
    ['a registration', '/registerFace?name=Ann'],
  ])('never sends %s without a key twice', async (_what, path) => {
    await behave(nodes[0], 'says 503')
    await behave(nodes[1], 'breaks off')
    const answers = await sendSix('POST', path)
    expect(timesSeen()).toBe(6)
    expect(new Set(answers)).toEqual(new Set([200, 502, 503]))
  })

  it('gives an enrolment to another node when no connection was made', async () => {
    await behave(nodes[0], 'is gone')
    await behave(nodes[1], 'is gone')
    expect(await sendSix('POST', persons)).toEqual(allServed)
  })

  it('passes 503 on when all nodes say so, and uses them again at once', async () => {
    for (const node of nodes) await behave(node, 'says 503')
    expect(await sendSix('POST', identify)).toEqual(Array(6).fill(503))
    for (const node of nodes) await behave(node, 'serves')
    expect(await sendSix('POST', identify)).toEqual(allServed)
  })

  it('keeps the metrics of the nodes to itself', async () => {
    expect(await send('GET', '/metrics')).toBe(404)
    expect(timesSeen()).toBe(0)
  })
})
