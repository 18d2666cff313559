import type { paths } from '../api.d.ts'
import type { Scope } from './client.ts'
import type { Job } from './types.ts'
import { createUploadFetch, type SentBytes } from './upload.ts'

type EnrolmentsPath = paths['/v1/collections/{collection}/enrolments']

/** How photographs are enrolled, as the API has it. */
export type BulkEnrollOptions = NonNullable<EnrolmentsPath['post']['parameters']['query']>

/** A photograph with its path: the folder that it lies in is the name of its person. */
export interface PathedPhoto {
  readonly path: string
  readonly file: File
}

/** An archive, or photographs and perhaps a table that says who is on them. */
export type PhotoSource =
  | { readonly kind: 'archive'; readonly archive: File }
  | {
      readonly kind: 'photos'
      readonly photos: readonly PathedPhoto[]
      readonly table: File | undefined
    }

interface BulkEnrollRequest {
  readonly options: BulkEnrollOptions
  readonly onProgress: (progress: SentBytes) => void
  readonly signal: AbortSignal
}

/**
 * Begins to enrol many photographs: a job, which goes on without the page once everything was sent.
 *
 * @throws {ApiProblem} `payloadTooLarge` when it is more than the server takes at once, `aborted` when
 *   it was stopped before everything was sent
 */
export function bulkEnroll(
  { api, collection }: Scope,
  source: PhotoSource,
  { options, onProgress, signal }: BulkEnrollRequest,
): Promise<Job> {
  const form = toForm(source)
  return api.send((client) =>
    client.POST('/v1/collections/{collection}/enrolments', {
      params: { path: { collection }, query: options },
      body: {},
      bodySerializer: () => form,
      fetch: createUploadFetch(form, { onProgress, signal }),
    }),
  )
}

/** The multipart body of photographs that are sent. */
export function toForm(source: PhotoSource): FormData {
  const form = new FormData()
  if (source.kind === 'archive') form.append('archive', source.archive)
  else {
    if (source.table) form.append('table', source.table)
    for (const { path, file } of source.photos) form.append('photos', file, path)
  }
  return form
}
