import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Timings } from '../../recognition/face-watcher.ts'
import type { App } from '../types.ts'

/** Request ids of callers that are taken over: they end in the log, so no free text. */
const acceptedRequestId = /^[A-Za-z0-9._-]{1,64}$/

/** The caller's `x-request-id` where it is harmless, else a new one. */
export function createRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && acceptedRequestId.test(given) ? given : randomUUID()
}

/** Names of the stages in Server-Timing and in the metrics. */
export function toStages(timings: Timings): readonly (readonly [stage: string, ms: number])[] {
  return [
    ['queue', timings.queueMs],
    ['decode', timings.decodeMs],
    ['detect', timings.detectMs],
    ['align', timings.alignMs],
    ['embed', timings.embedMs],
    ['search', timings.searchMs],
  ]
}

/** Request id and Server-Timing of every answer, one log line a request. */
export function registerRequestContext(app: App): void {
  app.decorateReply('timings', null)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onSend', async (_request, reply) => {
    const stages = reply.timings ? toStages(reply.timings) : []
    const entries = [...stages, ['total', reply.elapsedTime] as const]
    reply.header(
      'server-timing',
      entries.map(([stage, ms]) => `${stage};dur=${ms.toFixed(1)}`).join(', '),
    )
  })
  app.addHook('onSend', async (_request, reply) => {
    // A connection kept alive after its last answer would hold up the end of the server.
    if (app.lifecycle.phase !== 'serving') reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, never the address: queries hold names of people.
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'unmatched',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
}

/**
 * A signal that aborts when the client goes away before it has its answer. To be taken before the
 * body is read.
 */
export function toDisconnectSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const abortUnlessAnswered = () => {
    if (!reply.raw.writableFinished) controller.abort()
  }
  // 'close' of the request comes as soon as its body is read; that of the response with the socket.
  if (reply.raw.closed) abortUnlessAnswered()
  else reply.raw.once('close', abortUnlessAnswered)
  return controller.signal
}
