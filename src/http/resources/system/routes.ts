import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { Metrics } from '../../plugins/metrics.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { collectionParams } from '../shared.ts'
import { IndexStatus, Model } from './schema.ts'

const tags = ['system']

/** `/healthz` and `/readyz`: for everyone, in every phase, without a rate limit. */
export function registerHealthRoutes(app: App, { faceWatcher }: RouteContext): void {
  app.route({
    method: 'GET',
    url: '/healthz',
    config: { scope: 'public', rateLimit: false },
    schema: {
      operationId: 'getHealth',
      tags,
      summary: 'Whether the process answers',
      security: [],
      response: { 200: Type.Object({ status: Type.Literal('ok') }), ...problemResponses() },
    },
    handler: async () => ({ status: 'ok' as const }),
  })

  app.route({
    method: 'GET',
    url: '/readyz',
    config: { scope: 'public', rateLimit: false },
    schema: {
      operationId: 'getReadiness',
      tags,
      summary: 'Whether requests can be served: models and index are loaded',
      security: [],
      response: {
        200: Type.Object({
          status: Type.Literal('ready'),
          changeLag: Type.Integer({ description: 'Changes read and not yet in the index.' }),
          indexBehindMs: Type.Integer({
            description: 'Milliseconds since the index had everything that the store had.',
          }),
        }),
        ...problemResponses('notReady'),
      },
    },
    handler: async () => {
      if (app.lifecycle.phase !== 'serving') {
        throw new FaceError('notReady', { info: { reasons: ['the server is stopping'] } })
      }
      const { ready, reasons, changeLag, indexBehindMs } = await faceWatcher.readiness()
      if (!ready) throw new FaceError('notReady', { detail: reasons.join(' '), info: { reasons } })
      return { status: 'ready' as const, changeLag, indexBehindMs }
    },
  })
}

/** `/v1/models`, `/v1/collections/{collection}/index` and `/metrics`. */
export function registerSystemRoutes(app: App, metrics: Metrics): void {
  app.route({
    method: 'GET',
    url: '/v1/models',
    config: { scope: 'system:read' },
    schema: {
      operationId: 'listModels',
      tags,
      summary: 'List models with their measured error rates and licences',
      response: { 200: Type.Object({ items: Type.Array(ref(Model)) }), ...problemResponses() },
    },
    handler: async (request, reply) =>
      reply.send({ items: [...(await request.faceWatcher.models())] }),
  })

  app.route({
    method: 'GET',
    url: '/v1/collections/:collection/index',
    config: { scope: 'system:read' },
    schema: {
      operationId: 'getIndex',
      tags,
      summary: 'How the faces of a collection are searched',
      params: collectionParams,
      response: { 200: ref(IndexStatus), ...problemResponses('collectionNotFound') },
    },
    handler: async ({ params, faceWatcher }) => faceWatcher.index.status(params.collection),
  })

  app.route({
    method: 'GET',
    url: '/metrics',
    config: { scope: 'system:read', wholeServer: true },
    schema: {
      operationId: 'getMetrics',
      tags,
      summary: 'Metrics in the text format of Prometheus',
      response: {
        200: {
          description: 'Prometheus text format 0.0.4.',
          content: { 'text/plain': { schema: Type.String() } },
        },
        ...problemResponses(),
      },
    },
    handler: async (_request, reply) => {
      reply.type(metrics.contentType)
      return reply.send((await metrics.collect()) as never)
    },
  })
}
