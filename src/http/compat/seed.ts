import { Type } from 'typebox'
import { FaceError } from '../../core/errors.ts'
import { chooseMainFace } from '../../core/face-choice.ts'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import { readOneImage } from '../intake/images.ts'
import { toBodyBytes } from '../options.ts'
import { problemResponses } from '../plugins/problems.ts'
import { toDisconnectSignal } from '../plugins/request-context.ts'
import { toRejectionError } from '../resources/enrolment/routes.ts'
import { nameSchema } from '../resources/persons/fields.ts'
import { base64Schema, createForm, jsonBody } from '../resources/shared.ts'
import type { App, RouteContext } from '../types.ts'

const imageErrors = [
  'missingImage',
  'tooManyImages',
  'emptyImage',
  'unsupportedImage',
  'corruptImage',
  'imageTooLarge',
  'noFace',
  'overloaded',
] as const

/** The first face-watcher paid no attention to text fields. */
const asTheFirst = { ignoresText: true } as const

/**
 * `POST /registerFace` and `POST /recognizeFace`: one line of curl each, on the default collection.
 * Their names and shapes are those of the FastAPI project that Face Watcher grew from.
 */
export function registerSeedRoutes(app: App, { options }: RouteContext): void {
  const bodyLimit = toBodyBytes(options.maxImageBytes)

  app.route({
    method: 'POST',
    url: '/registerFace',
    bodyLimit,
    config: { scope: 'enroll', multipart: createForm(['refImage']) },
    schema: {
      operationId: 'registerFace',
      tags: ['compatibility'],
      summary: 'Register the largest face of an image under a name',
      description:
        'Adds the face to the person of exactly this name in the default collection; when there is none, the person is created.',
      querystring: Type.Object({ name: nameSchema }),
      body: jsonBody(Type.Object({ refImage: Type.Optional(base64Schema) })),
      response: {
        200: Type.Object({
          Success: Type.String({ examples: ['Face is registered successfully'] }),
        }),
        ...problemResponses(...imageErrors, 'invalidName', 'qualityTooLow'),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const image = await readOneImage(request, 'refImage', options, asTheFirst)
      const person = { name: request.query.name, ifExists: 'reuse', onAmbiguous: 'first' } as const
      const result = await request.faceWatcher.enroll(defaultCollectionName, person, [image], {
        signal,
        faces: 'largest',
        duplicates: 'ignore',
      })
      reply.timings = result.timings
      if (result.faces.length === 0) throw toRejectionError(result)
      return reply.send({ Success: 'Face is registered successfully' })
    },
  })

  app.route({
    method: 'POST',
    url: '/recognizeFace',
    bodyLimit,
    config: { scope: 'identify', multipart: createForm(['mainImage']) },
    schema: {
      operationId: 'recognizeFace',
      tags: ['compatibility'],
      summary: 'Recognise the largest sure face of an image',
      querystring: Type.Object({}),
      body: jsonBody(Type.Object({ mainImage: Type.Optional(base64Schema) })),
      response: {
        200: Type.Object({
          Prediction: Type.String({
            description: 'The name of the person, or "Unknown".',
            examples: ['Ann'],
          }),
          L2Distance: Type.Union([Type.Number(), Type.Null()], {
            description:
              'Squared L2 distance of the unit vectors, 2 - 2 x cosine, to the nearest enrolled face; null when nobody is enrolled.',
            examples: [0.5359955430030823],
          }),
        }),
        ...problemResponses(...imageErrors),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { bytes } = await readOneImage(request, 'mainImage', options, asTheFirst)
      const result = await request.faceWatcher.identify(defaultCollectionName, bytes, {
        signal,
        candidates: 1,
      })
      reply.timings = result.timings
      const face = chooseMainFace(result.faces)
      if (!face) throw new FaceError('noFace')
      const [nearest] = face.candidates
      return reply.send({
        Prediction: nearest && face.decision === 'match' ? nearest.personName : 'Unknown',
        // Rounding can put the cosine of equal vectors a little above 1.
        L2Distance: nearest ? Math.max(0, 2 - 2 * nearest.similarity) : null,
      })
    },
  })
}
