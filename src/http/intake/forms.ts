import type { FastifyRequest } from 'fastify'
import { FaceError } from '../../core/errors.ts'

/** Turns errors of the multipart parser into errors of the catalogue; its own messages quote the body. */
export function toFormError(error: unknown): unknown {
  if (error instanceof FaceError) return error
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && code.startsWith('FST_')) return error
  const detail = 'The multipart form is malformed or cut off.'
  return new FaceError('invalidRequest', { detail, cause: error })
}

/** Reads what is still on its way and throws it away; see `sendProblem`. */
export function dropRest({ raw }: FastifyRequest): void {
  raw.unpipe()
  raw.resume()
}
