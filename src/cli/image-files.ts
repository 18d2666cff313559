import { type BigIntStats, type Dirent, readdirSync, statSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { imageEndings } from '../core/image-endings.ts'
import { isSystemFolder } from '../core/system-folders.ts'
import { FileError, toFileError, UsageError } from './failures.ts'
import { statOrUndefined, toIdentity } from './file-identity.ts'
import { assertOneStandardInput, standardInput } from './load-image.ts'
import { formatCount, toPrintable } from './output.ts'

/** Endings of pictures that no decoder here reads. */
const unsupportedExtensions: ReadonlySet<string> = new Set([
  ...['.bmp', '.jp2', '.jxl', '.psd', '.svg', '.ico', '.tga', '.pcx', '.ppm', '.pgm', '.pnm'],
  ...['.dng', '.cr2', '.cr3', '.nef', '.arw', '.orf', '.raf', '.rw2', '.raw', '.exr', '.hdr'],
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
  /** Of them, pictures in formats that are not supported: how many by ending, such as `.bmp`. */
  readonly unsupported: ReadonlyMap<string, number>
  /** Folders that could not be read, or would be read twice, and why. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[]
}

/**
 * The image files of folders (with their subfolders, sorted by name) and files, in order. Hidden
 * files and folders, and those that systems make, are left out. A link to a folder is followed unless
 * the folder is read anyway. A folder below that cannot be read is skipped. A file named outright is
 * taken whatever its ending, and so is `-`, standard input.
 *
 * @throws {FileError} when a path that was given does not exist or cannot be read
 * @throws {UsageError} when standard input is given twice
 */
export function listImageFiles(paths: readonly string[]): ImageFiles {
  const files: ImageFile[] = []
  const skipped: { path: string; why: string }[] = []
  const unsupported = new Map<string, number>()
  const visited = new Map<string, string>()
  let ignored = 0

  const visit = (entries: readonly Dirent[], dir: string, folder: string | undefined): Found => {
    const found: Found = { files: [], links: [] }
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      const path = join(dir, entry.name)
      const target = entry.isSymbolicLink() ? statOrUndefined(path) : entry
      if (target?.isDirectory()) {
        if (isSystemFolder(entry.name)) continue
        const linked = { path, folder: folder ?? entry.name }
        // After all folders proper: it may lead to one of them, or back up.
        if (entry.isSymbolicLink()) found.links.push(linked)
        else append(found, open(linked))
        continue
      }
      const extension = extname(entry.name).toLowerCase()
      if (imageEndings.has(extension)) {
        found.files.push({ path, ...(folder === undefined ? {} : { folder }) })
        continue
      }
      ignored++
      if (!unsupportedExtensions.has(extension)) continue
      unsupported.set(extension, (unsupported.get(extension) ?? 0) + 1)
    }
    return found
  }
  const open = ({ path, folder }: LinkedFolder): Found => {
    const nothing = { files: [], links: [] }
    try {
      const identity = toIdentity(statSync(path, { bigint: true }))
      const known = visited.get(identity)
      if (known !== undefined) {
        skipped.push({ path, why: `it leads to ${known}, which is read already` })
        return nothing
      }
      visited.set(identity, path)
      return visit(readDir(path), path, folder)
    } catch (error) {
      skipped.push({ path, why: describe(path, error) })
      return nothing
    }
  }

  assertOneStandardInput(paths)
  for (const path of paths) {
    if (path === standardInput) {
      files.push({ path })
      continue
    }
    const stats = statGiven(path)
    if (!stats.isDirectory()) {
      files.push({ path })
      continue
    }
    visited.set(toIdentity(stats), path)
    const found = visit(readDir(path), path, undefined)
    // A link may lead to a folder with further links.
    for (let link = found.links.shift(); link !== undefined; link = found.links.shift()) {
      append(found, open(link))
    }
    files.push(...found.files.toSorted((a, b) => comparePaths(a.path, b.path)))
  }
  return { files, ignored, unsupported, skipped }
}

interface LinkedFolder {
  readonly path: string
  readonly folder: string
}

interface Found {
  readonly files: ImageFile[]
  readonly links: LinkedFolder[]
}

function append(to: Found, { files, links }: Found): void {
  for (const file of files) to.files.push(file)
  for (const link of links) to.links.push(link)
}

/** Folder by folder, as if each were listed by name. */
function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split(sep), b.split(sep)]
  const differing = left.findIndex((part, index) => part !== right[index])
  return (left[differing] ?? '') < (right[differing] ?? '') ? -1 : 1
}

function statGiven(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true })
  } catch (error) {
    throw toFileError(path, error)
  }
}

/** @throws {FileError} when it does not exist or cannot be read */
export function isFolder(path: string): boolean {
  return path !== standardInput && statGiven(path).isDirectory()
}

function readDir(dir: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw toFileError(dir, error)
  }
}

function describe(path: string, error: unknown): string {
  const { reason } = error instanceof FileError ? error : toFileError(path, error)
  return reason
}

const supportedNames = 'JPEG, PNG, WebP, AVIF, GIF and TIFF'

/** @throws {UsageError} when nothing was found, with what there is instead */
export function assertImages(found: ImageFiles, paths: readonly string[]): void {
  if (found.files.length > 0) return
  const where = toPrintable(paths.join(', '))
  if (found.unsupported.size > 0) {
    const kinds = describeUnsupported(found)
    throw new UsageError(
      `${where}: ${kinds}, a format that is not supported. Supported are ${supportedNames}.`,
    )
  }
  const others = found.ignored > 0 ? ` (${formatCount(found.ignored, 'other file')})` : ''
  throw new UsageError(`There are no images in ${where}${others}.`)
}

/** `2 BMP files, 1 DNG file`. */
function describeUnsupported({ unsupported }: ImageFiles): string {
  return [...unsupported]
    .map(([extension, count]) => formatCount(count, `${extension.slice(1).toUpperCase()} file`))
    .join(', ')
}

/** Lines about what of the folders is not looked at, and who might miss it. */
export function toLeftOutLines(found: ImageFiles): readonly string[] {
  return [
    ...found.skipped.map(({ path, why }) => toSkippedLine(path, why)),
    ...(found.unsupported.size > 0
      ? [`Left out, the format is not supported: ${describeUnsupported(found)}.`]
      : []),
  ]
}

/** @param why  the end of a sentence, or the file system's error */
export function toSkippedLine(path: string, why: unknown): string {
  const reason = typeof why === 'string' ? toPrintable(why) : describe(path, why)
  return `Skipped ${toPrintable(path)}: ${reason}.`
}
