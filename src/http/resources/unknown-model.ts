import { FaceError } from '../../core/errors.ts'

/** The error for a model that is none of those that an operation takes; it names these. */
export function unknownModel(models: readonly { readonly id: string }[]): FaceError {
  const allowed = models.map(({ id }) => id)
  return new FaceError('unknownModel', {
    detail: `Allowed: ${allowed.join(', ')}.`,
    info: { allowed },
  })
}
