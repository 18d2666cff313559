import { posix } from 'node:path'
import { isFaceError } from '../../core/errors.ts'
import { imageEndings } from '../../core/image-endings.ts'
import { isSystemFolder } from '../../core/system-folders.ts'
import { explainFileError } from '../../platform/files/image-file.ts'
import {
  type BulkPhoto,
  type PhotoOutcome,
  toPhotoRejection,
} from '../../recognition/bulk-enroll.ts'
import { openArchive } from '../archive/archive.ts'
import type { ArchiveFile } from '../archive/archive-file.ts'
import type { ArchiveEntry } from '../archive/entries.ts'
import { openList } from '../archive/list.ts'
import { readTable, tableName } from '../archive/table.ts'

/** A file of a bulk enrolment. */
export interface PhotoEntry {
  /** Its place among all files, from 0. */
  readonly index: number
  /** What it is called. */
  readonly file: string
  /** Absent for a file that is no photograph. */
  readonly photo?: {
    /** Whose face it shows; absent when nothing says so. */
    readonly person: BulkPhoto['person'] | undefined
    /** @throws as {@link toReadRejection} explains */
    read(): Promise<Uint8Array>
  }
}

/** The files that a bulk enrolment works on, always in the same order. */
export interface PhotoSource {
  readonly total: number
  files(from: number): AsyncGenerator<PhotoEntry, void>
}

/**
 * Opens an archive: its table says whose face a photograph shows, or the folder that it lies in.
 *
 * @throws {FaceError} `invalidRequest`
 */
export async function openArchiveSource(
  file: ArchiveFile,
  maxImageBytes: number,
): Promise<PhotoSource> {
  const archive = await openArchive(file, maxImageBytes)
  const table = await readTable(archive)
  return {
    total: archive.total,
    async *files(from) {
      for await (const { index, path, read } of archive.files(from)) {
        if (!isPhotograph(path)) yield { index, file: path }
        else {
          const person = table?.get(posix.normalize(path)) ?? toFolderPerson(path)
          yield { index, file: path, photo: { person, read } }
        }
      }
    },
  }
}

/** Opens a list of photographs on this machine. @throws {FaceError} `storeCorrupt` */
export async function openListSource(
  file: ArchiveFile,
  maxImageBytes: number,
): Promise<PhotoSource> {
  const list = await openList(file, maxImageBytes)
  return {
    total: list.total,
    async *files(from) {
      for await (const { index, path, person, read } of list.files(from)) {
        yield { index, file: path, photo: { person, read } }
      }
    },
  }
}

export const noName: Extract<PhotoOutcome, { kind: 'rejected' }> = {
  ...{ kind: 'rejected', reasons: ['noName'] },
  message: `The photograph is not in ${tableName} and lies in no folder, whose name would be that of its person.`,
}

/** What it says of a photograph that it could not be read; `undefined` when it would meet the next one, too. */
export function toReadRejection(
  file: string,
  error: unknown,
): Extract<PhotoOutcome, { kind: 'rejected' }> | undefined {
  const unreadable = { kind: 'rejected', reasons: ['unreadable'] } as const
  if (isFaceError(error, 'invalidRequest')) return { ...unreadable, message: error.message }
  if (error instanceof Error && 'code' in error && !isFaceError(error)) {
    const reason = explainFileError(file, error)
    return { ...unreadable, message: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` }
  }
  return toPhotoRejection(error)
}

function toFolderPerson(path: ArchiveEntry['path']): { readonly name: string } | undefined {
  const name = posix.basename(posix.dirname(path))
  return ['', '.', '..'].includes(name) ? undefined : { name }
}

/** Not what systems put beside photographs, nor another kind of file. */
function isPhotograph(path: string): boolean {
  const parts = path.split('/')
  const file = parts.pop() ?? ''
  if (
    file.startsWith('.') ||
    parts.some((part) => part !== '..' && part !== '.' && isSystemFolder(part))
  ) {
    return false
  }
  return imageEndings.has(posix.extname(file).toLowerCase())
}
