import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { NewJobRequest } from '../../../jobs/jobs.ts'
import type * as jobs from '../../../storage/ports/jobs.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { Collection } from '../gallery-schemas.ts'
import { acceptJob } from '../jobs/accepted.ts'
import { Job } from '../jobs/schema.ts'
import { collectionParams } from '../shared.ts'
import { policyPatch } from './policy.ts'

const modelId = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'An installed embedder.',
  examples: ['sface'],
})

const allowMissing = Type.Optional(
  Type.Boolean({
    description:
      'Also when faces have no embedding of the model, which no search finds then; default false.',
  }),
)

const migrationInput = Type.Object(
  {
    modelId,
    policy: Type.Optional(policyPatch),
    switch: Type.Optional(
      Type.Boolean({ description: 'Whether the model answers in the end; default true.' }),
    ),
    allowMissing,
  },
  { additionalProperties: false },
)

const switchInput = Type.Object({ modelId, allowMissing }, { additionalProperties: false })

const erasureQuery = Type.Object(
  { modelId: Type.String({ minLength: 1, maxLength: 200, description: 'The second model.' }) },
  { additionalProperties: false },
)

/** What moves a collection to another model, below `/v1/collections/{collection}`. */
export function registerCollectionModelRoutes(app: App, { jobs }: RouteContext): void {
  const tags = ['collections']
  const config = { scope: 'collections:write' } as const

  async function start(
    request: FastifyRequest,
    reply: FastifyReply,
    wanted: NewJobRequest,
  ): Promise<jobs.Job> {
    return acceptJob(reply, await jobs.as(toGalleryCaller(request)).start(wanted))
  }

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/migrations',
    config,
    schema: {
      operationId: 'migrateCollection',
      tags,
      summary: 'Move a collection to another model',
      description:
        'A job: 202, and `Location` is its address. It embeds the stored crops while searches go on, tells how decisions would change, and lets the model answer. Its items are the faces that could not be embedded; where there are any, the model answers with `allowMissing` alone.',
      params: collectionParams,
      body: migrationInput,
      response: {
        202: ref(Job),
        ...problemResponses(
          ...(['collectionNotFound', 'unknownModel', 'modelNotInstalled'] as const),
          ...(['modelConflict', 'invalidOption'] as const),
        ),
      },
    },
    handler: async (request, reply) => {
      const { collection } = request.params
      // What is wrong with the model is answered at once.
      await request.faceWatcher.secondModel.begin(collection, request.body)
      return start(request, reply, { kind: 'modelMigration', collection, input: request.body })
    },
  })

  app.route({
    method: 'PUT',
    url: '/v1/collections/:collection/model',
    config,
    schema: {
      operationId: 'switchModel',
      tags,
      summary: 'Let the second model of a collection answer, or go back to the first',
      params: collectionParams,
      body: switchInput,
      response: {
        200: ref(Collection),
        ...problemResponses('collectionNotFound', 'modelConflict'),
      },
    },
    handler: async (request) => {
      const { modelId: wanted, allowMissing: allowed } = request.body
      const { collection } = request.params
      return request.faceWatcher.secondModel.switchTo(collection, wanted, { allowMissing: allowed })
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/collections/:collection/second-model',
    config,
    schema: {
      operationId: 'deleteSecondModel',
      tags,
      summary: 'End the second model of a collection and erase its embeddings',
      description: 'A job: 202, and `Location` is its address.',
      params: collectionParams,
      querystring: erasureQuery,
      response: { 202: ref(Job), ...problemResponses('collectionNotFound', 'modelConflict') },
    },
    handler: async (request, reply) => {
      const { collection } = request.params
      await request.faceWatcher.secondModel.end(collection, request.query.modelId)
      return start(request, reply, { kind: 'modelErasure', collection, input: request.query })
    },
  })
}
