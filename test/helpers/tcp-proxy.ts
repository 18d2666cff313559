import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A network between a node and a server that a test can break. */
export interface TcpProxy {
  readonly port: number
  /** Ends every connection and refuses new ones. */
  cut(): void
  /**
   * Half-open: connections stay and new ones are taken, but nothing arrives. What was sent arrives
   * after `restore`, as TCP sends again what was not confirmed.
   */
  silence(): void
  /** Everything arrives this much later, ms, in both directions. */
  delay(ms: number): void
  restore(): void
  /** As `restore`, but connections that were silent stay so, as behind a firewall that lost its state. */
  forget(): void
  close(): Promise<void>
}

/** Forwards a free loopback port to `targetPort`. */
export async function createTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const lost = new WeakSet<Socket>()
  let refusing = false
  let delayMs = 0
  /** What all data waits for. */
  let passable = Promise.resolve()
  let letPass = () => {}

  function track(socket: Socket): void {
    sockets.add(socket)
    // A broken connection is what the tests are about; its `close` follows.
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }

  function carry(from: Socket, to: Socket): void {
    let last = Promise.resolve()
    const later = (action: () => void) => {
      const due = performance.now() + delayMs
      last = last.then(async () => {
        await passable
        await sleep(Math.max(0, due - performance.now()))
        if (!lost.has(from)) action()
      })
    }
    from.on('data', (chunk) => later(() => to.write(chunk)))
    from.on('close', () => later(() => to.destroy()))
  }

  const server = createServer((client) => {
    if (refusing) {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(targetPort, '127.0.0.1')
    for (const socket of [client, upstream]) track(socket)
    carry(client, upstream)
    carry(upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function end(): void {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      refusing = true
      end()
    },
    silence() {
      passable = new Promise((resolve) => {
        letPass = resolve
      })
    },
    delay(ms) {
      delayMs = ms
    },
    restore() {
      refusing = false
      delayMs = 0
      letPass()
    },
    forget() {
      for (const socket of sockets) lost.add(socket)
      letPass()
    },
    async close() {
      letPass()
      end()
      server.close()
      await once(server, 'close')
    },
  }
}
