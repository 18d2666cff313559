import { FaceError } from '../../core/errors.ts'
import { readImageFile } from '../../platform/files/image-file.ts'
import type { BulkPhoto } from '../../recognition/bulk-enroll.ts'
import type { ArchiveFile } from './archive-file.ts'
import type { ArchiveEntry } from './entries.ts'

/** A photograph on a disk, and whose face it shows. */
export interface ListedPhoto {
  /** What it is called where something is said of it. */
  readonly file: string
  /** Where it is, from the root; or the image itself. */
  readonly at: { readonly path: string } | { readonly image: Uint8Array }
  readonly person: BulkPhoto['person']
}

/** A line of a list: JSON, the image in base64. */
interface Line {
  readonly file: string
  readonly path?: string
  readonly image?: string
  readonly person: BulkPhoto['person']
}

export interface ListEntry extends ArchiveEntry {
  readonly person: BulkPhoto['person']
}

/** Photographs of a list, in its order. */
export interface PhotoList {
  readonly total: number
  files(from: number): AsyncGenerator<ListEntry, void>
}

/** Writes a list as the file that is kept with a job, and that {@link openList} reads. */
export async function* writeList(photos: readonly ListedPhoto[]): AsyncGenerator<Uint8Array, void> {
  for (const { file, at, person } of photos) {
    const where =
      'path' in at ? { path: at.path } : { image: Buffer.from(at.image).toString('base64') }
    const line: Line = { file, ...where, person }
    yield Buffer.from(`${JSON.stringify(line)}\n`)
  }
}

/**
 * Opens a list of photographs, which are read from the disks of this machine.
 *
 * @throws {FaceError} `storeCorrupt` when it is no list
 */
export async function openList(file: ArchiveFile, maxImageBytes: number): Promise<PhotoList> {
  let total = 0
  for await (const _ of readLines(file)) total++
  return {
    total,
    async *files(from) {
      let index = 0
      for await (const line of readLines(file)) {
        if (index >= from) yield toEntry(parseLine(line), index, maxImageBytes)
        index++
      }
    },
  }
}

function toEntry(
  { file, path, image, person }: Line,
  index: number,
  maxImageBytes: number,
): ListEntry {
  return {
    ...{ index, path: file, person },
    read: async () =>
      path === undefined
        ? new Uint8Array(Buffer.from(image ?? '', 'base64'))
        : readImageFile(path, maxImageBytes),
  }
}

function parseLine(line: string): Line {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    value = undefined
  }
  if (isLine(value)) return value
  throw new FaceError('storeCorrupt', { detail: 'The list of photographs is damaged.' })
}

function isLine(value: unknown): value is Line {
  const { file, path, image, person } = (value ?? {}) as Readonly<Record<string, unknown>>
  const { id, name } = (person ?? {}) as Readonly<Record<string, unknown>>
  const isTextOrAbsent = (given: unknown) => given === undefined || typeof given === 'string'
  return (
    typeof file === 'string' &&
    isTextOrAbsent(path) &&
    isTextOrAbsent(image) &&
    (typeof id === 'string' || typeof name === 'string')
  )
}

async function* readLines(file: ArchiveFile): AsyncGenerator<string, void> {
  let pieces: Buffer[] = []
  for await (const part of file.read(0, file.size)) {
    let rest = Buffer.from(part.buffer, part.byteOffset, part.byteLength)
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield Buffer.concat([...pieces, rest.subarray(0, end)]).toString()
      pieces = []
      rest = rest.subarray(end + 1)
    }
    pieces.push(rest)
  }
}
