import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { hasCrops, toCropsZip } from '../../../recognition/crops-zip.ts'
import { toPersonsCsv, toPersonsJson } from '../../../recognition/persons-table.ts'
import type { PageOptions } from '../../../storage/ports/pages.ts'
import { toCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { collectionParams, personParams } from '../shared.ts'
import { personExportQuery } from './query.ts'

const url = '/v1/collections/:collection'
const tags = ['persons']

/** What is answered as a file of its own. */
const formats = [
  { ending: 'csv', id: 'exportPersonsCsv', type: 'text/csv; charset=utf-8', write: toPersonsCsv },
  { ending: 'json', id: 'exportPersonsJson', type: 'application/json', write: toPersonsJson },
] as const

/** `/v1/collections/{collection}/persons.csv`, `.json`, and `.../persons/{person}/faces.zip`. */
export function registerPersonExportRoutes(app: App, { auditLog }: RouteContext): void {
  async function enter(
    request: FastifyRequest,
    { collection, ...rest }: { readonly collection: string; readonly person?: string },
    what: string,
  ): Promise<void> {
    const { id } = await request.faceWatcher.collections.get(collection, { difficulty: 'none' })
    const subjects = rest.person === undefined ? {} : { persons: [rest.person] }
    const event = { kind: 'dataExported', collectionId: id, subjects, details: { what } } as const
    auditLog.note(event, toCaller(request))
  }

  for (const { ending, id, type, write } of formats) {
    app.route({
      method: 'GET',
      url: `${url}/persons.${ending}`,
      config: { scope: 'people:read' },
      schema: {
        operationId: id,
        tags,
        summary: `All persons, or those who are asked for, as ${ending.toUpperCase()}`,
        params: collectionParams,
        querystring: personExportQuery,
        response: {
          200: {
            description:
              ending === 'csv'
                ? 'A CSV file (RFC 4180) with a line of names. Aliases, metadata and the consent are JSON.'
                : 'A list of persons.',
            content: { [type.split(';')[0] as string]: { schema: Type.Unsafe<string>({}) } },
          },
          ...problemResponses('invalidOption', 'collectionNotFound'),
        },
      },
      handler: async (request, reply) => {
        const { params, query, faceWatcher } = request
        const load = (page: PageOptions) =>
          faceWatcher.persons.list(params.collection, { ...query, ...page })
        // What is wrong with the question is an answer of its own.
        await load({ limit: 1 })
        await enter(request, params, `persons.${ending}`)
        reply.type(type)
        const fileName = `${params.collection}-persons.${ending}`
        reply.header('content-disposition', `attachment; filename="${fileName}"`)
        return reply.send(Readable.from(write(load)) as never)
      },
    })
  }

  app.route({
    method: 'GET',
    url: `${url}/persons/:person/faces.zip`,
    config: { scope: 'people:read' },
    schema: {
      operationId: 'exportFaceCrops',
      tags,
      summary: 'The stored crops of a person, as a zip',
      params: personParams,
      response: {
        200: {
          description: 'A zip archive of JPEG files, whose names are the ids of the faces.',
          content: {
            'application/zip': { schema: Type.Unsafe({ type: 'string', format: 'binary' }) },
          },
        },
        ...problemResponses('collectionNotFound', 'personNotFound', 'notFound'),
      },
    },
    handler: async (request, reply) => {
      const { params, faceWatcher } = request
      const { collection, person } = params
      await faceWatcher.persons.get(collection, person)
      if (!(await hasCrops(faceWatcher, collection, person))) {
        throw new FaceError('notFound', { detail: 'No crop is stored of any face of the person.' })
      }
      await enter(request, params, 'faces.zip')
      reply.type('application/zip')
      reply.header('content-disposition', `attachment; filename="${person}.zip"`)
      return reply.send(Readable.from(toCropsZip(faceWatcher, collection, person)) as never)
    },
  })
}
