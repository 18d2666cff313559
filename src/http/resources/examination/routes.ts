import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { maxComparedFaces } from '../../../recognition/examination/person-quality.ts'
import { eachPage } from '../../../storage/iterate.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { acceptJob } from '../jobs/accepted.ts'
import { Job } from '../jobs/schema.ts'
import { collectionParams, personParams } from '../shared.ts'
import { type Finished, GalleryReport, MergeSuggestions, PersonQuality } from './schema.ts'

const qualityQuery = Type.Object(
  {
    cap: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxComparedFaces,
        description: 'How many faces a person is to have at most, default 40.',
      }),
    ),
  },
  { additionalProperties: false },
)

const mergeInput = Type.Object(
  {
    maxWrong: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1000,
        description: 'About how many suggestions may be wrong, default 3.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** How good a gallery is: `.../persons/{person}/quality`, `.../report` and `.../merge-suggestions`. */
export function registerExaminationRoutes(app: App, { jobs }: RouteContext): void {
  /** The newest finished job of this kind of the collection. @throws {FaceError} `notFound` */
  async function findNewest<Result>(
    request: FastifyRequest,
    kind: string,
    collection: string,
  ): Promise<Finished<Result>> {
    const { id } = await request.faceWatcher.collections.get(collection, { difficulty: 'none' })
    const own = jobs.as(toGalleryCaller(request))
    const load = (options: object) => own.list({ ...options, kind, state: 'done' })
    for await (const page of eachPage(load, { limit: 1000 })) {
      const job = page.find(({ collectionId }) => collectionId === id)
      if (job === undefined) continue
      return { jobId: job.id, endedAt: job.endedAt as string, result: job.result as Result }
    }
    throw new FaceError('notFound', { detail: 'There is none yet: POST begins one.' })
  }

  app.route({
    method: 'GET',
    url: '/v1/collections/:collection/persons/:person/quality',
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getPersonQuality',
      tags: ['persons'],
      summary: "Examine a person's faces",
      description:
        'Outliers first; copies, what can be done without, and which photograph would help most. Nothing is changed.',
      params: personParams,
      querystring: qualityQuery,
      response: {
        200: ref(PersonQuality),
        ...problemResponses('collectionNotFound', 'personNotFound'),
      },
    },
    handler: async ({ params, query, faceWatcher }) =>
      faceWatcher.examination.person(params.collection, params.person, query),
  })

  app.route({
    method: 'GET',
    url: '/v1/collections/:collection/report',
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getReport',
      tags: ['collections'],
      summary: 'Get the newest report about a collection',
      params: collectionParams,
      response: {
        200: ref(GalleryReport),
        ...problemResponses('collectionNotFound', 'notFound'),
      },
    },
    handler: async (request) => findNewest(request, 'galleryReport', request.params.collection),
  })

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/report',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'startReport',
      tags: ['collections'],
      summary: 'Examine a collection with its own faces',
      description:
        'A job: 202, and `Location` is its address. Each face is searched for without itself; pairs of different persons who look alike and weak persons are listed. It may take minutes; searches go on.',
      params: collectionParams,
      response: { 202: ref(Job), ...problemResponses('collectionNotFound') },
    },
    handler: async (request, reply) => {
      const { collection } = request.params
      const own = jobs.as(toGalleryCaller(request))
      return acceptJob(reply, await own.start({ kind: 'galleryReport', collection }))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/collections/:collection/merge-suggestions',
    config: { scope: 'people:read' },
    schema: {
      operationId: 'getMergeSuggestions',
      tags: ['persons'],
      summary: 'Get the newest suggestions of persons to merge',
      params: collectionParams,
      response: {
        200: ref(MergeSuggestions),
        ...problemResponses('collectionNotFound', 'notFound'),
      },
    },
    handler: async (request) => findNewest(request, 'mergeSuggestions', request.params.collection),
  })

  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/merge-suggestions',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'suggestMerges',
      tags: ['persons'],
      summary: 'Look for persons who are there twice',
      description:
        'A job: 202, and `Location` is its address. It may take minutes; searches go on. Pairs with a rejection of a face of one for the other are left out.',
      params: collectionParams,
      body: Type.Optional(mergeInput),
      response: { 202: ref(Job), ...problemResponses('collectionNotFound') },
    },
    handler: async (request, reply) => {
      const { collection } = request.params
      const own = jobs.as(toGalleryCaller(request))
      const input = request.body ?? {}
      return acceptJob(reply, await own.start({ kind: 'mergeSuggestions', collection, input }))
    },
  })
}
