import { Type } from 'typebox'
import { assertArchive } from '../../../jobs/archive/archive.ts'
import { toArchiveFile } from '../../../jobs/kinds/bulk-enroll.ts'
import { archiveField, readArchive } from '../../intake/archive.ts'
import { envelopeBytes } from '../../options.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { Job } from '../jobs/schema.ts'
import { collectionParams, createForm } from '../shared.ts'
import { enrollQuery } from './routes.ts'

const { faces, duplicates, skipQualityGates } = enrollQuery.properties
const bulkQuery = Type.Object(
  { faces, duplicates, skipQualityGates },
  { additionalProperties: false },
)

/** `POST /v1/collections/{collection}/enrolments`. */
export function registerBulkRoute(app: App, { jobs, options }: RouteContext): void {
  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/enrolments',
    bodyLimit: options.maxArchiveBytes + envelopeBytes,
    config: { scope: 'enroll', multipart: createForm([archiveField]) },
    schema: {
      operationId: 'bulkEnroll',
      tags: ['persons'],
      summary: 'Enrol the photographs of a zip or tar',
      description:
        'A job: 202, and `Location` is its address; `.../items` tells what became of each photograph. The folder that a photograph lies in is the name of its person, who is made or found by this name. A tar may be packed with gzip. The archive is kept with the job until it is over.',
      params: collectionParams,
      querystring: bulkQuery,
      response: {
        202: ref(Job),
        ...problemResponses('collectionNotFound', 'payloadTooLarge', 'overloaded'),
      },
    },
    handler: async (request, reply) => {
      const { collection } = request.params
      const job = await jobs
        .as(toGalleryCaller(request))
        .startWithFile(
          { kind: 'bulkEnroll', collection, input: request.query },
          toArchiveFile(assertArchive(readArchive(request, options))),
        )
      return reply.code(202).header('location', `/v1/jobs/${job.id}`).send(job)
    },
  })
}
