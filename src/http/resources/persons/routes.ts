import { type Static, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { type CreatedPersonBody, toCreatedPersonBody } from '../../../recognition/bodies.ts'
import type { EnrollResult } from '../../../recognition/face-watcher.ts'
import type { Metadata } from '../../../storage/ports/persons.ts'
import { assertBoundedValue } from '../../intake/json-scanner.ts'
import { answerOnce, idempotencyHeaders } from '../../plugins/idempotency.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import { compileValidator } from '../../plugins/validation.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { newPersonQuery, toEnrollOptions, toRejectionError } from '../enrolment/routes.ts'
import { enrollMembers, readEnrollUpload } from '../enrolment/upload.ts'
import { CreatedPerson, Person } from '../gallery-schemas.ts'
import {
  collectionParams,
  createManyForm,
  jsonBody,
  noContent,
  pageOf,
  pageProperties,
  personParams,
} from '../shared.ts'
import { metadataSchema, nameSchema } from './fields.ts'

const newPerson = { name: nameSchema, metadata: Type.Optional(metadataSchema) }

const personJson = Type.Object({ ...newPerson, ...enrollMembers }, { additionalProperties: false })

const personPatch = Type.Object(
  { name: Type.Optional(nameSchema), metadata: Type.Optional(metadataSchema) },
  { additionalProperties: false, minProperties: 1 },
)

const listQuery = Type.Object(
  {
    ...pageProperties,
    name: Type.Optional(
      Type.String({ maxLength: 200, description: 'Contained in the name, in any case.' }),
    ),
    exactName: Type.Optional(Type.String({ maxLength: 200, description: 'Exactly the name.' })),
  },
  { additionalProperties: false },
)

/** `/v1/collections/{collection}/persons` and `.../persons/{person}`. */
export function registerPersonRoutes(app: App, { answers, options }: RouteContext): void {
  const tags = ['persons']
  const url = '/v1/collections/:collection/persons'

  app.route({
    method: 'GET',
    url,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'listPersons',
      tags,
      summary: 'List or search persons',
      params: collectionParams,
      querystring: listQuery,
      response: {
        200: pageOf(Person),
        ...problemResponses('invalidCursor', 'collectionNotFound'),
      },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher.persons.list(params.collection, query),
  })

  app.route({
    method: 'POST',
    url,
    bodyLimit: options.maxRequestBytes,
    config: {
      scope: 'enroll',
      multipart: createManyForm(
        { name: nameSchema, metadata: { type: 'string', description: 'A JSON object.' } },
        ['name'],
      ),
    },
    schema: {
      operationId: 'createPerson',
      tags,
      summary: 'Create a person, or find one by name, with or without images',
      description:
        'With images, or with embeddings in JSON, the person is created together with its first faces; when no image can be used, nothing is stored and the answer is an error that carries `rejected`. With `ifExists` a person of the name may be taken instead.',
      params: collectionParams,
      querystring: newPersonQuery,
      headers: idempotencyHeaders,
      body: jsonBody(personJson),
      response: {
        201: ref(CreatedPerson),
        ...problemResponses(
          'invalidName',
          'invalidMetadata',
          'invalidOption',
          'tooManyImages',
          'imageTooLarge',
          'unsupportedImage',
          'collectionNotFound',
          'personExists',
          'idempotencyConflict',
          'noFace',
          'multipleFaces',
          'qualityTooLow',
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
      const { collection } = request.params
      const { upload, images, fields } = await readEnrollUpload(request, { minImages: 0 }, options)
      const { ifExists = 'create' } = request.query
      const person = { ...parseNewPerson(fields), ifExists }
      const toLocation = ({ id }: CreatedPersonBody) =>
        `/v1/collections/${encodeURIComponent(collection)}/persons/${id}`
      return answerOnce({ request, reply, upload, toLocation }, answers, async () => {
        if (images.length === 0) {
          const created = await faceWatcher.persons.create(collection, person)
          return { status: 201, body: toCreatedPersonBody(created) }
        }
        const result: EnrollResult = await faceWatcher.enroll(
          collection,
          person,
          images,
          toEnrollOptions(request.query, signal),
        )
        reply.timings = result.timings
        if (!result.person) throw toRejectionError(result)
        const { faces, rejected, hints } = result
        return { status: 201, body: { ...result.person, faces, rejected, hints } }
      })
    },
  })

  app.route({
    method: 'GET',
    url: `${url}/:person`,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getPerson',
      tags,
      summary: 'Get a person',
      params: personParams,
      response: { 200: ref(Person), ...problemResponses('collectionNotFound', 'personNotFound') },
    },
    handler: async ({ params, faceWatcher }) =>
      faceWatcher.persons.get(params.collection, params.person),
  })

  app.route({
    method: 'PATCH',
    url: `${url}/:person`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'updatePerson',
      tags,
      summary: 'Rename a person or replace its metadata',
      params: personParams,
      body: personPatch,
      response: {
        200: ref(Person),
        ...problemResponses(
          'invalidName',
          'invalidMetadata',
          'collectionNotFound',
          'personNotFound',
        ),
      },
    },
    handler: async ({ params, body, faceWatcher }) =>
      faceWatcher.persons.update(params.collection, params.person, body),
  })

  app.route({
    method: 'DELETE',
    url: `${url}/:person`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'deletePerson',
      tags,
      summary: 'Delete a person and all faces',
      description: 'When this answers, the person is found in no search any more.',
      params: personParams,
      response: { 204: noContent, ...problemResponses('collectionNotFound', 'personNotFound') },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      await faceWatcher.persons.delete(params.collection, params.person)
      return reply.code(204).send()
    },
  })
}

const newPersonSchema = Type.Object(newPerson, { additionalProperties: false })
const validateNewPerson = compileValidator({
  schema: newPersonSchema,
  method: 'POST',
  url: '',
  httpPart: 'body',
})

/**
 * Name and metadata of a form or a JSON body; metadata is JSON text in a form.
 * @throws {FaceError} `invalidName`, `invalidMetadata`, `invalidRequest`
 */
function parseNewPerson(fields: Readonly<Record<string, unknown>>): {
  readonly name: string
  readonly metadata?: Metadata
} {
  const metadata =
    typeof fields.metadata === 'string' ? parseMetadata(fields.metadata) : fields.metadata
  const person = { ...fields, ...(metadata === undefined ? {} : { metadata }) }
  const result = validateNewPerson(person) as { error?: FaceError }
  if (result.error) throw result.error
  return person as Static<typeof newPersonSchema>
}

function parseMetadata(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new FaceError('invalidMetadata', { detail: 'It is not valid JSON.', cause })
  }
  assertBoundedValue(value)
  return value
}
