import type { FastifyRequest } from 'fastify'
import { FaceError } from '../../core/errors.ts'
import { envelopeBytes, type ResolvedHttpOptions } from '../options.ts'
import { dropRest, toFormError } from './forms.ts'

/** The field of a form that carries an archive. */
export const archiveField = 'archive'

/**
 * The bytes of the archive in a form, as they come and as fast as they are taken: no more than some
 * kilobytes are held. What is left of the body when the reader stops is read and thrown away.
 *
 * @throws {FaceError} `payloadTooLarge`, `unsupportedMediaType`, `invalidRequest`
 */
export async function* readArchive(
  request: FastifyRequest,
  { maxArchiveBytes }: ResolvedHttpOptions,
): AsyncGenerator<Uint8Array, void> {
  if (!request.isMultipart()) {
    throw new FaceError('unsupportedMediaType', { info: { allowed: ['multipart/form-data'] } })
  }
  const tooLarge = () =>
    new FaceError('payloadTooLarge', {
      detail: `An archive has at most ${maxArchiveBytes} bytes; send several.`,
      info: { maxArchiveBytes },
    })
  if (Number(request.headers['content-length']) > maxArchiveBytes + envelopeBytes) throw tooLarge()
  // Nothing of it is held.
  request.heldUpload?.complete()
  let size = 0
  try {
    const limits = { fileSize: maxArchiveBytes + 1, files: 2, fields: 1, fieldSize: 1024 }
    let hasArchive = false
    for await (const part of request.parts({ limits })) {
      if (part.type !== 'file' || part.fieldname !== archiveField || hasArchive) {
        throw invalid(`A form with one file in the field "${archiveField}" is expected.`)
      }
      hasArchive = true
      for await (const piece of part.file as AsyncIterable<Buffer>) {
        size += piece.length
        if (size > maxArchiveBytes) throw tooLarge()
        yield piece
      }
    }
    if (size === 0) throw invalid(`A file is expected in the field "${archiveField}".`)
  } catch (error) {
    throw toFormError(error)
  } finally {
    dropRest(request)
  }
}

function invalid(detail: string): FaceError {
  return new FaceError('invalidRequest', { detail, info: { expected: [archiveField] } })
}
