import { mayMatch } from '../../core/consent.ts'
import type { Gallery } from '../../gallery/gallery.ts'
import { eachPage } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Face } from '../../storage/ports/faces.ts'

/** What an examination has to know of a person. */
export interface ExaminedPerson {
  readonly id: string
  faces: number
  /** Of the images that the faces came from, the first; and whether there is another one. */
  readonly imageHash: string
  severalImages: boolean
  /** How many of the faces look at the camera, or cannot be told not to. */
  facing: number
}

/** Whose the faces of a collection are. */
export interface FaceOwners {
  readonly persons: readonly ExaminedPerson[]
  readonly faces: number
  /** Index in `persons`; `undefined` for a face that came later. */
  personOf(faceId: string): number | undefined
}

/** The largest page: 100,000 faces are 100 reads. */
const facesPerPage = 1000

/**
 * Yaw from which a face is turned, degrees. Embeddings of profiles (45 and more) and of frontal faces
 * match less often; gates of enrolment refuse faces only from 65.
 */
export const turnedYawDegrees = 30

/** Whether the face looks at the camera; one that came without an image may. */
export function isFacing({ quality }: Pick<Face, 'quality'>): boolean {
  return quality === undefined || Math.abs(quality.pose.yaw) < turnedYawDegrees
}

/**
 * Reads whose the faces of a collection are, but for those of persons who may not be matched; about 150
 * bytes a face.
 */
export async function readFaceOwners(
  gallery: Pick<Gallery, 'faces' | 'persons'>,
  collection: Collection,
  signal: AbortSignal | undefined,
): Promise<FaceOwners> {
  const persons: ExaminedPerson[] = []
  const indexOf = new Map<string, number>()
  const barred = await readBarred(gallery, collection)
  const ownerOf = new Map<string, number>()
  const load = (options: object) => gallery.faces.list(collection.id, options)
  for await (const page of eachPage(load, { limit: facesPerPage })) {
    signal?.throwIfAborted()
    for (const face of page) {
      if (barred.has(face.personId)) continue
      let index = indexOf.get(face.personId)
      if (index === undefined) {
        index = persons.length
        indexOf.set(face.personId, index)
        const { personId: id, imageHash } = face
        persons.push({ id, faces: 0, imageHash, severalImages: false, facing: 0 })
      }
      const person = persons[index] as ExaminedPerson
      person.faces++
      if (person.imageHash !== face.imageHash) person.severalImages = true
      if (isFacing(face)) person.facing++
      ownerOf.set(face.id, index)
    }
  }
  return { persons, faces: ownerOf.size, personOf: (faceId) => ownerOf.get(faceId) }
}

/** Ids of the persons who may not be matched. */
async function readBarred(
  gallery: Pick<Gallery, 'persons'>,
  { id, consent: rule }: Collection,
): Promise<ReadonlySet<string>> {
  const now = new Date().toISOString()
  const barred = new Set<string>()
  const terms = { withdrawn: { withdrawnAt: now }, expired: { expiresAt: now }, missing: undefined }
  for (const consent of ['withdrawn', 'expired', 'missing'] as const) {
    if (mayMatch(rule, terms[consent], now)) continue
    const load = (options: object) => gallery.persons.list(id, { ...options, consent })
    for await (const page of eachPage(load, { limit: facesPerPage })) {
      for (const person of page) barred.add(person.id)
    }
  }
  return barred
}
