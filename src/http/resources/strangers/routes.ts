import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { ref } from '../component.ts'
import { collectionParams, pageOf, pageProperties, pageQuery } from '../shared.ts'
import { Sighting, Stranger, StrangerSuggestions } from './schema.ts'

export const strangerParams = Type.Object({
  ...collectionParams.properties,
  stranger: Type.String({ description: 'Id of the stranger.' }),
})

const sightingParams = Type.Object({
  ...collectionParams.properties,
  sighting: Type.String({ description: 'Id of the sighting.' }),
})

const listQuery = Type.Object(
  {
    ...pageProperties,
    status: Type.Optional(Type.Enum(['shown', 'ignored', 'assigned'], { type: 'string' })),
    sort: Type.Optional(
      Type.Enum(['latest', 'count'], {
        type: 'string',
        description:
          'Which comes first: the stranger seen last (default), or the one with the most sightings.',
      }),
    ),
  },
  { additionalProperties: false },
)

const sightingsQuery = Type.Object(
  {
    ...pageProperties,
    person: Type.Optional(
      Type.String({ description: 'Only of strangers who turned out to be this person, by id.' }),
    ),
  },
  { additionalProperties: false },
)

/** What is read of `/v1/collections/{collection}/strangers` and `.../sightings`. */
export function registerStrangerRoutes(app: App): void {
  const tags = ['strangers']
  const url = '/v1/collections/:collection/strangers'
  const sightingsUrl = '/v1/collections/:collection/sightings'
  const config = { scope: 'people:read' } as const
  const notFound = ['collectionNotFound', 'strangerNotFound'] as const

  app.route({
    method: 'GET',
    url,
    config,
    schema: {
      operationId: 'listStrangers',
      tags,
      summary: 'List people who were seen and are not enrolled',
      description: 'Of a collection that keeps them, see `keepUnknown`.',
      params: collectionParams,
      querystring: listQuery,
      response: {
        200: pageOf(Stranger),
        ...problemResponses('invalidCursor', 'collectionNotFound'),
      },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher.strangers.list(params.collection, query),
  })

  app.route({
    method: 'GET',
    url: `${url}/:stranger`,
    config,
    schema: {
      operationId: 'getStranger',
      tags,
      summary: 'Get a stranger, or the one that it has become',
      params: strangerParams,
      response: { 200: ref(Stranger), ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }) =>
      faceWatcher.strangers.get(params.collection, params.stranger),
  })

  app.route({
    method: 'GET',
    url: `${url}/:stranger/sightings`,
    config,
    schema: {
      operationId: 'listStrangerSightings',
      tags,
      summary: "List a stranger's sightings, latest first",
      params: strangerParams,
      querystring: pageQuery,
      response: { 200: pageOf(Sighting), ...problemResponses('invalidCursor', ...notFound) },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher.strangers.sightings(params.collection, {
        ...query,
        strangerId: params.stranger,
      }),
  })

  app.route({
    method: 'GET',
    url: `${url}/:stranger/suggestions`,
    config,
    schema: {
      operationId: 'suggestPersonsOfStranger',
      tags,
      summary: 'Name enrolled persons whom a stranger resembles',
      params: strangerParams,
      response: { 200: ref(StrangerSuggestions), ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }) => ({
      items: await faceWatcher.strangers.suggestions(params.collection, params.stranger),
    }),
  })

  app.route({
    method: 'GET',
    url: sightingsUrl,
    config,
    schema: {
      operationId: 'listSightings',
      tags,
      summary: 'List sightings, latest first',
      params: collectionParams,
      querystring: sightingsQuery,
      response: {
        200: pageOf(Sighting),
        ...problemResponses('invalidCursor', 'collectionNotFound'),
      },
    },
    handler: async ({ params, query: { person, ...page }, faceWatcher }) =>
      faceWatcher.strangers.sightings(params.collection, {
        ...page,
        ...(person === undefined ? {} : { personId: person }),
      }),
  })

  app.route({
    method: 'GET',
    url: `${sightingsUrl}/:sighting`,
    config,
    schema: {
      operationId: 'getSighting',
      tags,
      summary: 'Get a sighting, with its stranger once it has been compared',
      description:
        'The id is that of the answer of `identify`, or from a list. The node that answered has the sighting at once, others a moment later.',
      params: sightingParams,
      response: {
        200: ref(Sighting),
        ...problemResponses('collectionNotFound', 'sightingNotFound'),
      },
    },
    handler: async ({ params, faceWatcher }) =>
      faceWatcher.strangers.sighting(params.collection, params.sighting),
  })

  app.route({
    method: 'GET',
    url: `${sightingsUrl}/:sighting/crop`,
    config,
    schema: {
      operationId: 'getSightingCrop',
      tags,
      summary: 'Get the stored picture of a sighting',
      params: sightingParams,
      response: {
        200: {
          description: 'A JPEG file.',
          content: { 'image/jpeg': { schema: Type.Unsafe({ type: 'string', format: 'binary' }) } },
        },
        ...problemResponses('collectionNotFound', 'sightingNotFound', 'notFound'),
      },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      const crop = await faceWatcher.strangers.crop(params.collection, params.sighting)
      if (!crop) {
        throw new FaceError('notFound', { detail: 'No crop is stored for this sighting.' })
      }
      reply.type('image/jpeg')
      return reply.send(Buffer.from(crop.buffer, crop.byteOffset, crop.byteLength) as never)
    },
  })
}
