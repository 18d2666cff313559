import { type Static, Type } from 'typebox'
import { maxMovedFaces } from '../../../storage/ports/faces.ts'
import {
  maxMerged,
  type NewPerson,
  waysIfExists,
  waysOnAmbiguous,
} from '../../../storage/ports/persons.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { ref } from '../component.ts'
import { metadataSchema, nameSchema } from '../persons/fields.ts'
import { collectionParams, personParams } from '../shared.ts'
import { FacesMoved, PersonsMerged } from './schema.ts'

const faceIds = Type.Array(Type.String({ maxLength: 100 }), {
  minItems: 1,
  maxItems: maxMovedFaces,
  uniqueItems: true,
  description: 'Ids of faces.',
})

const target = {
  personId: Type.Optional(Type.String({ maxLength: 100, description: 'Who gets them.' })),
  newPerson: Type.Optional(
    Type.Object(
      {
        name: nameSchema,
        metadata: Type.Optional(metadataSchema),
        ifExists: Type.Optional(Type.Enum([...waysIfExists], { type: 'string' })),
        onAmbiguous: Type.Optional(Type.Enum([...waysOnAmbiguous], { type: 'string' })),
      },
      { additionalProperties: false, description: 'Who is made, or found by name, for them.' },
    ),
  ),
}

const moveBody = Type.Object(
  {
    faceIds,
    ...target,
    removeEmptied: Type.Optional(
      Type.Boolean({
        description: 'Deletes persons who have no face left; default: they stay.',
      }),
    ),
  },
  { additionalProperties: false, oneOf: [{ required: ['personId'] }, { required: ['newPerson'] }] },
)

const mergeBody = Type.Object(
  {
    from: Type.Array(Type.String({ maxLength: 100 }), {
      minItems: 1,
      maxItems: maxMerged,
      uniqueItems: true,
      description: 'Ids of persons who are merged into this one; of their fields the first counts.',
    }),
    name: Type.Optional(nameSchema),
    coverFaceId: Type.Optional(
      Type.String({ maxLength: 100, description: 'A face of any of them.' }),
    ),
    metadata: Type.Optional(metadataSchema),
  },
  { additionalProperties: false },
)

const mergeQuery = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Boolean({ description: 'Changes nothing: the answer says what a merge would do.' }),
    ),
  },
  { additionalProperties: false },
)

const moveErrors = [
  ...(['invalidName', 'invalidMetadata', 'invalidOption', 'collectionNotFound'] as const),
  ...(['personNotFound', 'faceNotFound', 'personExists'] as const),
]

function toTarget({ personId, newPerson }: Static<typeof moveBody>): string | NewPerson {
  return personId ?? (newPerson as NewPerson)
}

/** `.../faces/move`, `.../persons/{person}/split` and `.../persons/{person}/merge`. */
export function registerCorrectionRoutes(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/faces/move',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'moveFaces',
      tags: ['faces'],
      summary: 'Give faces to another person, or a new one',
      description:
        'Faces of any persons, all that can be moved as one change; `faces` says what became of each. Searches find them all the time. `faceNotFound` when none is there.',
      params: collectionParams,
      body: moveBody,
      response: { 200: ref(FacesMoved), ...problemResponses(...moveErrors) },
    },
    handler: async ({ params, body, faceWatcher }) => {
      const { removeEmptied = false } = body
      return faceWatcher.faces.move(params.collection, body.faceIds, toTarget(body), {
        removeEmptied,
      })
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/persons/:person/split',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'splitPerson',
      tags: ['persons'],
      summary: 'Give some faces of a person to another one, or a new one',
      description: 'As moving faces, for faces of this person only; others are `notFound`.',
      params: personParams,
      body: moveBody,
      response: { 200: ref(FacesMoved), ...problemResponses(...moveErrors) },
    },
    handler: async ({ params: { collection, person }, body, faceWatcher }) => {
      await faceWatcher.persons.get(collection, person)
      const { removeEmptied = false } = body
      const options = { removeEmptied, from: person }
      return faceWatcher.faces.move(collection, body.faceIds, toTarget(body), options)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/persons/:person/merge',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'mergePersons',
      tags: ['persons'],
      summary: 'Merge other persons into this one',
      description:
        'This person survives and gets the faces of the others, who are deleted, as one change. All names become aliases, notes follow one another, and of external ids and metadata the first counts; `lost` says what is not taken over.',
      params: personParams,
      querystring: mergeQuery,
      body: mergeBody,
      response: {
        200: ref(PersonsMerged),
        ...problemResponses(
          ...(['invalidName', 'invalidMetadata', 'invalidOption'] as const),
          ...(['collectionNotFound', 'personNotFound', 'faceNotFound'] as const),
          'limitReached',
        ),
      },
    },
    handler: async ({ params: { collection, person }, query, body, faceWatcher }) => {
      const input = { ...body, into: person }
      return query.dryRun
        ? faceWatcher.persons.mergeConsequences(collection, input)
        : faceWatcher.persons.merge(collection, input)
    },
  })
}
