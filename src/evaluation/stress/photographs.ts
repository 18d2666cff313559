import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { isFaceError } from '../../core/errors.ts'
import { createRandom, shuffle } from '../../platform/random.ts'
import {
  type Dataset,
  type LabelledImage,
  type OpenDatasetOptions,
  openDataset,
} from '../dataset.ts'

const imageName = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i

/**
 * Opens photographs of which nothing is asked but to be usable: as {@link openDataset}, or a folder
 * of files, each of somebody else.
 *
 * @throws {FaceError} `invalidOption` when there are no images
 */
export async function openPhotographs(dir: string, options: OpenDatasetOptions): Promise<Dataset> {
  try {
    return await openDataset(dir, options)
  } catch (error) {
    const root = resolve(dir)
    const files = await readdir(root).catch(() => [])
    const names = files.filter((name) => imageName.test(name)).sort()
    if (names.length === 0 || !isFaceError(error, 'invalidOption')) throw error
    const hash = createHash('sha256')
    const images: LabelledImage[] = []
    for (const name of names) {
      const file = join(root, name)
      hash.update(`${name}\0${(await stat(file)).size}\n`)
      images.push({ key: name, person: name, file })
    }
    return { name: basename(root), fingerprint: hash.digest('hex'), images }
  }
}

/** One person of the measurement. */
export interface Subject {
  /** The photograph whose face is damaged. */
  readonly photograph: LabelledImage
  /** Another photograph, never damaged; absent for people with one. */
  readonly mate?: LabelledImage
}

export interface People {
  readonly subjects: readonly Subject[]
  /** One photograph each of other people. */
  readonly strangers: readonly LabelledImage[]
}

/**
 * Draws people whose photographs are damaged, those with two photographs first, and others who are
 * strangers to them.
 *
 * @param counts  the most of each
 */
export function drawPeople(
  images: readonly LabelledImage[],
  counts: { readonly subjects: number; readonly strangers: number },
  seed: number,
): People {
  const byPerson = new Map<string, LabelledImage[]>()
  for (const image of images) {
    const known = byPerson.get(image.person)
    if (known === undefined) byPerson.set(image.person, [image])
    else known.push(image)
  }
  const drawn = shuffle([...byPerson.values()], createRandom(seed))
  const several = drawn.filter((own) => own.length > 1)
  const single = drawn.filter((own) => own.length === 1)
  const chosen = [...several, ...single].slice(0, counts.subjects)
  const taken = new Set(chosen)
  return {
    subjects: chosen.map(([photograph, mate]) => ({
      photograph: photograph as LabelledImage,
      ...(mate === undefined ? {} : { mate }),
    })),
    strangers: drawn
      .filter((own) => !taken.has(own))
      .slice(0, counts.strangers)
      .map(([photograph]) => photograph as LabelledImage),
  }
}
