import { FaceError } from '../../core/errors.ts'

/** A file of an archive. */
export interface ArchiveEntry {
  /** Its place among the files of the archive, from 0. */
  readonly index: number
  /** With slashes; as the archive says it, so nothing to be used as a path. */
  readonly path: string
  /** @throws {FaceError} `imageTooLarge` above the limit of bytes; `invalidRequest` when it cannot be unpacked */
  read(): Promise<Uint8Array<ArrayBuffer>>
}

export interface Archive {
  /** Files in it. */
  readonly total: number
  /** The files in the archive's order, without folders and links; `from` is the index of the first. */
  files(from: number): AsyncGenerator<ArchiveEntry, void>
}

/** Most files of an archive: a list of more is somebody's mistake, or worse. */
export const maxArchiveFiles = 200_000

/** @throws {FaceError} `invalidRequest` */
export function assertFileCount(count: number): void {
  if (count <= maxArchiveFiles) return
  throw new FaceError('invalidRequest', {
    detail: `The archive has more than ${maxArchiveFiles} files.`,
  })
}

/** An error of a library that reads archives, whose text may quote the archive. */
export function toArchiveError(cause: unknown): FaceError {
  if (cause instanceof FaceError) return cause
  return new FaceError('invalidRequest', { detail: 'The archive is damaged or cut off.', cause })
}

export function entryTooLarge(maxFileBytes: number): FaceError {
  return new FaceError('imageTooLarge', {
    detail: `At most ${maxFileBytes} bytes are allowed for a file of an archive.`,
    info: { maxImageBytes: maxFileBytes },
  })
}
