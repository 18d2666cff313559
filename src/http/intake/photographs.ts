import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { FaceError } from '../../core/errors.ts'
import { packEnd, packEntry } from '../../jobs/archive/pack.ts'
import { tableName } from '../../jobs/archive/table.ts'
import { envelopeBytes, type ResolvedHttpOptions } from '../options.ts'
import { dropRest, toFormError } from './forms.ts'

/** The fields of a form with photographs: an archive of them, or the files, and their table. */
export const photographFields = {
  archive: 'archive',
  photographs: 'photos',
  table: 'table',
} as const

/** Most files of a form. */
export const maxFormFiles = 10_000

/**
 * The photographs of a form as the bytes of an archive, as they come and as fast as they are taken: of
 * an archive no more than some kilobytes are held, of several files one at a time. What is left of the
 * body when the reader stops is read and thrown away.
 *
 * @throws {FaceError} `payloadTooLarge`, `unsupportedMediaType`, `invalidRequest`
 */
export async function* readPhotographs(
  request: FastifyRequest,
  options: ResolvedHttpOptions,
): AsyncGenerator<Uint8Array, void> {
  if (!request.isMultipart()) {
    throw new FaceError('unsupportedMediaType', { info: { allowed: ['multipart/form-data'] } })
  }
  const meter = createMeter(options.maxArchiveBytes)
  if (Number(request.headers['content-length']) > options.maxArchiveBytes + envelopeBytes) {
    throw meter.tooLarge()
  }
  // Nothing of it is held.
  request.heldUpload?.complete()
  const { archive, photographs, table } = photographFields
  const seen = { [archive]: 0, [photographs]: 0, [table]: 0 }
  try {
    const limits = {
      ...{ fileSize: options.maxArchiveBytes + 1, files: maxFormFiles + 1 },
      ...{ parts: maxFormFiles + 2, fields: 1, fieldSize: 1024 },
    }
    for await (const part of request.parts({ limits, preservePath: true })) {
      if (part.type !== 'file' || !isField(part.fieldname)) throw invalid()
      seen[part.fieldname]++
      const isMixed = seen[archive] > 0 && seen[photographs] + seen[table] > 0
      if (isMixed || seen[archive] > 1 || seen[table] > 1) throw invalid()
      if (part.fieldname === archive) yield* meter.count(part)
      else {
        const path = part.fieldname === table ? tableName : toPath(part.filename)
        const maxBytes = part.fieldname === table ? maxTableBytes : options.maxImageBytes
        yield* packEntry(path, await collect(meter.count(part), maxBytes))
      }
    }
    if (meter.bytes() === 0 || seen[archive] + seen[photographs] === 0) throw invalid()
    if (seen[photographs] > 0) yield packEnd
  } catch (error) {
    throw toFormError(error)
  } finally {
    dropRest(request)
  }
}

/** Bytes of a table, of which more is somebody's mistake. */
const maxTableBytes = 16 * 1024 * 1024

function isField(name: string): name is keyof typeof fieldSet {
  return name in fieldSet
}
const fieldSet = { archive: true, photos: true, table: true }

interface Meter {
  bytes(): number
  /** @throws {FaceError} `payloadTooLarge` */
  count(part: MultipartFile): AsyncGenerator<Uint8Array, void>
  tooLarge(): FaceError
}

/** Counts the bytes of all files of a form. */
function createMeter(maxArchiveBytes: number): Meter {
  let size = 0
  const tooLarge = () =>
    new FaceError('payloadTooLarge', {
      detail: `An archive, or all photographs together, have at most ${maxArchiveBytes} bytes; send several.`,
      info: { maxArchiveBytes },
    })
  return {
    tooLarge,
    bytes: () => size,
    async *count(part) {
      for await (const piece of part.file as AsyncIterable<Buffer>) {
        size += piece.length
        if (size > maxArchiveBytes) throw tooLarge()
        yield piece
      }
    },
  }
}

/** One file; of one that is too large, a byte more than is allowed, which its reader refuses. */
async function collect(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    if (length <= maxBytes) kept.push(piece)
    length += piece.length
  }
  return Buffer.concat(kept).subarray(0, maxBytes + 1)
}

/** The file's name as a path in an archive, without what would be no text there. */
function toPath(fileName: string): string {
  const path = fileName.replaceAll('\\', '/').replaceAll(/\p{Cc}/gu, '\u{FFFD}')
  return path.replace(/^\/+/, '') || 'photograph'
}

function invalid(): FaceError {
  const { archive, photographs, table } = photographFields
  return new FaceError('invalidRequest', {
    detail: `A form is expected with one file in the field "${archive}", or with files in the field "${photographs}" and perhaps one in the field "${table}".`,
    info: { expected: [archive, photographs, table] },
  })
}
