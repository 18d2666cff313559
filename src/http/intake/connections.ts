import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { FaceError } from '../../core/errors.ts'
import type { ResolvedHttpOptions } from '../options.ts'
import type { App } from '../types.ts'
import { readTls, reloadTls } from './tls.ts'

/**
 * Requests that may wait on a connection for the answer before them. One packet can bring thousands,
 * and Node hands all of them over before it looks at what is still to be sent. Browsers do not
 * pipeline, and load generators use up to some ten.
 */
export const maxWaitingRequests = 32

/** Time that an idle connection is kept for the next request, milliseconds; the default of Fastify. */
const keepAliveTimeoutMs = 72_000

/** Time for the greetings of TLS, milliseconds; they are some kilobytes and no work for the client. */
const handshakeTimeoutMs = 10_000

/** Milliseconds between two log lines of the same kind; a flood must not fill the disk. */
const logIntervalMs = 10_000

/** Answers of up to so many characters, errors among them, are always sent. */
const alwaysSentLength = 64 * 1024

type Handler = (request: IncomingMessage, response: ServerResponse) => void

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

interface Connection {
  readonly waiting: Exchange[]
  isBusy: boolean
  /** Too much was sent; what is waiting is answered, and then the connection is closed. */
  isFull: boolean
}

/**
 * Creates an HTTP or HTTPS server with bounds on connections and on what one connection may ask for at once.
 * Requests of one connection are handled one after the other: HTTP/1.1 answers in their order anyway,
 * and an answer that waits for its turn would hold memory and not hear that its client has gone.
 *
 * @throws {FaceError} `invalidConfig` when the files of TLS cannot be used
 */
export function createBoundedServer(
  handler: Handler,
  options: Pick<ResolvedHttpOptions, 'maxConnections' | 'requestTimeoutMs' | 'logger' | 'tls'>,
): Server {
  const { maxConnections, requestTimeoutMs, logger, tls } = options
  const warn = createSparseLog(logger)
  const inTurn = createTurns(handler, () =>
    warn({ maxWaitingRequests }, 'a connection is closed after its answers: too many requests'),
  )
  const limits = {
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: toCheckInterval(requestTimeoutMs),
    handshakeTimeout: handshakeTimeoutMs,
  }
  const secret = tls && readTls(tls, logger)
  const server = secret
    ? createTlsServer({ ...limits, ...secret }, inTurn)
    : createServer(limits, inTurn)
  if (secret) reloadTls(server as TlsServer, secret, { files: tls, logger })
  server.keepAliveTimeout = keepAliveTimeoutMs
  server.maxConnections = maxConnections
  server.on('drop', () => warn({ maxConnections }, 'a connection is refused: too many are open'))
  return server
}

/** How often slow requests are looked for, milliseconds; Node's 30 seconds, where that is not too late. */
function toCheckInterval(requestTimeoutMs: number): number {
  return requestTimeoutMs === 0 ? 30_000 : Math.min(30_000, Math.max(500, requestTimeoutMs / 4))
}

/**
 * Wraps a handler so that it gets the requests of a connection one after the other.
 *
 * @param onFull  is called when a connection sends more than may wait
 */
function createTurns(handler: Handler, onFull: () => void): Handler {
  const connections = new WeakMap<Socket, Connection>()

  function run(connection: Connection, { request, response }: Exchange): void {
    connection.isBusy = true
    response.once('close', () => {
      connection.isBusy = false
      if (request.socket.destroyed) connection.waiting.length = 0
      const next = connection.waiting.shift()
      if (next === undefined) return
      // The time-out of the answer before; see `registerAnswerLimits`.
      request.socket.setTimeout(0)
      run(connection, next)
    })
    handler(request, response)
  }

  return (request, response) => {
    const { socket } = request
    const connection = connections.get(socket) ?? { waiting: [], isBusy: false, isFull: false }
    connections.set(socket, connection)
    if (connection.isFull) return
    if (!connection.isBusy) run(connection, { request, response })
    else if (connection.waiting.length < maxWaitingRequests) {
      connection.waiting.push({ request, response })
    } else {
      connection.isFull = true
      socket.pause()
      connection.waiting.at(-1)?.response.setHeader('connection', 'close')
      onFull()
    }
  }
}

/**
 * Closes a connection whose client does not take its answer or takes it in trickles, and answers
 * `overloaded` instead of a large answer while too many others are unsent.
 */
export function registerAnswerLimits(app: App, options: ResolvedHttpOptions): void {
  const { writeTimeoutMs, leastBytesPerSecond, maxUnsentBytes } = options
  const warn = createSparseLog(options.logger)
  let unsent = 0
  app.addHook('onSend', async (request, { raw }, payload) => {
    // Nothing is sent for long while nothing happens; what it writes is little.
    if (request.routeOptions.config.isEventStream) return
    // Bytes are crops, which are small, or files and documents that are held once for all answers.
    const length = typeof payload === 'string' ? payload.length : 0
    if (length > alwaysSentLength) {
      if (unsent + length > maxUnsentBytes) {
        throw new FaceError('overloaded', { detail: 'Too many large answers are being sent.' })
      }
      unsent += length
      raw.once('close', () => {
        unsent -= length
      })
    }
    if (writeTimeoutMs === 0 || !(raw.socket instanceof Socket)) return
    // Its client has gone, and it tells no more when it is closed.
    if (raw.destroyed || raw.socket.destroyed) return
    // Begins again with every byte that is taken, which may be one a minute.
    raw.setTimeout(writeTimeoutMs, () => {
      warn({ writeTimeoutMs }, 'a connection is closed: its client does not take the answer')
      raw.destroy()
    })
    const timer = setTimeout(
      () => {
        warn(
          { leastBytesPerSecond },
          'a connection is closed: its client takes the answer too slowly',
        )
        raw.destroy()
      },
      writeTimeoutMs + (1000 * toLength(payload)) / leastBytesPerSecond,
    )
    raw.once('close', () => clearTimeout(timer))
  })
}

/** Bytes of an answer, about. */
function toLength(payload: unknown): number {
  return typeof payload === 'string' || payload instanceof Uint8Array ? payload.length : 0
}

/** Writes a kind of line at most every ten seconds, with how often it happened since the last. */
function createSparseLog(
  logger: FastifyBaseLogger | undefined,
): (facts: Readonly<Record<string, number>>, message: string) => void {
  const kinds = new Map<string, { count: number; loggedAt: number }>()
  return (facts, message) => {
    const kind = kinds.get(message) ?? { count: 0, loggedAt: Number.NEGATIVE_INFINITY }
    kinds.set(message, kind)
    kind.count++
    const now = performance.now()
    if (now - kind.loggedAt < logIntervalMs) return
    logger?.warn({ ...facts, count: kind.count }, message)
    kinds.set(message, { count: 0, loggedAt: now })
  }
}
