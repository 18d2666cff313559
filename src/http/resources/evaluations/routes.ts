import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { assertArchive } from '../../../jobs/archive/archive.ts'
import { toLabelledArchive } from '../../../jobs/kinds/photograph-evaluation.ts'
import type { FaceWatcher } from '../../../recognition/face-watcher.ts'
import { readPhotographs } from '../../intake/photographs.ts'
import { envelopeBytes } from '../../options.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { acceptJob } from '../jobs/accepted.ts'
import { Job } from '../jobs/schema.ts'
import { createPhotographForm } from '../shared.ts'
import { unknownModel } from '../unknown-model.ts'

const query = Type.Object(
  {
    modelId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'An installed embedder; default the one of the configuration.',
        examples: ['sface'],
      }),
    ),
  },
  { additionalProperties: false },
)

/** `POST /v1/evaluations`. */
export function registerEvaluationRoute(app: App, { jobs, options }: RouteContext): void {
  app.route({
    method: 'POST',
    url: '/v1/evaluations',
    bodyLimit: options.maxArchiveBytes + envelopeBytes,
    config: { scope: 'admin', wholeServer: true, multipart: createPhotographForm() },
    schema: {
      operationId: 'evaluatePhotographs',
      tags: ['system'],
      summary: 'Measure how well a model tells the people of photographs apart',
      description:
        'A job: 202, and `Location` is its address. Photographs come as for a bulk enrolment; the folder of each names its person. Nobody is enrolled. The result has the error rates by threshold, and how similar pairs of one person and of different people are; the items are the pairs that are confused most, with small pictures, and the photographs that cannot be used. What was sent is kept until the job is over, the pictures as long as the job.',
      querystring: query,
      response: {
        202: ref(Job),
        ...problemResponses('unknownModel', 'modelNotInstalled', 'payloadTooLarge', 'overloaded'),
      },
    },
    handler: async (request, reply) => {
      const modelId = await chooseEmbedder(request.faceWatcher, request.query.modelId)
      const job = await jobs
        .as(toGalleryCaller(request))
        .startWithFile(
          { kind: 'photographEvaluation', input: { modelId } },
          toLabelledArchive(assertArchive(readPhotographs(request, options))),
        )
      return acceptJob(reply, job)
    },
  })
}

/** @throws {FaceError} `unknownModel`, `modelNotInstalled` */
async function chooseEmbedder(
  faceWatcher: FaceWatcher,
  wanted: string | undefined,
): Promise<string> {
  const embedders = (await faceWatcher.models()).filter(({ task }) => task === 'embedder')
  const found = embedders.find(({ id, isDefault }) =>
    wanted === undefined ? isDefault : id === wanted,
  )
  if (found === undefined) throw unknownModel(embedders)
  if (!found.installed) throw new FaceError('modelNotInstalled', { detail: `It is ${found.id}.` })
  return found.id
}
