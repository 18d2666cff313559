import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { assertScope, type Principal } from '../../../access/principal.ts'
import { FaceError } from '../../../core/errors.ts'
import { toEnrolled } from '../../../recognition/bodies.ts'
import type { FaceWatcher, Stated, StatementSubject } from '../../../recognition/face-watcher.ts'
import { readUpload } from '../../intake/images.ts'
import type { ResolvedHttpOptions } from '../../options.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import type { App, RouteContext } from '../../types.ts'
import { detectorProperties, toDetector } from '../analysis/detector.ts'
import { embeddingSchema, toEmbeddingProbe } from '../analysis/embedding.ts'
import { ref } from '../component.ts'
import {
  base64Schema,
  createForm,
  jsonBody,
  noContent,
  pageOf,
  pageQuery,
  personParams,
} from '../shared.ts'
import { Confirmed, type ConfirmedBody, Stated as StatedSchema, Statement } from './schema.ts'

const subjectJson = Type.Object(
  {
    faceId: Type.Optional(Type.String({ description: 'A stored face, of any person.' })),
    image: Type.Optional(base64Schema),
    embedding: Type.Optional(embeddingSchema),
    modelId: Type.Optional(
      Type.String({ description: 'With an embedding: the model that computed it.' }),
    ),
  },
  { additionalProperties: false },
)

const statementQuery = Type.Object(
  {
    faces: Type.Optional(
      Type.Enum(['one', 'largest'], {
        type: 'string',
        description:
          '`one` (default): an image must have exactly one face. `largest`: takes the largest.',
      }),
    ),
    ...detectorProperties,
  },
  { additionalProperties: false },
)

const confirmationQuery = Type.Object(
  {
    ...statementQuery.properties,
    enroll: Type.Optional(
      Type.Boolean({
        description:
          'Enrols the face of the image, or the embedding, too, with the usual gates; needs the scope `enroll`. Default false.',
      }),
    ),
  },
  { additionalProperties: false },
)

const statementParams = Type.Object({
  ...personParams.properties,
  statement: Type.String({ description: 'Id of the rejection or confirmation.' }),
})

const faceForm = createForm(['image'])

const sayErrors = [
  ...(['missingImage', 'tooManyImages', 'imageTooLarge', 'unsupportedImage'] as const),
  ...(['collectionNotFound', 'personNotFound', 'faceNotFound', 'faceOfPerson'] as const),
  'limitReached' as const,
  ...(['noFace', 'multipleFaces', 'notComparable', 'invalidEmbedding'] as const),
  ...(['dimensionMismatch', 'modelMismatch', 'overloaded'] as const),
]

const subjectText =
  ' The face is a stored one (`faceId`), that of an image, or an `embedding` with its `modelId`. 201 when it is new, with its address in `Location`; 200 when the same was said before.'

/** `.../persons/{person}/rejections`, `.../confirmations` and each of them. */
export function registerStatementRoutes(app: App, { options }: RouteContext): void {
  registerKind(app, {
    ...{ noun: 'rejections', what: 'what is not a person', one: 'a rejection' },
    ...{ list: 'listRejections', get: 'getRejection', revoke: 'deleteRejection' },
  })
  registerKind(app, {
    ...{ noun: 'confirmations', what: 'what was confirmed as a person', one: 'a confirmation' },
    ...{ list: 'listConfirmations', get: 'getConfirmation', revoke: 'deleteConfirmation' },
  })

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/persons/:person/rejections',
    bodyLimit: options.maxRequestBytes,
    config: { scope: 'people:write', multipart: faceForm },
    schema: {
      operationId: 'rejectPerson',
      tags: ['persons'],
      summary: 'Say of a face that it is not this person',
      description: `From then on, on all nodes, the person is no candidate for faces that lie nearer to this one than to the faces of the person.${subjectText}`,
      params: personParams,
      querystring: statementQuery,
      body: jsonBody(subjectJson),
      response: {
        200: ref(StatedSchema),
        201: ref(StatedSchema),
        ...problemResponses(...sayErrors),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { collection, person } = request.params
      const subject = await readSubject(request, options)
      const { faceWatcher, query } = request
      const stated = await faceWatcher.rejections.add(collection, person, subject, {
        ...toStatementOptions(query, signal),
      })
      return reply
        .code(answerTo(stated))
        .header('location', locate('rejections', request.params, stated))
        .send(stated)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/persons/:person/confirmations',
    bodyLimit: options.maxRequestBytes,
    config: { scope: 'people:write', multipart: faceForm },
    schema: {
      operationId: 'confirmPerson',
      tags: ['persons'],
      summary: 'Say of a face that it is this person',
      description: `A rejection of the same face is revoked, and rejections hold no more for faces that lie nearer to this one than to what was rejected. Nothing is enrolled unless \`enroll\` says so.${subjectText}`,
      params: personParams,
      querystring: confirmationQuery,
      body: jsonBody(subjectJson),
      response: {
        200: ref(Confirmed),
        201: ref(Confirmed),
        ...problemResponses(...sayErrors, 'invalidOption'),
      },
    },
    handler: async (request, reply) => {
      const signal = toDisconnectSignal(reply)
      const { collection, person } = request.params
      const { faceWatcher, query } = request
      if (query.enroll) assertScope(request.principal as Principal, 'enroll')
      const subject = await readSubject(request, options)
      const confirmed = await faceWatcher.confirmations.add(collection, person, subject, {
        ...toStatementOptions(query, signal),
        enroll: query.enroll ?? false,
      })
      const { enrolled, ...stated } = confirmed
      const body: ConfirmedBody = {
        ...stated,
        ...(enrolled && {
          enrolled: toEnrolled(enrolled),
        }),
      }
      return reply
        .code(answerTo(stated))
        .header('location', locate('confirmations', request.params, stated))
        .send(body)
    },
  })
}

interface Kind {
  readonly noun: 'rejections' | 'confirmations'
  readonly what: string
  readonly one: string
  readonly list: string
  readonly get: string
  readonly revoke: string
}

/** Reads and revokes statements of one kind. */
function registerKind(app: App, { noun, what, one, ...operations }: Kind): void {
  const tags = ['persons']
  const url = `/v1/collections/:collection/persons/:person/${noun}`
  const notFound = ['collectionNotFound', 'statementNotFound'] as const

  app.route({
    method: 'GET',
    url,
    config: { scope: 'people:read' },
    schema: {
      operationId: operations.list,
      tags,
      summary: `List ${what}`,
      params: personParams,
      querystring: pageQuery,
      response: {
        200: pageOf(Statement),
        ...problemResponses('invalidCursor', 'collectionNotFound', 'personNotFound'),
      },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher[noun].list(params.collection, params.person, query),
  })

  app.route({
    method: 'GET',
    url: `${url}/:statement`,
    config: { scope: 'people:read' },
    schema: {
      operationId: operations.get,
      tags,
      summary: `Get ${one}`,
      params: statementParams,
      response: { 200: ref(Statement), ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }) =>
      faceWatcher[noun].get(params.collection, params.person, params.statement),
  })

  app.route({
    method: 'DELETE',
    url: `${url}/:statement`,
    config: { scope: 'people:write' },
    schema: {
      operationId: operations.revoke,
      tags,
      summary: `Revoke ${one}`,
      description: 'When this answers, no search holds to it any more.',
      params: statementParams,
      response: { 204: noContent, ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      await faceWatcher[noun].revoke(params.collection, params.person, params.statement)
      return reply.code(204).send()
    },
  })
}

/** @throws {FaceError} as `readUpload`; `invalidRequest` for more than one face */
async function readSubject(
  request: FastifyRequest,
  options: ResolvedHttpOptions,
): Promise<StatementSubject> {
  const spec = { fields: ['image'], maxImages: 1, instead: ['embedding', 'faceId'], text: [] }
  const { images, fields } = await readUpload(request, spec, options)
  const { faceId, embedding, modelId } = fields as Static<typeof subjectJson>
  const [image] = images
  const given = [image, faceId, embedding].filter((value) => value !== undefined)
  if (given.length > 1) {
    throw new FaceError('invalidRequest', {
      detail: 'Send one of "image", "faceId" and "embedding".',
    })
  }
  if (faceId !== undefined) return { faceId }
  return image?.bytes ?? toEmbeddingProbe(embedding ?? [], modelId)
}

function toStatementOptions(
  query: Static<typeof statementQuery>,
  signal: AbortSignal,
): Parameters<FaceWatcher['rejections']['add']>[3] & object {
  return {
    ...{ signal, ...toDetector(query) },
    ...(query.faces === undefined ? {} : { faces: query.faces }),
  }
}

function answerTo({ alreadyStated }: Stated): 200 | 201 {
  return alreadyStated ? 200 : 201
}

function locate(
  noun: Kind['noun'],
  { collection, person }: Static<typeof personParams>,
  { statement }: Stated,
): string {
  const base = `/v1/collections/${encodeURIComponent(collection)}/persons/${encodeURIComponent(person)}`
  return `${base}/${noun}/${statement.id}`
}
