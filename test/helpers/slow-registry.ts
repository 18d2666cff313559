import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface SlowRegistry {
  /** Settings that let npm and pip fetch from it and from nowhere else. */
  readonly env: Readonly<Record<string, string>>
  /** Files that are being sent. */
  readonly sending: number
  stop(): Promise<void>
}

const CHUNK_BYTES = 64 << 10

/**
 * Serves `tiny@1.0.0` as npm's registry and as pip's index, on loopback, in small pieces.
 *
 * @param integrity  of the tarball, as npm writes it
 * @param pauseMs    between two pieces of 64 KiB
 */
export async function startSlowRegistry(files: {
  readonly tarball: string
  readonly wheel: string
  readonly integrity: string
  readonly pauseMs: number
}): Promise<SlowRegistry> {
  let sending = 0
  let url = ''

  const send = async (response: ServerResponse, path: string) => {
    sending += 1
    try {
      response.writeHead(200, { 'content-length': (await stat(path)).size })
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
        if (response.destroyed) return
        response.write(chunk)
        await sleep(files.pauseMs)
      }
      response.end()
    } finally {
      sending -= 1
    }
  }
  const server = createServer((request, response) => {
    const name = basename(request.url ?? '')
    if (name.endsWith('.tgz')) return void send(response, files.tarball)
    if (name.endsWith('.whl')) return void send(response, files.wheel)
    if (request.url?.startsWith('/simple/')) {
      const wheel = basename(files.wheel)
      response.writeHead(200, { 'content-type': 'text/html' })
      return response.end(`<html><body><a href="/files/${wheel}">${wheel}</a></body></html>`)
    }
    const dist = { tarball: `${url}/tiny/-/tiny-1.0.0.tgz`, integrity: files.integrity }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        ...{ name: 'tiny', 'dist-tags': { latest: '1.0.0' } },
        versions: { '1.0.0': { name: 'tiny', version: '1.0.0', dist } },
      }),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    env: {
      npm_config_registry: url,
      npm_config_userconfig: '/dev/null',
      PIP_INDEX_URL: `${url}/simple/`,
      PIP_CONFIG_FILE: '/dev/null',
    },
    get sending() {
      return sending
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
