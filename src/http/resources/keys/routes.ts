import { Type } from 'typebox'
import { defaultOverlapMs, maxOverlapMs } from '../../../access/keys.ts'
import { scopes } from '../../../access/scopes.ts'
import { toCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { noContent, pageOf, pageQuery } from '../shared.ts'
import { ApiKey, CreatedApiKey } from './schema.ts'

const end = (description: string) =>
  Type.String({ maxLength: 40, format: 'date-time', description })
const params = Type.Object({ key: Type.String({ description: 'Id of the key.' }) })

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
    expiresAt: Type.Optional(end('When it ends, in the future; absent: it has no end.')),
    ratePerMinute: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 1_000_000 },
        description: 'Requests a minute, counted by each node; absent: no limit of its own.',
      }),
    ),
    quotaPerDay: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 1_000_000_000 },
        description: 'Requests a day, UTC, counted by each node; absent: no quota.',
      }),
    ),
  },
  { additionalProperties: false },
)

const rotation = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({
        ...{ minimum: 0, maximum: maxOverlapMs / 1000, default: defaultOverlapMs / 1000 },
        description: 'How long the former key stays valid; 0: it ends at once. Default one day.',
      }),
    ),
    expiresAt: Type.Optional(
      end(
        'When the new key ends, in the future; absent: after as long as the former one was given, if it has an end.',
      ),
    ),
  },
  { additionalProperties: false },
)

/** `/v1/keys` and `/v1/keys/{key}`. */
export function registerKeyRoutes(app: App, { keys }: RouteContext): void {
  const tags = ['keys']
  // A key for some collections must not make one for all.
  const config = { scope: 'admin', wholeServer: true } as const

  // The page looks whether there is a key before it makes the first.
  const setUpConfig = { ...config, setUp: true } as const

  app.route({
    method: 'GET',
    url: '/v1/keys',
    config: setUpConfig,
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
    config: setUpConfig,
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
    method: 'POST',
    url: '/v1/keys/:key/rotate',
    config,
    schema: {
      operationId: 'rotateKey',
      tags,
      summary: 'Give an API key another secret',
      description:
        'Makes a key with the same name, scopes, collections and limits, and tells it once. The former one ends after `overlapSeconds`, or with its own end where that is earlier; until then both are valid.',
      params,
      body: Type.Optional(rotation),
      response: {
        201: ref(CreatedApiKey),
        ...problemResponses('keyNotFound', 'invalidOption'),
      },
    },
    handler: async (request, reply) => {
      const { overlapSeconds, ...rest } = request.body ?? {}
      const created = await keys.as(toCaller(request)).rotate(request.params.key, {
        ...rest,
        ...(overlapSeconds === undefined ? {} : { overlapMs: overlapSeconds * 1000 }),
      })
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
      params,
      response: { 204: noContent, ...problemResponses('keyNotFound') },
    },
    handler: async (request, reply) => {
      await keys.as(toCaller(request)).revoke(request.params.key)
      return reply.code(204).send()
    },
  })
}
