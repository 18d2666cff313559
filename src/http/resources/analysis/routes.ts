import { type Static, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { toDetectBody, toEmbedBody, toIdentifyBody } from '../../../recognition/bodies.ts'
import {
  defaultCandidates,
  type EmbeddingProbe,
  maxCandidates,
} from '../../../recognition/face-watcher.ts'
import { readOneImage } from '../../intake/images.ts'
import { toBodyBytes } from '../../options.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { base64Schema, collectionParams, createForm, jsonBody } from '../shared.ts'
import { detectorProperties, toDetector } from './detector.ts'
import { embeddingSchema, toEmbeddingProbe } from './embedding.ts'
import { DetectResult, EmbedResult, IdentifyResult } from './schema.ts'

const detectorQuery = Type.Object(detectorProperties, { additionalProperties: false })

const embedQuery = Type.Object(
  {
    ...detectorProperties,
    modelId: Type.Optional(Type.String({ description: 'An installed embedder.' })),
  },
  { additionalProperties: false },
)

const identifyQuery = Type.Object(
  {
    ...detectorProperties,
    candidates: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxCandidates,
        description: `Candidates of each face, default ${defaultCandidates}.`,
      }),
    ),
    source: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          'Where the image was taken, such as the name of a camera; kept with people who are not enrolled, where the collection keeps them.',
      }),
    ),
    keepUnknown: Type.Optional(
      Type.Boolean({
        description:
          '`false`: nobody is kept, though the collection keeps people who are not enrolled. For an image that was asked before, and for frames between those to be kept. Default `true`.',
      }),
    ),
  },
  { additionalProperties: false },
)

const imageJson = Type.Object(
  { image: Type.Optional(base64Schema) },
  { additionalProperties: false },
)

const probeJson = Type.Object(
  {
    image: Type.Optional(base64Schema),
    embedding: Type.Optional(embeddingSchema),
    modelId: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

const imageErrors = [
  'missingImage',
  'tooManyImages',
  'emptyImage',
  'unsupportedImage',
  'corruptImage',
  'imageTooLarge',
  'invalidOption',
  'overloaded',
] as const

/** `POST /v1/detect`, `/v1/embed` and `/v1/collections/{collection}/identify`. */
export function registerAnalysisRoutes(app: App, { options }: RouteContext): void {
  const bodyLimit = toBodyBytes(options.maxImageBytes)

  app.route({
    method: 'POST',
    url: '/v1/detect',
    bodyLimit,
    config: { scope: 'detect', multipart: createForm(['image']) },
    schema: {
      operationId: 'detect',
      tags: ['analysis'],
      summary: 'Find all faces of an image',
      querystring: detectorQuery,
      body: jsonBody(imageJson),
      response: { 200: ref(DetectResult), ...problemResponses(...imageErrors) },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { bytes } = await readOneImage(request, 'image', options)
      const result = await request.faceWatcher.detect(bytes, {
        signal,
        ...toDetector(request.query),
      })
      reply.timings = result.timings
      return reply.send(toDetectBody(result))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/embed',
    bodyLimit,
    config: { scope: 'detect', multipart: createForm(['image']) },
    schema: {
      operationId: 'embed',
      tags: ['analysis'],
      summary: 'Find all faces of an image and compute their embeddings',
      querystring: embedQuery,
      body: jsonBody(imageJson),
      response: {
        200: ref(EmbedResult),
        ...problemResponses(...imageErrors, 'unknownModel', 'modelNotInstalled'),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { modelId } = request.query
      const { bytes } = await readOneImage(request, 'image', options)
      const result = await request.faceWatcher.embed(bytes, {
        signal,
        ...toDetector(request.query),
        ...(modelId === undefined ? {} : { modelId }),
      })
      reply.timings = result.timings
      return reply.send(toEmbedBody(result))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/identify',
    bodyLimit,
    config: { scope: 'identify', multipart: createForm(['image']) },
    schema: {
      operationId: 'identify',
      tags: ['analysis'],
      summary: 'Find out who is in an image',
      description:
        'Answers for every face. Nobody enrolled is a normal answer: `unknown`. A face that cannot be compared is `undetermined`, with reasons. Instead of an image, JSON may carry an `embedding` and its `modelId`.',
      params: collectionParams,
      querystring: identifyQuery,
      body: jsonBody(probeJson),
      response: {
        200: ref(IdentifyResult),
        ...problemResponses(
          ...imageErrors,
          'invalidEmbedding',
          'dimensionMismatch',
          'modelMismatch',
          'collectionNotFound',
        ),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { candidates, source, keepUnknown } = request.query
      const embedding = request.isMultipart() ? undefined : readProbe(request.body)
      const { collection } = request.params
      const identifyOptions = {
        ...{ signal, ...toDetector(request.query) },
        ...(candidates === undefined ? {} : { candidates }),
        ...(source === undefined ? {} : { source }),
        ...(keepUnknown === undefined ? {} : { keepUnknown }),
      }
      const result = embedding
        ? await request.faceWatcher.identify(collection, embedding, identifyOptions)
        : await request.faceWatcher.identify(
            collection,
            (await readOneImage(request, 'image', options)).bytes,
            identifyOptions,
          )
      reply.timings = result.timings
      return reply.send(toIdentifyBody(result))
    },
  })
}

/** The embedding of a probe, when the body has one. @throws {FaceError} `invalidRequest` */
function readProbe(body: unknown): EmbeddingProbe | undefined {
  const { image, embedding, modelId } = (body ?? {}) as Static<typeof probeJson>
  if (embedding === undefined) return undefined
  if (image !== undefined) {
    throw new FaceError('invalidRequest', { detail: 'Send "image" or "embedding", not both.' })
  }
  return toEmbeddingProbe(embedding, modelId)
}
