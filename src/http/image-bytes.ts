import { FaceError } from '../core/errors.ts'

/**
 * Decodes RFC 4648 section 4 base64 with padding; the prefix of a `data:` URL is allowed.
 * Node decodes leniently: it skips what is not base64, ends at the first "=" and reads the URL-safe
 * alphabet. So the length tells whether anything was skipped, without a pass over the text here.
 *
 * @param path  where the text stood, for the message
 * @throws {FaceError} `invalidRequest`, `imageTooLarge`
 */
export function parseBase64(text: unknown, path: string, maxImageBytes: number): Uint8Array {
  const invalid = (expected: string) =>
    new FaceError('invalidRequest', { detail: `"${path}" is not ${expected}.` })
  if (typeof text !== 'string') throw invalid('a string')
  const comma = text.startsWith('data:') ? text.indexOf(',') : -1
  if (text.startsWith('data:') && !text.slice(0, comma).endsWith(';base64')) {
    throw invalid('a data: URL in base64')
  }
  const base64 = comma === -1 ? text : text.slice(comma + 1)
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  const size = (base64.length / 4) * 3 - padding
  if (size > maxImageBytes) throw imageTooLarge(maxImageBytes)
  const decoded = Buffer.from(base64, 'base64')
  if (decoded.length !== size || base64.includes('-') || base64.includes('_')) {
    throw invalid('valid base64 (RFC 4648 section 4, with padding)')
  }
  return concatOwned([decoded], decoded.length)
}

/** Joins chunks into an array that owns its buffer, so that it can be handed to a worker uncopied. */
export function concatOwned(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/** The error of an image larger than allowed. */
export function imageTooLarge(maxImageBytes: number): FaceError {
  return new FaceError('imageTooLarge', {
    detail: `At most ${maxImageBytes} bytes are allowed.`,
    info: { maxImageBytes },
  })
}
