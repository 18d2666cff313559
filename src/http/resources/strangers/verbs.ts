import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { StrangerChange } from '../../../recognition/strangers/strangers-api.ts'
import { waysIfExists, waysOnAmbiguous } from '../../../storage/ports/persons.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { ref } from '../component.ts'
import { metadataSchema, nameSchema } from '../persons/fields.ts'
import { collectionParams, noContent } from '../shared.ts'
import { strangerParams } from './routes.ts'
import { AssignedStranger, Stranger, StrangerChanges } from './schema.ts'

const assignJson = Type.Object(
  {
    personId: Type.Optional(Type.String({ description: 'A person who is there.' })),
    name: Type.Optional(nameSchema),
    metadata: Type.Optional(metadataSchema),
    ifExists: Type.Optional(
      Type.Enum([...waysIfExists], {
        type: 'string',
        description:
          'With `name`, when somebody is called exactly so. `create` (default): another person is made. `reuse`: it is that person, whose fields stay as they are. `refuse`: `personExists`.',
      }),
    ),
    onAmbiguous: Type.Optional(
      Type.Enum([...waysOnAmbiguous], {
        type: 'string',
        description:
          'With `ifExists` `reuse`, when several have the name. `reject` (default): `invalidOption`. `first`: the one who was made first. `new`: another is made.',
      }),
    ),
    sightingIds: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 20,
        description: 'Sightings to enrol; default: those that show the face best.',
      }),
    ),
    maxFaces: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 20,
        description: 'Most sightings that are enrolled where none are named, default 5.',
      }),
    ),
  },
  { additionalProperties: false },
)

const changesJson = Type.Object(
  {
    ids: Type.Array(Type.String(), { minItems: 1, maxItems: 1000 }),
    action: Type.Enum(['ignore', 'show', 'discard'], {
      type: 'string',
      description:
        '`ignore`: of no interest, not shown any more. `show`: takes that back. `discard`: not a face; it is erased with its sightings.',
    }),
  },
  { additionalProperties: false },
)

/** What is done with strangers: `/v1/collections/{collection}/strangers/{stranger}/...`. */
export function registerStrangerVerbRoutes(app: App): void {
  const tags = ['strangers']
  const url = '/v1/collections/:collection/strangers'
  const notFound = ['collectionNotFound', 'strangerNotFound'] as const

  app.route({
    method: 'POST',
    url: `${url}/:stranger/assign`,
    config: { scope: 'enroll' },
    schema: {
      operationId: 'assignStranger',
      tags,
      summary: 'Say who a stranger is',
      description:
        "With `personId` a person who is there, with `name` a new one, or with `ifExists` the one of that name. Some of the sightings are enrolled; all of them are the person's from then on, back to the first.",
      params: strangerParams,
      body: assignJson,
      response: {
        200: ref(AssignedStranger),
        ...problemResponses(
          'invalidName',
          'invalidMetadata',
          'invalidOption',
          ...notFound,
          'personNotFound',
          'personExists',
          'sightingNotFound',
          'strangerConflict',
          'modelMismatch',
        ),
      },
    },
    handler: async ({ params, body, faceWatcher }) => {
      const { personId, name, metadata, ifExists, onAmbiguous, ...options } = body
      if ((personId === undefined) === (name === undefined)) {
        throw new FaceError('invalidRequest', {
          detail: 'Expected "personId" or "name", one of them.',
        })
      }
      const ofName = { metadata, ifExists, onAmbiguous }
      for (const [field, value] of Object.entries(ofName)) {
        if (personId === undefined || value === undefined) continue
        throw new FaceError('invalidRequest', { detail: `"${field}" goes with "name".` })
      }
      const person = personId ?? {
        ...{ name: name as string },
        ...(metadata === undefined ? {} : { metadata }),
        ...(ifExists === undefined ? {} : { ifExists }),
        ...(onAmbiguous === undefined ? {} : { onAmbiguous }),
      }
      return faceWatcher.strangers.assign(params.collection, params.stranger, person, options)
    },
  })

  app.route({
    method: 'DELETE',
    url: `${url}/:stranger/assign`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'unassignStranger',
      tags,
      summary: 'Take back who a stranger is',
      description: "Its sightings are the stranger's again. Faces that were enrolled stay.",
      params: strangerParams,
      response: { 200: ref(Stranger), ...problemResponses(...notFound, 'strangerConflict') },
    },
    handler: async ({ params, faceWatcher }) =>
      faceWatcher.strangers.unassign(params.collection, params.stranger),
  })

  app.route({
    method: 'POST',
    url: `${url}/:stranger/ignore`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'ignoreStranger',
      tags,
      summary: 'Show a stranger, and those very like it, no more',
      params: strangerParams,
      response: { 204: noContent, ...problemResponses(...notFound, 'strangerConflict') },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      assertDone(await faceWatcher.strangers.ignore(params.collection, [params.stranger]))
      return reply.code(204).send()
    },
  })

  app.route({
    method: 'DELETE',
    url: `${url}/:stranger/ignore`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'showStranger',
      tags,
      summary: 'Show an ignored stranger again, and those ignored because of it',
      params: strangerParams,
      response: { 204: noContent, ...problemResponses(...notFound, 'strangerConflict') },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      assertDone(await faceWatcher.strangers.show(params.collection, [params.stranger]))
      return reply.code(204).send()
    },
  })

  app.route({
    method: 'POST',
    url: `${url}/:stranger/discard`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'discardStranger',
      tags,
      summary: 'Erase what is not a face, with its sightings',
      params: strangerParams,
      response: { 204: noContent, ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }, reply) => {
      assertDone(await faceWatcher.strangers.discard(params.collection, [params.stranger]))
      return reply.code(204).send()
    },
  })

  app.route({
    method: 'POST',
    url: `${url}/changes`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'changeStrangers',
      tags,
      summary: 'Ignore, show or discard up to 1,000 strangers',
      description: 'The answer says for each id whether it was there.',
      params: collectionParams,
      body: changesJson,
      response: {
        200: ref(StrangerChanges),
        ...problemResponses('invalidOption', 'collectionNotFound'),
      },
    },
    handler: async ({ params, body: { ids, action }, faceWatcher }) => ({
      items: await faceWatcher.strangers[action](params.collection, ids),
    }),
  })
}

/** @throws {FaceError} `strangerNotFound`, `strangerConflict` */
function assertDone([change]: readonly StrangerChange[]): void {
  if (change?.outcome === 'assigned') {
    throw new FaceError('strangerConflict', { detail: 'It is a person.' })
  }
  if (change?.outcome !== 'done') throw new FaceError('strangerNotFound')
}
