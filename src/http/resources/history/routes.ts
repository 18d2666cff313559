import { Type } from 'typebox'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
import { ref } from '../component.ts'
import { collectionParams, pageOf, pageProperties } from '../shared.ts'
import { HistoryDetails, HistoryEntry } from './schema.ts'

const entryParams = Type.Object({
  ...collectionParams.properties,
  entry: Type.String({ description: 'Id of the entry.' }),
})

const listQuery = Type.Object(
  {
    ...pageProperties,
    person: Type.Optional(
      Type.String({ maxLength: 200, description: 'Id of a person: only changes about them.' }),
    ),
  },
  { additionalProperties: false },
)

/** `/v1/collections/{collection}/history`, its entries and `.../undo`. */
export function registerHistoryRoutes(app: App): void {
  const tags = ['history']
  const url = '/v1/collections/:collection/history'
  const notFound = ['collectionNotFound', 'historyEntryNotFound'] as const

  app.route({
    method: 'GET',
    url,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'listHistory',
      tags,
      summary: 'List the changes of persons and faces, newest first',
      params: collectionParams,
      querystring: listQuery,
      response: {
        200: pageOf(HistoryEntry),
        ...problemResponses('invalidCursor', 'collectionNotFound'),
      },
    },
    handler: async ({ params, query: { person, ...page }, faceWatcher }) =>
      faceWatcher.history.list(params.collection, {
        ...page,
        ...(person === undefined ? {} : { personId: person }),
      }),
  })

  app.route({
    method: 'GET',
    url: `${url}/:entry`,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getHistoryEntry',
      tags,
      summary: 'Get a change, with how everything was before and after',
      params: entryParams,
      response: { 200: ref(HistoryDetails), ...problemResponses(...notFound) },
    },
    handler: async ({ params, faceWatcher }) =>
      faceWatcher.history.get(params.collection, params.entry),
  })

  app.route({
    method: 'POST',
    url: `${url}/:entry/undo`,
    config: { scope: 'people:write' },
    schema: {
      operationId: 'undoHistoryEntry',
      tags,
      summary: 'Take a change back',
      description:
        'As a whole or not at all, as long as what it needs is as the change left it; `undoRefused` says why not. The answer is the new entry: taking that one back does again what was undone.',
      params: entryParams,
      response: { 200: ref(HistoryDetails), ...problemResponses(...notFound, 'undoRefused') },
    },
    handler: async ({ params, faceWatcher }) =>
      faceWatcher.history.undo(params.collection, params.entry),
  })
}
