import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
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
}

const archiveName = 'lfw-deepfunneled.tar'
const pairsFiles = ['lfw-protocol/pairs.txt', 'pairs.txt']
const imageName = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i

/**
 * Opens labelled photographs: a directory with `lfw-deepfunneled.tar`, with an unpacked `lfw/`, or
 * with one folder a person; photographs that lie beside each other without folders show a person each.
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
  const images = await listImages(folder)
  if (images.length === 0) {
    throw new FaceError('invalidOption', {
      detail: `${dir} has no labelled images: expected ${archiveName}, lfw/, one folder of images a person or one image a person.`,
    })
  }
  const pairs = await readPairs(root)
  return {
    name,
    fingerprint: await fingerprintOf(images),
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
  if (found === undefined) return { folder: root, name: basename(root) }
  const target = join(cacheDir, 'datasets', `lfw-${found.size}-${Math.round(found.mtimeMs)}`)
  if (!(await isDirectory(target))) await unpack(archive, target)
  return { folder: join(target, 'lfw'), name: 'lfw-deepfunneled' }
}

/** Unpacks beside the target and renames, so that a run that was stopped leaves no half of it behind. */
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

async function listImages(folder: string): Promise<readonly LabelledImage[]> {
  const images: LabelledImage[] = []
  const alone: LabelledImage[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) {
      if (!imageName.test(entry.name)) continue
      const person = withoutSuffix(entry.name)
      alone.push({ key: `${person}/${entry.name}`, person, file: join(folder, entry.name) })
      continue
    }
    if (isSystemFolder(entry.name)) continue
    const person = entry.name
    for (const file of await readdir(join(folder, person))) {
      if (!imageName.test(file)) continue
      images.push({ key: `${person}/${file}`, person, file: join(folder, person, file) })
    }
  }
  // Beside folders a picture is something else, such as a plot.
  return (images.length > 0 ? images : alone).sort((a, b) => (a.key < b.key ? -1 : 1))
}

async function readPairs(root: string): Promise<PairsProtocol | undefined> {
  for (const file of pairsFiles) {
    const text = await readFile(join(root, file), 'utf8').catch(() => undefined)
    if (text !== undefined) return parsePairs(text)
  }
  return undefined
}

/** Names and sizes: reading every byte would take longer than many an evaluation. */
async function fingerprintOf(images: readonly LabelledImage[]): Promise<string> {
  const hash = createHash('sha256')
  for (const image of images) hash.update(`${image.key}\0${(await stat(image.file)).size}\n`)
  return hash.digest('hex')
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
