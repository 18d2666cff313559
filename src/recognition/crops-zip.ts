import { Zip, ZipPassThrough } from 'fflate'
import { isFaceError } from '../core/errors.ts'
import { eachPage } from '../storage/iterate.ts'
import type { PageOptions } from '../storage/ports/pages.ts'
import type { FaceWatcher } from './face-watcher.ts'

type Faces = Pick<FaceWatcher, 'faces'>

function eachFacePage(faceWatcher: Faces, collection: string, personId: string) {
  const load = (page: PageOptions) => faceWatcher.faces.list(collection, { ...page, personId })
  return eachPage(load, { limit: 1000 })
}

/** Whether a crop of any face of the person is stored. @throws {FaceError} `collectionNotFound` */
export async function hasCrops(
  faceWatcher: Faces,
  collection: string,
  personId: string,
): Promise<boolean> {
  for await (const faces of eachFacePage(faceWatcher, collection, personId)) {
    if (faces.some((face) => face.hasCrop)) return true
  }
  return false
}

/**
 * The stored crops of a person as a zip, in pieces, named by the ids of the faces. One crop at a time is in
 * memory, and none is packed, as JPEG files get no smaller.
 */
export async function* toCropsZip(
  faceWatcher: Faces,
  collection: string,
  personId: string,
): AsyncGenerator<Uint8Array, void> {
  let pieces: Uint8Array[] = []
  const zip = new Zip((error, piece) => {
    if (error) throw error
    pieces.push(piece)
  })
  const take = (): readonly Uint8Array[] => {
    const taken = pieces
    pieces = []
    return taken
  }
  for await (const faces of eachFacePage(faceWatcher, collection, personId)) {
    for (const { id, hasCrop } of faces) {
      const crop = hasCrop ? await readCrop(faceWatcher, collection, id) : undefined
      if (crop === undefined) continue
      const file = new ZipPassThrough(`${id}.jpg`)
      zip.add(file)
      file.push(crop, true)
      yield* take()
    }
  }
  zip.end()
  yield* take()
}

/** @returns undefined for a face that was deleted meanwhile */
async function readCrop(
  { faces }: Faces,
  collection: string,
  faceId: string,
): Promise<Uint8Array | undefined> {
  return faces.crop(collection, faceId).catch((error: unknown) => {
    if (isFaceError(error, 'faceNotFound')) return undefined
    throw error
  })
}
