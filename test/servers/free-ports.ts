import { once } from 'node:events'
import { createServer } from 'node:net'

/** Different ports of loopback that nobody listened on a moment ago. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  // All are held until the last is known, so that none is given twice.
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    ports.push(address.port)
  }
  for (const server of servers) {
    server.close()
    await once(server, 'close')
  }
  return ports
}

/** A port of loopback that nobody listened on a moment ago. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1)
  return port!
}
