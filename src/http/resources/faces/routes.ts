import { Type } from 'typebox'
import { FaceError, isFaceError } from '../../../core/errors.ts'
import { type EnrollBody, toEnrolled, toFaceEmbeddingBody } from '../../../recognition/bodies.ts'
import type { FaceWatcher } from '../../../recognition/face-watcher.ts'
import type { Face } from '../../../storage/ports/faces.ts'
import { answerOnce, idempotencyHeaders } from '../../plugins/idempotency.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { enrollQuery, toEnrollOptions } from '../enrolment/routes.ts'
import { enrollMembers, readEnrollUpload } from '../enrolment/upload.ts'
import { EnrollResult, FaceEmbedding, Face as FaceSchema } from '../gallery-schemas.ts'
import { nameEntry, noContentWithEntry } from '../history/entry-header.ts'
import {
  collectionParams,
  createManyForm,
  eraseQuery,
  faceParams,
  jsonBody,
  pageOf,
  pageQuery,
  personParams,
} from '../shared.ts'

const enrollJson = Type.Object({ ...enrollMembers }, { additionalProperties: false })

/** `/v1/collections/{collection}/faces`, and below a person `.../faces` and each of them. */
export function registerFaceRoutes(app: App, { answers, options }: RouteContext): void {
  const tags = ['faces']
  const url = '/v1/collections/:collection/persons/:person/faces'
  const notFound = ['collectionNotFound', 'personNotFound', 'faceNotFound'] as const

  /** A face is addressed below its person; that of another person is not there. */
  async function getFace(
    { faces }: FaceWatcher,
    params: { collection: string; person: string; face: string },
  ): Promise<Face> {
    const face = await faces.get(params.collection, params.face)
    if (face.personId !== params.person) throw new FaceError('faceNotFound')
    return face
  }

  async function isGone(
    { faces }: FaceWatcher,
    { collection, face }: { collection: string; face: string },
  ): Promise<boolean> {
    const found = await faces.get(collection, face).catch((error: unknown) => {
      if (isFaceError(error, 'faceNotFound')) return undefined
      throw error
    })
    return found === undefined
  }

  app.route({
    method: 'GET',
    url: '/v1/collections/:collection/faces',
    config: { scope: 'people:read' },
    schema: {
      operationId: 'listCollectionFaces',
      tags,
      summary: 'List the faces of all persons of a collection',
      params: collectionParams,
      querystring: pageQuery,
      response: {
        200: pageOf(FaceSchema),
        ...problemResponses('invalidCursor', 'collectionNotFound'),
      },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher.faces.list(params.collection, query),
  })

  app.route({
    method: 'GET',
    url,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'listFaces',
      tags,
      summary: "List a person's faces",
      params: personParams,
      querystring: pageQuery,
      response: {
        200: pageOf(FaceSchema),
        ...problemResponses('invalidCursor', 'collectionNotFound', 'personNotFound'),
      },
    },
    handler: async ({ params, query, faceWatcher: { faces, persons } }) => {
      // An unknown person is an error, not an empty list.
      await persons.get(params.collection, params.person)
      return faces.list(params.collection, { ...query, personId: params.person })
    },
  })

  app.route({
    method: 'POST',
    url,
    bodyLimit: options.maxRequestBytes,
    config: { scope: 'enroll', multipart: createManyForm() },
    schema: {
      operationId: 'enrollFaces',
      tags,
      summary: 'Enrol faces of a person from one or more images',
      description:
        'Instead of images, JSON may carry embeddings and their `modelId`; of an embedding nothing can be checked but whether another person looks alike, so enrol none that came with `reasons`. Images are taken one by one: what was enrolled is in `faces`, what was not in `rejected`. 201 when a face was stored (`Location` is its address, of several that of the list), 200 when none was.',
      params: personParams,
      querystring: enrollQuery,
      headers: idempotencyHeaders,
      body: jsonBody(enrollJson),
      response: {
        200: ref(EnrollResult),
        201: ref(EnrollResult),
        ...problemResponses(
          'missingImage',
          'tooManyImages',
          'imageTooLarge',
          'collectionNotFound',
          'personNotFound',
          'idempotencyConflict',
          'invalidEmbedding',
          'dimensionMismatch',
          'modelMismatch',
          'overloaded',
        ),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { faceWatcher } = request
      const { collection, person } = request.params
      const { upload, images } = await readEnrollUpload(
        request,
        { minImages: 1, text: [] },
        options,
      )
      const toLocation = ({ faces }: EnrollBody) => {
        const list = `/v1/collections/${encodeURIComponent(collection)}/persons/${encodeURIComponent(person)}/faces`
        const [made, ...others] = faces.filter(({ alreadyEnrolled }) => !alreadyEnrolled)
        return made === undefined || others.length > 0 ? list : `${list}/${made.face.id}`
      }
      return answerOnce({ request, reply, upload, toLocation }, answers, async () => {
        const result = await faceWatcher.enroll(
          collection,
          person,
          images,
          toEnrollOptions(request.query, signal),
        )
        reply.timings = result.timings
        const body = {
          person: result.person ?? (await faceWatcher.persons.get(collection, person)),
          ...toEnrolled(result),
        }
        const { faces } = body
        return { status: faces.some(({ alreadyEnrolled }) => !alreadyEnrolled) ? 201 : 200, body }
      })
    },
  })

  app.route({
    method: 'GET',
    url: `${url}/:face`,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getFace',
      tags,
      summary: 'Get a face',
      params: faceParams,
      response: { 200: ref(FaceSchema), ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }) => getFace(faceWatcher, params),
  })

  app.route({
    method: 'GET',
    url: `${url}/:face/crop`,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getFaceCrop',
      tags,
      summary: 'Get the stored crop of a face',
      params: faceParams,
      response: {
        200: {
          description: 'A JPEG file.',
          content: { 'image/jpeg': { schema: Type.Unsafe({ type: 'string', format: 'binary' }) } },
        },
        ...problemResponses(...notFound, 'notFound'),
      },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      await getFace(faceWatcher, params)
      const crop = await faceWatcher.faces.crop(params.collection, params.face)
      if (!crop) {
        throw new FaceError('notFound', { detail: 'No crop is stored for this face.' })
      }
      reply.type('image/jpeg')
      return reply.send(Buffer.from(crop.buffer, crop.byteOffset, crop.byteLength) as never)
    },
  })

  app.route({
    method: 'GET',
    url: `${url}/:face/embedding`,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getFaceEmbedding',
      tags,
      summary: 'Get the stored embedding of a face',
      description:
        'To search or enrol it elsewhere. It is as personal as a photograph: faces that look alike can be found with it.',
      params: faceParams,
      response: { 200: ref(FaceEmbedding), ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }) => {
      await getFace(faceWatcher, params)
      return toFaceEmbeddingBody(await faceWatcher.faces.embedding(params.collection, params.face))
    },
  })

  app.route({
    method: 'DELETE',
    url: `${url}/:face`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'deleteFace',
      tags,
      summary: 'Delete a face',
      description: 'When this answers, the face is found in no search any more.',
      params: faceParams,
      querystring: eraseQuery,
      response: { 204: noContentWithEntry, ...problemResponses(...notFound) },
    },
    handler: async ({ params, query, faceWatcher }, reply) => {
      // What was deleted before belongs to nobody.
      const erased = query.erase && (await isGone(faceWatcher, params))
      if (!erased) await getFace(faceWatcher, params)
      nameEntry(reply, await faceWatcher.faces.delete(params.collection, params.face, query))
      return reply.code(204).send()
    },
  })
}
