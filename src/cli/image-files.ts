import { createHash } from 'node:crypto'
import { type Dirent, readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { FaceError } from '../core/errors.ts'
import { FileError } from './failures.ts'

const imageExtensions: ReadonlySet<string> = new Set([
  ...[
    '.jpg',
    '.jpeg',
    '.jfif',
    '.png',
    '.webp',
    '.avif',
    '.gif',
    '.tif',
    '.tiff',
    '.heic',
    '.heif',
  ],
])

export interface ImageFile {
  readonly path: string
  /** The first folder below the one that was given; absent for files directly in it. */
  readonly folder?: string
}

export interface ImageFiles {
  readonly files: readonly ImageFile[]
  /** Files inside folders that are left out for their name's ending. */
  readonly ignored: number
}

/**
 * The image files of folders (with their subfolders, sorted by name) and files, in order. Hidden
 * files are left out; a file named outright is taken whatever its ending.
 *
 * @throws {FileError} when a path does not exist or cannot be read
 */
export function listImageFiles(paths: readonly string[]): ImageFiles {
  const files: ImageFile[] = []
  let ignored = 0
  const visit = (dir: string, folder: string | undefined) => {
    for (const entry of readDir(dir)) {
      if (entry.name.startsWith('.')) continue
      const path = join(dir, entry.name)
      // Links to folders are not followed: they could lead back up.
      if (entry.isDirectory()) visit(path, folder ?? entry.name)
      else if (imageExtensions.has(extname(entry.name).toLowerCase())) {
        files.push({ path, ...(folder === undefined ? {} : { folder }) })
      } else ignored++
    }
  }
  for (const path of paths) {
    if (isFolder(path)) visit(path, undefined)
    else files.push({ path })
  }
  return { files, ignored }
}

/** @throws {FileError} when it does not exist or cannot be read */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw toFileError(path, error)
  }
}

function readDir(dir: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw toFileError(dir, error)
  }
}

export interface LoadedImage {
  readonly fileName: string
  readonly bytes: Uint8Array
  /** Lower-case hex SHA-256 of the file. */
  readonly hash: string
}

/**
 * Reads an image file.
 *
 * @param maxImageBytes  larger files are refused before they are read
 * @throws {FileError} when it cannot be read
 * @throws {FaceError} `imageTooLarge`
 */
export async function loadImageFile(path: string, maxImageBytes: number): Promise<LoadedImage> {
  try {
    const { size } = statSync(path)
    if (size > maxImageBytes) {
      throw new FaceError('imageTooLarge', {
        detail: `${size} bytes, at most ${maxImageBytes} are allowed (limits.maxImageBytes).`,
      })
    }
    const read = await readFile(path)
    const hash = createHash('sha256').update(read).digest('hex')
    // A plain view: the analyzer transfers it, and a Buffer may share its memory with others.
    return { fileName: basename(path), bytes: new Uint8Array(read), hash }
  } catch (error) {
    if (error instanceof FaceError) throw error
    throw toFileError(path, error)
  }
}

function toFileError(path: string, error: unknown): FileError {
  const code = (error as NodeJS.ErrnoException).code
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'it may not be read (permission denied)',
    EISDIR: 'it is a folder where a file is expected',
    ENOTDIR: 'part of the path is not a folder',
  }
  const text = (code && why[code]) || `it cannot be read (${code ?? String(error)})`
  return new FileError(`${path}: ${text}.`, { cause: error })
}
