import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { withSetUpKey } from '../access/set-up-key.ts'
import { FaceError } from '../core/errors.ts'
import { createApp } from './app.ts'
import { type HttpOptions, resolveHttpOptions } from './options.ts'
import { toAskedKeys } from './plugins/access.ts'
import { assertSafeBind, needsStoredKey } from './plugins/safe-bind.ts'
import type { HttpServices } from './types.ts'

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  readonly app: FastifyInstance
  /** Where it listens, for instance `http://127.0.0.1:8000`. */
  readonly url: string
  readonly port: number
  /**
   * Stops: `/readyz` says no, then nothing new is taken, requests that are running finish, and the
   * sockets close. What still runs after `shutdownTimeoutMs` is cut off. The same promise each time.
   */
  close(): Promise<void>
}

/**
 * Listens.
 *
 * @throws {FaceError} `insecureBind` beyond this machine without an API key, unless `insecure` or
 *   `onSetUpKey`; `portInUse`; `invalidConfig` when the address is not one of this machine's, or as `assertSafeBind`
 */
export async function startServer(
  services: HttpServices,
  httpOptions: HttpOptions = {},
): Promise<RunningServer> {
  const options = resolveHttpOptions(httpOptions)
  const { host, port } = options
  const hasKeys = await toAskedKeys(services).areRequired()
  const { onSetUpKey } = options
  assertSafeBind({ ...options, hasKeys, canSetUp: onSetUpKey !== undefined })
  const setUp = needsStoredKey(options) && !hasKeys ? withSetUpKey(services.keys) : undefined
  const app = await createApp({ ...services, ...(setUp && { keys: setUp.keys }) }, httpOptions)
  try {
    const plain = await app.listen({ host, port })
    // The library that listens does not know that its server was made with TLS.
    const url = options.tls === undefined ? plain : plain.replace(/^http:/, 'https:')
    if (setUp) onSetUpKey?.(setUp.setUpKey)
    const bound = app.server.address()
    let closing: Promise<void> | undefined
    const close = (): Promise<void> => {
      closing ??= shutDown(app, options)
      return closing
    }
    return {
      app,
      url,
      port: typeof bound === 'object' && bound ? bound.port : port,
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await app.close()
    throw toListenError(error, host, port)
  }
}

async function shutDown(
  app: FastifyInstance,
  options: { readonly drainDelayMs: number; readonly shutdownTimeoutMs: number },
): Promise<void> {
  app.lifecycle.phase = 'draining'
  if (options.drainDelayMs > 0) await sleep(options.drainDelayMs)
  app.lifecycle.phase = 'closing'
  const cutOff = setTimeout(() => app.server.closeAllConnections(), options.shutdownTimeoutMs)
  try {
    await app.close()
  } finally {
    clearTimeout(cutOff)
  }
}

function toListenError(error: unknown, host: string, port: number): unknown {
  const where = `${host}:${port}`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new FaceError('portInUse', {
        detail: `Something listens on ${where} already; stop it or choose another --port.`,
        cause: error,
      })
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new FaceError('invalidConfig', {
        detail: `It is not possible to listen on ${where}; check host and port.`,
        cause: error,
      })
    default:
      return error
  }
}
