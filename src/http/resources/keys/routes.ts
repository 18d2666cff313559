import { Type } from 'typebox'
import { scopes } from '../../../access/scopes.ts'
import { toCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { noContent, pageOf, pageQuery } from '../shared.ts'
import { ApiKey, CreatedApiKey } from './schema.ts'

const keyInput = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'For people; not unique.' }),
    scopes: Type.Array(Type.Enum([...scopes], { type: 'string' }), {
      minItems: 1,
      maxItems: scopes.length,
      description: '`admin` may do everything.',
    }),
    collections: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        minItems: 1,
        maxItems: 100,
        description: 'Names of the only collections it works on; absent: all, later ones too.',
      }),
    ),
    expiresAt: Type.Optional(
      Type.String({
        maxLength: 40,
        format: 'date-time',
        description: 'When it ends, in the future; absent: it has no end.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** `/v1/keys` and `/v1/keys/{key}`. */
export function registerKeyRoutes(app: App, { keys }: RouteContext): void {
  const tags = ['keys']
  // A key for some collections must not make one for all.
  const config = { scope: 'admin', wholeServer: true } as const

  app.route({
    method: 'GET',
    url: '/v1/keys',
    config,
    schema: {
      operationId: 'listKeys',
      tags,
      summary: 'List API keys, those that are revoked or expired too',
      querystring: pageQuery,
      response: { 200: pageOf(ApiKey), ...problemResponses('invalidCursor') },
    },
    handler: async (request) => keys.list(request.query),
  })

  app.route({
    method: 'POST',
    url: '/v1/keys',
    config,
    schema: {
      operationId: 'createKey',
      tags,
      summary: 'Make an API key',
      description:
        'The answer holds the key, which is kept nowhere: it is seen only this once. From the first key on the server asks for one.',
      body: keyInput,
      response: {
        201: ref(CreatedApiKey),
        ...problemResponses('invalidName', 'invalidOption', 'collectionNotFound'),
      },
    },
    handler: async (request, reply) => {
      const created = await keys.as(toCaller(request)).create(request.body)
      return reply.code(201).send(created)
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/keys/:key',
    config,
    schema: {
      operationId: 'revokeKey',
      tags,
      summary: 'Revoke an API key',
      description:
        'It is refused at once by this server, and after five seconds by others. Its record stays, with the time.',
      params: Type.Object({ key: Type.String({ description: 'Id of the key.' }) }),
      response: { 204: noContent, ...problemResponses('keyNotFound') },
    },
    handler: async (request, reply) => {
      await keys.as(toCaller(request)).revoke(request.params.key)
      return reply.code(204).send()
    },
  })
}
