import { Type } from 'typebox'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { acceptJob } from '../jobs/accepted.ts'
import { Job } from '../jobs/schema.ts'
import { collectionParams } from '../shared.ts'

const retentionInput = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Boolean({ description: 'Nobody is erased; the items of the job are the report.' }),
    ),
    reportId: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'Id of a dry run that is done: only persons whom it reported are erased.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** `/v1/collections/{collection}/retention-runs`. */
export function registerRetentionRoutes(app: App, { jobs }: RouteContext): void {
  app.route({
    method: 'POST',
    url: '/v1/collections/:collection/retention-runs',
    config: { scope: 'people:write' },
    schema: {
      operationId: 'runRetention',
      tags: ['collections'],
      summary: 'Erase the persons who are due by the rules of a collection',
      description:
        'A job: 202, and `Location` is its address; its items say who is erased, or of a dry run who would be, by which rule and since when. Who is due is looked at again when each person is erased, which no undo takes back.',
      params: collectionParams,
      body: retentionInput,
      response: { 202: ref(Job), ...problemResponses('invalidOption', 'collectionNotFound') },
    },
    handler: async (request, reply) => {
      const { collection } = request.params
      const own = jobs.as(toGalleryCaller(request))
      const input = request.body
      return acceptJob(reply, await own.start({ kind: 'retention', collection, input }))
    },
  })
}
