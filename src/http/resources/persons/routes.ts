import { type TSchema, Type } from 'typebox'
import {
  type CreatedPersonBody,
  toCreatedPersonBody,
  toEnrolled,
} from '../../../recognition/bodies.ts'
import type { EnrollResult } from '../../../recognition/face-watcher.ts'
import { answerOnce, idempotencyHeaders } from '../../plugins/idempotency.ts'
import { problemResponses } from '../../plugins/problems.ts'
import { toDisconnectSignal } from '../../plugins/request-context.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { newPersonQuery, toEnrollOptions, toRejectionError } from '../enrolment/routes.ts'
import { enrollMembers, readEnrollUpload } from '../enrolment/upload.ts'
import { CreatedPerson, Person } from '../gallery-schemas.ts'
import { nameEntry, noContentWithEntry } from '../history/entry-header.ts'
import {
  collectionParams,
  createFormWithImages,
  eraseQuery,
  jsonBody,
  pageOf,
  personParams,
} from '../shared.ts'
import { registerConsentRoutes } from './consent.ts'
import { consentInput } from './consent-fields.ts'
import {
  aliasesSchema,
  externalIdSchema,
  favouriteSchema,
  hiddenSchema,
  metadataSchema,
  nameSchema,
  notesSchema,
} from './fields.ts'
import { newPersonForm, newPersonMembers, parseNewPerson } from './new-person.ts'
import { personListQuery } from './query.ts'
import { ifMatchHeaders, toCondition, toETag } from './revision.ts'

const personJson = Type.Object(
  { ...newPersonMembers, ...enrollMembers },
  { additionalProperties: false },
)

const orNull = <S extends TSchema>(schema: S) =>
  Type.Optional(Type.Union([schema, Type.Null({ description: 'Takes the value away.' })]))

const personPatch = Type.Object(
  {
    name: Type.Optional(nameSchema),
    aliases: Type.Optional(aliasesSchema),
    externalId: orNull(externalIdSchema),
    notes: orNull(notesSchema),
    metadata: Type.Optional(metadataSchema),
    coverFaceId: orNull(Type.String({ description: 'Id of a face of the person.' })),
    hidden: Type.Optional(hiddenSchema),
    favourite: Type.Optional(favouriteSchema),
    consent: orNull(consentInput),
  },
  { additionalProperties: false, minProperties: 1 },
)

/** `/v1/collections/{collection}/persons` and `.../persons/{person}`. */
export function registerPersonRoutes(app: App, { answers, options }: RouteContext): void {
  registerConsentRoutes(app)
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
      querystring: personListQuery,
      response: {
        200: pageOf(Person),
        ...problemResponses('invalidCursor', 'invalidOption', 'collectionNotFound'),
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
      multipart: createFormWithImages(newPersonForm, ['name']),
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
          'externalIdTaken',
          'consentRequired',
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
      const { ifExists = 'create', onAmbiguous = 'reject' } = request.query
      const person = { ...parseNewPerson(fields), ifExists, onAmbiguous }
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
        return { status: 201, body: { ...result.person, ...toEnrolled(result) } }
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
      description: 'The header `ETag` has the revision, for `If-Match` of a change.',
      params: personParams,
      response: { 200: ref(Person), ...problemResponses('collectionNotFound', 'personNotFound') },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      const person = await faceWatcher.persons.get(params.collection, params.person)
      reply.header('etag', toETag(person))
      return person
    },
  })

  app.route({
    method: 'PATCH',
    url: `${url}/:person`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'updatePerson',
      tags,
      summary: 'Change fields of a person',
      description:
        'What is absent stays, and `null` takes a value away; lists and metadata are replaced as a whole. The header `x-history-entry` has the id of the change in the history; it is absent when nothing changed.',
      params: personParams,
      headers: ifMatchHeaders,
      body: personPatch,
      response: {
        200: ref(Person),
        ...problemResponses(
          'invalidName',
          'invalidMetadata',
          'invalidOption',
          'collectionNotFound',
          'personNotFound',
          'faceNotFound',
          'externalIdTaken',
          'revisionMismatch',
        ),
      },
    },
    handler: async ({ params, body, headers, faceWatcher }, reply) => {
      const condition = toCondition(headers['if-match'])
      const { collection, person: id } = params
      const changed = await faceWatcher.persons.update(collection, id, body, condition)
      const { entryId, ...person } = changed
      nameEntry(reply, { entryId })
      reply.header('etag', toETag(person))
      return person
    },
  })

  app.route({
    method: 'DELETE',
    url: `${url}/:person`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'deletePerson',
      tags,
      summary: 'Delete a person and all faces',
      description:
        'When this answers, the person is found in no search any more. An undo puts the person back, with the faces, for `history.undoDays`.',
      params: personParams,
      headers: ifMatchHeaders,
      querystring: eraseQuery,
      response: {
        204: noContentWithEntry,
        ...problemResponses('collectionNotFound', 'personNotFound', 'revisionMismatch'),
      },
    },
    handler: async ({ params, query, headers, faceWatcher }, reply) => {
      const condition = toCondition(headers['if-match'])
      const how = { ...query, ...condition }
      nameEntry(reply, await faceWatcher.persons.delete(params.collection, params.person, how))
      return reply.code(204).send()
    },
  })
}
