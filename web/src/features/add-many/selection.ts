import type { PathedPhoto, PhotoSource } from '../../shared/api/bulk-enroll.ts'

/** What the user chose, and how many files of it are no photographs. */
export interface Selection {
  readonly source: PhotoSource
  readonly leftOut: number
}

/** A file with its path below what was chosen or dropped. */
export type ChosenFile = PathedPhoto

const archiveEndings = /\.(zip|tar|tar\.gz|tgz)$/i
const photographEndings = /\.(jpe?g|jfif|png|webp|avif|gif|tiff?|heic|heif)$/i
const tableEnding = /\.csv$/i

/**
 * Sorts what was chosen. An archive is taken as it is; of other files the photographs, with the first
 * table. Hidden files and those of other kinds are not sent: the server would leave them out, too.
 *
 * @returns `undefined` when nothing of it is of use
 */
export function toSelection(files: readonly ChosenFile[]): Selection | undefined {
  const archive = files.find(({ path }) => archiveEndings.test(path))
  if (archive !== undefined) {
    return { source: { kind: 'archive', archive: archive.file }, leftOut: files.length - 1 }
  }
  const photos = files.filter(({ path }) => photographEndings.test(path) && !isHidden(path))
  const table = files.find(({ path }) => tableEnding.test(path) && !isHidden(path))
  if (photos.length === 0) return undefined
  const isChosen = new Set<ChosenFile>(table === undefined ? photos : [...photos, table])
  return {
    source: { kind: 'photos', photos, table: table?.file },
    leftOut: files.length - isChosen.size,
  }
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX')
}

/** A person as the files say it, before the server has seen them. */
export interface NamedPhotos {
  readonly name: string
  readonly photos: readonly PathedPhoto[]
}

/** Whom photographs show, as far as names tell. */
export interface NamePreview {
  /** In the order of their names. */
  readonly persons: readonly NamedPhotos[]
  /** Photographs of which nothing says whom they show. */
  readonly nameless: readonly PathedPhoto[]
}

/**
 * Puts photographs to names: the table's, else that of the folder a photograph lies in.
 *
 * @param names  of the table, by the path of the photograph
 */
export function previewNames(
  photos: readonly PathedPhoto[],
  names: ReadonlyMap<string, string>,
): NamePreview {
  const byName = new Map<string, PathedPhoto[]>()
  const nameless: PathedPhoto[] = []
  for (const photo of photos) {
    const name = names.get(photo.path) ?? photo.path.split('/').at(-2) ?? ''
    if (name === '') nameless.push(photo)
    else byName.set(name, [...(byName.get(name) ?? []), photo])
  }
  const persons = [...byName].map(([name, own]) => ({ name, photos: own }))
  return { persons: persons.sort((a, b) => a.name.localeCompare(b.name)), nameless }
}
