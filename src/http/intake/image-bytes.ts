import { setImmediate } from 'node:timers/promises'
import { FaceError } from '../../core/errors.ts'

/** Bytes of text decoded between two turns of the event loop: a millisecond or two. */
const bytesPerTurn = 1024 * 1024

const backslash = 0x5c
const slash = 0x2f
const equals = 0x3d

/** More than any prefix of a `data:` URL has. */
const maxPrefixLength = 256

/**
 * Decodes RFC 4648 section 4 base64 with padding; the prefix of a `data:` URL is allowed.
 * Node decodes leniently: it skips what is not base64, ends at the first "=" and reads the URL-safe
 * alphabet. So the length tells whether anything was skipped, without a pass over the text here.
 * Works piece by piece, so that the event loop is not held; see [Note: Large JSON] in
 * json-scanner.ts.
 *
 * @param raw  the bytes between the quotes of a JSON string; of its escapes only `\/` is read, as
 *   base64 needs no other
 * @param path  where the text stood, for the message
 * @throws {FaceError} `invalidRequest`, `imageTooLarge`
 */
export async function decodeBase64(
  raw: readonly Uint8Array[],
  path: string,
  maxImageBytes: number,
): Promise<Uint8Array> {
  const invalid = (expected: string) =>
    new FaceError('invalidRequest', { detail: `"${path}" is not ${expected}.` })
  const notBase64 = () => invalid('valid base64 (RFC 4648 section 4, with padding)')
  // One allocation of the right size: joining pieces of 20 MB held the event loop for 20 ms, and
  // twice the memory. Escapes, which nobody needs, make it too large.
  let decoded: Buffer | undefined
  let size = 0
  let rest = ''
  let hasEnded = false
  let sincePause = 0
  /** Whether the piece before ended within an escape. */
  let isEscaped = false

  function decode(base64: string): void {
    if (base64 === '') return
    // Padding ends the text.
    if (hasEnded) throw notBase64()
    const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
    hasEnded = padding > 0
    const expected = (base64.length / 4) * 3 - padding
    if (size + expected > maxImageBytes) throw imageTooLarge(maxImageBytes)
    decoded ??= Buffer.allocUnsafeSlow(Math.min(maxImageBytes, countBytes(raw, skipped)))
    const written = decoded.write(base64, size, 'base64')
    if (written !== expected || /[-_]/.test(base64)) throw notBase64()
    size += written
  }

  /** Byte by byte: a replacement in a text of nothing but escapes takes ten times as long. */
  function withoutEscapes(bytes: Buffer): Buffer {
    if (!isEscaped && !bytes.includes(backslash)) return bytes
    const plain = Buffer.allocUnsafe(bytes.length)
    let length = 0
    for (const byte of bytes) {
      if (isEscaped && byte !== slash) throw notBase64()
      if (isEscaped || byte !== backslash) plain[length++] = byte
      isEscaped = !isEscaped && byte === backslash
    }
    return plain.subarray(0, length)
  }

  let isPrefixRead = false
  let skipped = 0
  for (const [index, chunk] of raw.entries()) {
    const isLast = index === raw.length - 1
    const plain = withoutEscapes(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
    let text = rest + plain.toString('latin1')
    rest = ''
    if (!isPrefixRead) {
      if (text.length < maxPrefixLength && !isLast) {
        rest = text
        continue
      }
      isPrefixRead = true
      const base64 = withoutPrefix(text, () => invalid('a data: URL in base64'))
      skipped = text.length - base64.length
      text = base64
    }
    const whole = isLast ? text.length : text.length - (text.length % 4)
    rest = text.slice(whole)
    decode(text.slice(0, whole))
    sincePause += chunk.length
    if (sincePause >= bytesPerTurn) {
      sincePause = 0
      await setImmediate()
    }
  }
  if (isEscaped) throw notBase64()
  if (decoded === undefined) return new Uint8Array(0)
  return decoded.length === size ? decoded : new Uint8Array(decoded.subarray(0, size))
}

/** Decodes base64 that has no escapes, after a prefix of `skipped` characters. */
function countBytes(raw: readonly Uint8Array[], skipped: number): number {
  const characters = raw.reduce((sum, piece) => sum + piece.length, -skipped)
  const end = raw.slice(-2).flatMap((piece) => [...piece.subarray(-2)])
  const padding = end.slice(-2).filter((byte) => byte === equals).length
  return Math.max(0, Math.ceil(characters / 4) * 3 - padding)
}

function withoutPrefix(text: string, toError: () => FaceError): string {
  if (!text.startsWith('data:')) return text
  const comma = text.indexOf(',')
  if (!text.slice(0, comma).endsWith(';base64')) throw toError()
  return text.slice(comma + 1)
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
