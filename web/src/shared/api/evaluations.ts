import { type PhotoSource, toForm } from './bulk-enroll.ts'
import type { Api } from './client.ts'
import type { Job } from './types.ts'

/** Begins the job that measures a model on labelled photographs; nobody is enrolled. */
export function evaluatePhotographs(api: Api, source: PhotoSource, modelId: string): Promise<Job> {
  return api.send((client) =>
    client.POST('/v1/evaluations', {
      params: { query: { modelId } },
      body: {},
      bodySerializer: () => toForm(source),
    }),
  )
}
