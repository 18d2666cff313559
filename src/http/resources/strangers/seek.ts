import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { FaceSought } from '../../../recognition/strangers/strangers-api.ts'
import { readOneImage } from '../../intake/images.ts'
import { type ResolvedHttpOptions, toBodyBytes } from '../../options.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import type { App, RouteContext } from '../../types.ts'
import { detectorProperties, toDetector } from '../analysis/detector.ts'
import { embeddingSchema, toEmbeddingProbe } from '../analysis/embedding.ts'
import { ref } from '../component.ts'
import {
  base64Schema,
  collectionParams,
  createForm,
  jsonBody,
  pageOf,
  pageProperties,
} from '../shared.ts'
import { ErasedStrangers, ResemblingSighting } from './schema.ts'

const resemblance = {
  maxFmr: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      description:
        'A sighting resembles the face from the similarity on that has this rate of false matches; default 0.0001.',
    }),
  ),
  similarity: Type.Optional(
    Type.Number({ minimum: -1, maximum: 1, description: 'The same, as a similarity.' }),
  ),
}

const searchQuery = Type.Object(
  { ...pageProperties, ...resemblance, ...detectorProperties },
  { additionalProperties: false },
)

const eraseQuery = Type.Object(
  {
    ...resemblance,
    dryRun: Type.Optional(
      Type.Boolean({ description: 'Only say what would be erased. Default true.' }),
    ),
    persons: Type.Optional(
      Type.Boolean({
        description: 'Also name enrolled persons who resemble the face. Default false.',
      }),
    ),
    ...detectorProperties,
  },
  { additionalProperties: false },
)

const faceJson = Type.Object(
  {
    image: Type.Optional(base64Schema),
    embedding: Type.Optional(embeddingSchema),
    modelId: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

const faceErrors = [
  'missingImage',
  'unsupportedImage',
  'corruptImage',
  'imageTooLarge',
  'invalidOption',
  'invalidEmbedding',
  'dimensionMismatch',
  'modelMismatch',
  'noFace',
  'qualityTooLow',
  'overloaded',
  'collectionNotFound',
] as const

/** Looking for a face among sightings: `/v1/collections/{collection}/sightings/search` and `.../erase`. */
export function registerSeekRoutes(app: App, { options }: RouteContext): void {
  const tags = ['strangers']
  const url = '/v1/collections/:collection/sightings'
  const bodyLimit = toBodyBytes(options.maxImageBytes)
  const multipart = createForm(['image'])

  app.route({
    method: 'POST',
    url: `${url}/search`,
    bodyLimit,
    config: { scope: 'people:read', multipart },
    schema: {
      operationId: 'searchSightings',
      tags,
      summary: 'Find sightings that resemble a face, back in time',
      description:
        'The largest face of the image counts; instead of an image, JSON may carry an `embedding` and its `modelId`. Latest first; the same request with `cursor` goes further back.',
      params: collectionParams,
      querystring: searchQuery,
      body: jsonBody(faceJson),
      response: {
        200: pageOf(ResemblingSighting),
        ...problemResponses('invalidCursor', ...faceErrors),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { limit, cursor } = request.query
      const face = await readFace(request, options)
      return request.faceWatcher.strangers.search(request.params.collection, face, {
        ...{ signal, ...toDetector(request.query), ...toResemblance(request.query) },
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor }),
      })
    },
  })

  app.route({
    method: 'POST',
    url: `${url}/erase`,
    bodyLimit,
    config: { scope: 'people:write', multipart },
    schema: {
      operationId: 'eraseSightings',
      tags,
      summary: 'Erase every sighting that resembles a face',
      description:
        'For somebody who asks to be forgotten. Without `dryRun=false` nothing is erased, and the answer says what would be. Enrolled persons are not erased; with `persons=true` those who resemble the face are named.',
      params: collectionParams,
      querystring: eraseQuery,
      body: jsonBody(faceJson),
      response: { 200: ref(ErasedStrangers), ...problemResponses(...faceErrors) },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { dryRun, persons } = request.query
      const face = await readFace(request, options)
      return request.faceWatcher.strangers.erase(request.params.collection, face, {
        ...{ signal, ...toDetector(request.query), ...toResemblance(request.query) },
        ...(dryRun === undefined ? {} : { dryRun }),
        ...(persons === undefined ? {} : { persons }),
      })
    },
  })
}

function toResemblance({ maxFmr, similarity }: { maxFmr?: number; similarity?: number }) {
  return {
    ...(maxFmr === undefined ? {} : { maxFmr }),
    ...(similarity === undefined ? {} : { similarity }),
  }
}

/** @throws {FaceError} `invalidRequest`, and as for every image */
async function readFace(
  request: FastifyRequest,
  options: ResolvedHttpOptions,
): Promise<FaceSought> {
  if (request.isMultipart()) return (await readOneImage(request, 'image', options)).bytes
  const { image, embedding, modelId } = (request.body ?? {}) as Static<typeof faceJson>
  if (embedding === undefined) return (await readOneImage(request, 'image', options)).bytes
  if (image !== undefined) {
    throw new FaceError('invalidRequest', { detail: 'Send "image" or "embedding", not both.' })
  }
  return toEmbeddingProbe(embedding, modelId)
}
