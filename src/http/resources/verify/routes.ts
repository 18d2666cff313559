import { type Static, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { toVerifyBody } from '../../../recognition/bodies.ts'
import type { VerifyTarget } from '../../../recognition/face-watcher.ts'
import { readUpload, type Upload } from '../../intake/images.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import type { App, RouteContext } from '../../types.ts'
import { detectorProperties, toDetector } from '../analysis/detector.ts'
import { VerifyResult } from '../analysis/schema.ts'
import { ref } from '../component.ts'
import { base64Schema, createFormOfWays, jsonBody } from '../shared.ts'
import { createVerifyAttempts } from './attempts.ts'

const fields = ['imageA', 'imageB', 'image'] as const
const text = ['collection', 'personId', 'faceId'] as const

const verifyJson = Type.Object(
  {
    imageA: Type.Optional(base64Schema),
    imageB: Type.Optional(base64Schema),
    image: Type.Optional(base64Schema),
    collection: Type.Optional(Type.String({ description: 'Beside `image`; default `default`.' })),
    personId: Type.Optional(Type.String({ description: 'Compares `image` with all faces.' })),
    faceId: Type.Optional(Type.String({ description: 'Compares `image` with this face.' })),
  },
  { additionalProperties: false },
)

const verifyQuery = Type.Object(
  {
    modelId: Type.Optional(Type.String({ description: 'An embedder; only with two images.' })),
    maxFmr: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: 'Target false match rate, default 1e-4; not used when `threshold` is given.',
      }),
    ),
    threshold: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: 'Similarity of a match.' }),
    ),
    faces: Type.Optional(
      Type.Enum(['one', 'largest'], {
        type: 'string',
        description: '`one` (default): an image with several faces is an error.',
      }),
    ),
    ...detectorProperties,
  },
  { additionalProperties: false },
)

/** `POST /v1/verify`. */
export function registerVerifyRoute(app: App, { options }: RouteContext): void {
  const attempts = createVerifyAttempts()
  app.route({
    method: 'POST',
    url: '/v1/verify',
    bodyLimit: options.maxRequestBytes,
    config: {
      scope: 'verify',
      multipart: createFormOfWays(
        fields,
        {
          collection: { type: 'string' },
          personId: { type: 'string' },
          faceId: { type: 'string' },
        },
        [
          ['imageA', 'imageB'],
          ['image', 'personId'],
          ['image', 'faceId'],
        ],
      ),
    },
    schema: {
      operationId: 'verify',
      tags: ['analysis'],
      summary: 'Compare two images, or an image with a person or a stored face',
      description:
        'Send `imageA` and `imageB`, or `image` with `collection` and `personId` or `faceId`.',
      querystring: verifyQuery,
      body: jsonBody(verifyJson),
      response: {
        200: ref(VerifyResult),
        ...problemResponses(
          'missingImage',
          'tooManyImages',
          'emptyImage',
          'unsupportedImage',
          'corruptImage',
          'imageTooLarge',
          'invalidOption',
          'noFace',
          'multipleFaces',
          'unknownModel',
          'modelNotInstalled',
          'collectionNotFound',
          'personNotFound',
          'faceNotFound',
          'overloaded',
          'tooManyAttempts',
        ),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const upload = await readUpload(request, { fields, maxImages: 2, text }, options)
      const { image, target } = toComparison(upload)
      const { modelId, maxFmr, threshold, faces } = request.query
      const isOwnRule = maxFmr !== undefined || threshold !== undefined
      const result = await attempts.run(request, { target, isOwnRule }, () =>
        request.faceWatcher.verify(image, target, {
          ...{ signal, ...toDetector(request.query) },
          ...(modelId === undefined ? {} : { modelId }),
          ...(maxFmr === undefined ? {} : { maxFmr }),
          ...(threshold === undefined ? {} : { threshold }),
          ...(faces === undefined ? {} : { faces }),
        }),
      )
      reply.timings = result.timings
      return reply.send(toVerifyBody(result))
    },
  })
}

/** @throws {FaceError} `missingImage`, `tooManyImages`, `invalidRequest` */
function toComparison(upload: Upload): { image: Uint8Array; target: VerifyTarget } {
  const imagesOf = (field: string) => upload.images.filter((image) => image.field === field)
  for (const field of fields) {
    if (imagesOf(field).length > 1) {
      throw new FaceError('tooManyImages', {
        detail: `At most 1 is allowed in the field "${field}".`,
        info: { maxImages: 1 },
      })
    }
  }
  const [[a], [b], [image]] = [imagesOf('imageA'), imagesOf('imageB'), imagesOf('image')]
  // Strings in JSON by its schema; text fields of a form may have become arrays or JSON values.
  const { collection = 'default', personId, faceId } = upload.fields as Static<typeof verifyJson>
  if (a && b && !image) return { image: a.bytes, target: { image: b.bytes } }
  if (!image || a || b) {
    throw new FaceError('missingImage', {
      detail: 'Expected "imageA" and "imageB", or "image" with "personId" or "faceId".',
      info: { expected: [['imageA', 'imageB'], ['image']] },
    })
  }
  if (typeof collection === 'string') {
    if (typeof personId === 'string' && faceId === undefined) {
      return { image: image.bytes, target: { collection, personId } }
    }
    if (typeof faceId === 'string' && personId === undefined) {
      return { image: image.bytes, target: { collection, faceId } }
    }
  }
  throw new FaceError('invalidRequest', {
    detail: 'Beside "image", either "personId" or "faceId" is expected.',
    info: { expected: ['personId', 'faceId'] },
  })
}
