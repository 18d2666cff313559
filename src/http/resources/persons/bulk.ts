import { Type } from 'typebox'
import {
  type BulkPersonOutcome,
  type BulkPersonsResult,
  maxBulkPersons,
} from '../../../recognition/bulk-persons.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { type Component, component, ref } from '../component.ts'
import { Person } from '../gallery-schemas.ts'
import { collectionParams, eraseProperty } from '../shared.ts'
import { consentInput } from './consent-fields.ts'
import {
  aliasesSchema,
  favouriteSchema,
  hiddenSchema,
  metadataSchema,
  nameSchema,
  notesSchema,
} from './fields.ts'

const words = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 100 })

const operation = Type.Union([
  Type.Object({ kind: Type.Literal('delete'), ...eraseProperty }, { additionalProperties: false }),
  Type.Object(
    {
      kind: Type.Literal('update'),
      fields: Type.Optional(
        Type.Object(
          {
            name: Type.Optional(nameSchema),
            aliases: Type.Optional(aliasesSchema),
            notes: Type.Optional(notesSchema),
            metadata: Type.Optional(metadataSchema),
            hidden: Type.Optional(hiddenSchema),
            favourite: Type.Optional(favouriteSchema),
            consent: Type.Optional(Type.Union([consentInput, Type.Null()])),
          },
          { additionalProperties: false, description: 'Replaced as a whole.' },
        ),
      ),
      setMetadata: Type.Optional(
        Type.Unsafe<Readonly<Record<string, unknown>>>({
          type: 'object',
          additionalProperties: true,
          description: 'Keys of the metadata that are added or replaced; others stay.',
        }),
      ),
      removeMetadata: Type.Optional(words),
      addTags: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
          maxItems: 100,
          description: 'Added to the list `tags` of the metadata.',
        }),
      ),
      removeTags: Type.Optional(words),
    },
    { additionalProperties: false },
  ),
])

const body = Type.Object(
  {
    ids: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      maxItems: maxBulkPersons,
      uniqueItems: true,
      description: 'Ids of persons.',
    }),
    operation,
    dryRun: Type.Optional(
      Type.Boolean({
        description: 'Nothing is changed; the answer has the persons as they would be.',
      }),
    ),
  },
  { additionalProperties: false },
)

const Outcome: Component<BulkPersonOutcome> = component<BulkPersonOutcome>('BulkPersonOutcome').of(
  Type.Union([
    Type.Object(
      {
        id: Type.String(),
        status: Type.Literal('ok'),
        person: Type.Optional(ref(Person)),
        entryId: Type.Optional(
          Type.String({ description: 'In the history; absent when nothing changed.' }),
        ),
      },
      { title: 'ChangedPerson', description: 'As the person is now; absent when deleted.' },
    ),
    Type.Object(
      {
        id: Type.String(),
        status: Type.Literal('failed'),
        code: Type.String({ description: 'Code of an error.', examples: ['personNotFound'] }),
        message: Type.String({ description: 'A plain sentence.' }),
      },
      { title: 'UnchangedPerson' },
    ),
  ]),
)

const Result: Component<BulkPersonsResult> = component<BulkPersonsResult>('BulkPersons').of(
  Type.Object(
    {
      items: Type.Array(ref(Outcome), { description: 'One for each id, in their order.' }),
      changed: Type.Integer(),
      failed: Type.Integer(),
    },
    { description: 'What became of each person.' },
  ),
)

/** Components of the answers here. */
export const bulkPersonComponents = [Outcome, Result] as const

/** `POST /v1/collections/{collection}/persons/bulk`. */
export function registerBulkPersonRoutes(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/persons/bulk',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'changePersons',
      tags: ['persons'],
      summary: 'Change or delete many persons',
      description:
        'One operation on up to 1,000 persons, with a result for each. That one cannot be changed does not stop the others.',
      params: collectionParams,
      body,
      response: {
        200: ref(Result),
        ...problemResponses('invalidRequest', 'invalidOption', 'collectionNotFound'),
      },
    },
    handler: async ({ params, body: { ids, operation, dryRun = false }, faceWatcher }) => {
      const entries = ids.map((id) => ({ id, operation }))
      return faceWatcher.persons.bulk(params.collection, entries, { dryRun })
    },
  })
}
