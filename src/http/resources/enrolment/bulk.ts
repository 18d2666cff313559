import { Type } from 'typebox'
import { assertArchive } from '../../../jobs/archive/archive.ts'
import { toArchiveFile } from '../../../jobs/kinds/bulk-enroll.ts'
import { readPhotographs } from '../../intake/photographs.ts'
import { envelopeBytes } from '../../options.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { acceptJob } from '../jobs/accepted.ts'
import { Job } from '../jobs/schema.ts'
import { collectionParams, createPhotographForm } from '../shared.ts'
import { enrollQuery } from './routes.ts'

const { faces, duplicates, skipQualityGates } = enrollQuery.properties
const bulkQuery = Type.Object(
  {
    ...{ faces, duplicates, skipQualityGates },
    onAmbiguous: Type.Optional(
      Type.Enum(['reject', 'first'], {
        type: 'string',
        description:
          'When several persons have the name of a photograph. `reject` (default): it is rejected, `ambiguousName`. `first`: the person who was made first.',
      }),
    ),
    dryRun: Type.Optional(
      Type.Boolean({
        description:
          'Looks at every photograph and stores nothing; the items say what would happen. Default false.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** `POST /v1/collections/{collection}/enrolments`. */
export function registerBulkRoute(app: App, { jobs, options }: RouteContext): void {
  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/enrolments',
    bodyLimit: options.maxArchiveBytes + envelopeBytes,
    config: { scope: 'enroll', multipart: createPhotographForm() },
    schema: {
      operationId: 'bulkEnroll',
      tags: ['persons'],
      summary: 'Enrol many photographs',
      description:
        'A job: 202, and `Location` is its address; `.../items` tells what became of each photograph. They come as a zip, a tar or a tar packed with gzip in the field `archive`, or as files in the field `photos`, whose file names are paths. The folder of a path is the name of the person, who is made or found by this name; a table says otherwise: `people.csv` in an archive, or the field `table`. What was sent is kept with the job until it is over.',
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
          toArchiveFile(assertArchive(readPhotographs(request, options))),
        )
      return acceptJob(reply, job)
    },
  })
}
