import { Readable } from 'node:stream'
import { Zip, ZipPassThrough } from 'fflate'
import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { FaceWatcher } from '../../../recognition/face-watcher.ts'
import { toPersonsCsv, toPersonsJson } from '../../../recognition/persons-table.ts'
import { eachPage } from '../../../storage/iterate.ts'
import type { PageOptions } from '../../../storage/ports/pages.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App } from '../../types.ts'
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
export function registerPersonExportRoutes(app: App): void {
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
                ? 'A CSV file (RFC 4180) with a line of names. Aliases and metadata are JSON.'
                : 'A list of persons.',
            content: { [type.split(';')[0] as string]: { schema: Type.Unsafe<string>({}) } },
          },
          ...problemResponses('invalidOption', 'collectionNotFound'),
        },
      },
      handler: async ({ params, query, faceWatcher }, reply) => {
        const load = (page: PageOptions) =>
          faceWatcher.persons.list(params.collection, { ...query, ...page })
        // What is wrong with the question is an answer of its own.
        await load({ limit: 1 })
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
    handler: async ({ params, faceWatcher }, reply) => {
      const { collection, person } = params
      await faceWatcher.persons.get(collection, person)
      if (!(await hasCrop(faceWatcher, collection, person))) {
        throw new FaceError('notFound', { detail: 'No crop is stored of any face of the person.' })
      }
      reply.type('application/zip')
      reply.header('content-disposition', `attachment; filename="${person}.zip"`)
      return reply.send(Readable.from(toZip(faceWatcher, collection, person)) as never)
    },
  })
}

function eachFacePage(faceWatcher: FaceWatcher, collection: string, personId: string) {
  const load = (page: PageOptions) => faceWatcher.faces.list(collection, { ...page, personId })
  return eachPage(load, { limit: 1000 })
}

async function hasCrop(faceWatcher: FaceWatcher, collection: string, personId: string) {
  for await (const faces of eachFacePage(faceWatcher, collection, personId)) {
    if (faces.some((face) => face.hasCrop)) return true
  }
  return false
}

/** One crop at a time is in memory. JPEG files get no smaller. */
async function* toZip(
  faceWatcher: FaceWatcher,
  collection: string,
  personId: string,
): AsyncGenerator<Uint8Array, void> {
  let pieces: Uint8Array[] = []
  const zip = new Zip((error, piece) => {
    if (error) throw error
    pieces.push(piece)
  })
  const take = (): readonly Uint8Array[] => {
    const taken = pieces
    pieces = []
    return taken
  }
  for await (const faces of eachFacePage(faceWatcher, collection, personId)) {
    for (const { id, hasCrop } of faces) {
      const crop = hasCrop ? await readCrop(faceWatcher, collection, id) : undefined
      if (crop === undefined) continue
      const file = new ZipPassThrough(`${id}.jpg`)
      zip.add(file)
      file.push(crop, true)
      yield* take()
    }
  }
  zip.end()
  yield* take()
}

/** @returns undefined for a face that was deleted meanwhile */
async function readCrop(
  { faces }: FaceWatcher,
  collection: string,
  faceId: string,
): Promise<Uint8Array | undefined> {
  return faces.crop(collection, faceId).catch((error: unknown) => {
    if (error instanceof FaceError && error.code === 'faceNotFound') return undefined
    throw error
  })
}
