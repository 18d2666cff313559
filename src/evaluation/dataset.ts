import { createHash } from 'node:crypto'
import type { Dirent, Stats } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { extract } from 'tar'
import { FaceError } from '../core/errors.ts'
import { isSystemFolder } from '../core/system-folders.ts'
import { type PairsProtocol, parsePairs } from './pairs.ts'

/** One photograph of a known person. */
export interface LabelledImage {
  /** `person/file`, the image's name in every result. */
  readonly key: string
  readonly person: string
  /** Absolute path. */
  readonly file: string
}

/** Labelled photographs, and a protocol where the data set has one. */
export interface Dataset {
  readonly name: string
  /** Changes when images are added, removed or replaced. Lower-case hex. */
  readonly fingerprint: string
  /** Sorted by key. */
  readonly images: readonly LabelledImage[]
  readonly pairs?: PairsProtocol
}

export interface OpenDatasetOptions {
  /** Where an archive is unpacked, once. */
  readonly cacheDir: string
  /**
   * Called for each file and folder that is left out because it cannot be used.
   * `why`: the end of a sentence, or the file system's error.
   */
  readonly onSkipped?: (skipped: { readonly path: string; readonly why: unknown }) => void
}

const archiveName = 'lfw-deepfunneled.tar'
const pairsFiles = ['lfw-protocol/pairs.txt', 'pairs.txt']
const imageName = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i

/**
 * Opens labelled photographs: a directory with `lfw-deepfunneled.tar`, with an unpacked `lfw/`, or
 * with one folder a person; photographs that are not in folders show a person each.
 * `pairs.txt` or `lfw-protocol/pairs.txt` inside it is LFW's protocol.
 *
 * @throws {FaceError} `invalidOption` when the directory holds none of these
 */
export async function openDataset(dir: string, options: OpenDatasetOptions): Promise<Dataset> {
  const root = resolve(dir)
  if (!(await isDirectory(root))) {
    throw new FaceError('invalidOption', { detail: `${dir} is not a directory.` })
  }
  const { folder, name } = await findImageFolder(root, options.cacheDir)
  const listed = await listImages(folder, options.onSkipped ?? (() => {}))
  const images = listed.map(({ image }) => image)
  if (images.length === 0) {
    throw new FaceError('invalidOption', {
      detail: `${dir} has no labelled images: expected ${archiveName}, lfw/, one folder of images a person or one image a person.`,
    })
  }
  const pairs = await readPairs(root)
  return {
    name,
    fingerprint: fingerprintOf(listed),
    images,
    ...(pairs === undefined ? {} : { pairs }),
  }
}

/**
 * The images that the pairs protocol names (LFW: 7,701), or all of them.
 *
 * @throws {FaceError} `invalidOption` when the protocol names an image that is not there
 */
export function selectImages(
  dataset: Dataset,
  selection: 'protocol' | 'all',
): readonly LabelledImage[] {
  if (selection === 'all' || dataset.pairs === undefined) return dataset.images
  const named = new Set<string>()
  for (const pair of dataset.pairs.pairs) named.add(pair.first).add(pair.second)
  const images = dataset.images.filter((image) => named.has(withoutSuffix(image.key)))
  if (images.length < named.size) {
    throw new FaceError('invalidOption', {
      detail: `pairs.txt names ${named.size} images, of which ${images.length} are there.`,
    })
  }
  return images
}

/** The key as protocols write it: `Ann/Ann_0001`. */
export function withoutSuffix(key: string): string {
  return key.replace(imageName, '')
}

async function findImageFolder(
  root: string,
  cacheDir: string,
): Promise<{ readonly folder: string; readonly name: string }> {
  const unpacked = join(root, 'lfw')
  if (await isDirectory(unpacked)) return { folder: unpacked, name: 'lfw' }
  const archive = join(root, archiveName)
  const found = await stat(archive).catch(() => undefined)
  if (!found?.isFile()) return { folder: root, name: basename(root) }
  const target = join(cacheDir, 'datasets', `lfw-${found.size}-${Math.round(found.mtimeMs)}`)
  if (!(await isDirectory(target))) await unpack(archive, target)
  return { folder: join(target, 'lfw'), name: 'lfw-deepfunneled' }
}

/** Unpacks next to the target and renames, so that a run that was stopped leaves no half of it behind. */
async function unpack(archive: string, target: string): Promise<void> {
  const partial = `${target}.${process.pid}.partial`
  await mkdir(partial, { recursive: true })
  try {
    await extract({ file: archive, cwd: partial })
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    // Another process was faster.
    if (!(await isDirectory(target))) throw error
  }
}

interface Listed {
  readonly image: LabelledImage
  readonly bytes: number
}

/**
 * The images of a folder and of the folders in it, sorted by key. What cannot be read, or is no file
 * or folder (a pipe, a device), is skipped: an evaluation may run for hours.
 */
async function listImages(
  root: string,
  onSkipped: NonNullable<OpenDatasetOptions['onSkipped']>,
): Promise<readonly Listed[]> {
  const inFolders: Listed[] = []
  const alone: Listed[] = []
  const visited = new Map<string, string>()

  /** Entries that can be used, with what they are; links are followed. */
  const look = async (path: string): Promise<Stats | undefined> => {
    try {
      const stats = await stat(path)
      if (!stats.isFile() && !stats.isDirectory()) {
        onSkipped({ path, why: 'it is a pipe or a device, not a file' })
        return undefined
      }
      // Folders tell when they are listed.
      if (stats.isFile()) await (await open(path)).close()
      return stats
    } catch (error) {
      onSkipped({ path, why: error })
      return undefined
    }
  }
  const addImage = async (to: Listed[], file: string, person: string): Promise<void> => {
    const stats = await look(file)
    if (stats === undefined || stats.isDirectory()) return
    const image = { key: `${person}/${basename(file)}`, person, file }
    to.push({ image, bytes: stats.size })
  }
  const addFolder = async (path: string, stats: Stats): Promise<void> => {
    const identity = `${stats.dev}:${stats.ino}`
    const known = visited.get(identity)
    // The same photographs under two names would count as two people who look alike.
    if (known !== undefined) {
      return onSkipped({ path, why: `it leads to ${known}, which is read already` })
    }
    visited.set(identity, path)
    const names = await readdir(path).catch((error: unknown) => {
      onSkipped({ path, why: error })
      return []
    })
    for (const name of names.filter((each) => imageName.test(each))) {
      await addImage(inFolders, join(path, name), basename(path))
    }
  }

  const entries = (await readdir(root, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() || entry.isSymbolicLink() || imageName.test(entry.name),
  )
  // Folders proper first: a link to one of them is the repetition.
  for (const entry of entries.toSorted((a, b) => rank(a) - rank(b))) {
    const path = join(root, entry.name)
    if (isSystemFolder(entry.name)) continue
    const stats = await look(path)
    if (stats?.isDirectory()) await addFolder(path, stats)
    else if (stats !== undefined && imageName.test(entry.name)) {
      await addImage(alone, path, withoutSuffix(entry.name))
    }
  }
  // Beside folders a picture is something else, such as a plot.
  const listed = inFolders.length > 0 ? inFolders : alone
  return listed.sort((a, b) => (a.image.key < b.image.key ? -1 : 1))
}

function rank(entry: Dirent): number {
  return entry.isSymbolicLink() ? 1 : 0
}

async function readPairs(root: string): Promise<PairsProtocol | undefined> {
  for (const name of pairsFiles) {
    const file = join(root, name)
    // Reading a pipe would wait for its other end.
    const isFile = (await stat(file).catch(() => undefined))?.isFile() ?? false
    const text = isFile ? await readFile(file, 'utf8').catch(() => undefined) : undefined
    if (text !== undefined) return parsePairs(text)
  }
  return undefined
}

/** Names and sizes: reading every byte would take longer than many an evaluation. */
function fingerprintOf(listed: readonly Listed[]): string {
  const hash = createHash('sha256')
  for (const { image, bytes } of listed) hash.update(`${image.key}\0${bytes}\n`)
  return hash.digest('hex')
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
