import { assertMayEnroll } from '../core/consent.ts'
import { FaceError } from '../core/errors.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { Face, NewFace } from '../storage/ports/faces.ts'
import type { NewPerson, Person } from '../storage/ports/persons.ts'
import { toStoredName } from '../storage/rules/person-fields.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import { type DuplicateWarning, findDuplicates } from './duplicates.ts'
import { toEnrollHints, weakPhotographWarning } from './enroll-advice.ts'
import { type ExaminedImage, examineImages } from './enroll-image.ts'
import type {
  EnrollEmbedding,
  EnrollImage,
  EnrollOptions,
  EnrollResult,
  FaceWatcher,
} from './face-watcher.ts'
import type { Judges } from './judges.ts'
import { findPersonByName } from './person-by-name.ts'
import type { Rejection } from './rejections.ts'
import { sumTimings } from './timings.ts'

type Enrolled = EnrollResult['faces'][number]
type Rejected = EnrollResult['rejected'][number]

/**
 * Creates the use case that enrols faces of one person.
 *
 * All images are examined first; then the usable ones are stored in one transaction. Equal files in
 * one request are examined once.
 */
export function createEnroll(deps: RecognitionDependencies, judges: Judges): FaceWatcher['enroll'] {
  const { gallery } = deps
  return async (collectionName, person, images, options = {}): Promise<EnrollResult> => {
    if (images.length === 0) throw new FaceError('missingImage')
    const collection = await gallery.collections.get(collectionName)
    const knownId =
      typeof person === 'string' ? person : await findPersonByName(gallery, collection.id, person)
    const existing =
      knownId === undefined ? undefined : await gallery.persons.get(collection.id, knownId)
    // Before anything is looked at; the store looks again when it stores.
    const { consent } = existing ?? (typeof person === 'string' ? {} : person)
    assertMayEnroll(collection.consent, consent, new Date().toISOString())
    return enrollFor(collection, { person, existing }, { images, options })
  }

  async function enrollFor(
    collection: Collection,
    { person: input, existing }: EnrolledPerson,
    {
      images,
      options,
    }: {
      readonly images: readonly (EnrollImage | EnrollEmbedding)[]
      readonly options: EnrollOptions
    },
  ): Promise<EnrollResult> {
    const personId = existing === undefined ? {} : { personId: existing.id }
    const examined = await examineImages(deps, images, { collection, ...personId, options })
    const usable = usableFaces(examined)
    const started = performance.now()
    const found =
      options.duplicates === 'ignore'
        ? usable.map(() => undefined)
        : await findDuplicates(deps, collection, {
            faces: usable,
            judges,
            isSelf: toSelfTest(input, existing),
          })
    const searchMs = performance.now() - started
    const duplicates = new Map(usable.map((face, index) => [face, found[index]]))
    const accepted = usable.filter(
      (face) => options.duplicates !== 'reject' || duplicates.get(face) === undefined,
    )
    const stored = await storeFaces(deps, { collection, person: input, faces: accepted })
    const outcomes = examined.map((image) => toOutcome(image, duplicates, stored.faces))
    const person = stored.person ?? existing
    return {
      ...(person === undefined ? {} : { person }),
      newPerson: stored.newPerson,
      ...splitOutcomes(images, outcomes),
      hints: toEnrollHints(person),
      ...(stored.entryId === undefined ? {} : { entryId: stored.entryId }),
      timings: sumTimings(
        [...new Set(examined)].flatMap((image) =>
          'timings' in image && image.timings !== undefined ? [image.timings] : [],
        ),
        searchMs,
      ),
    }
  }
}

interface EnrolledPerson {
  readonly person: string | NewPerson
  /** The person as it was when the enrolment began; absent when there was nobody. */
  readonly existing: Person | undefined
}

/**
 * Tells the enrolled person among those who resemble the face. Another process may make the person of
 * a reused name while the images are analysed: then only the name tells.
 */
function toSelfTest(
  input: string | NewPerson,
  existing: Person | undefined,
): (other: { readonly personId: string; readonly name: string }) => boolean {
  const isReused = typeof input !== 'string' && (input.ifExists ?? 'create') !== 'create'
  const name = isReused ? toStoredName(input.name) : undefined
  return (other) => other.personId === existing?.id || other.name === name
}

/** Each usable face once, in the order of the images. */
function usableFaces(examined: readonly ExaminedImage[]): readonly NewFace[] {
  const faces = examined.flatMap((image) => (image.kind === 'usable' ? [image.face] : []))
  return [...new Set(faces)]
}

interface StoredFaces {
  readonly person?: Person
  readonly newPerson: boolean
  readonly entryId?: string | undefined
  readonly faces: ReadonlyMap<NewFace, Face & { readonly alreadyEnrolled: boolean }>
}

async function storeFaces(
  { gallery }: RecognitionDependencies,
  input: {
    readonly collection: Collection
    readonly person: string | NewPerson
    readonly faces: readonly NewFace[]
  },
): Promise<StoredFaces> {
  const { collection, person, faces } = input
  if (faces.length === 0) return { newPerson: false, faces: new Map() }
  const added = await gallery.faces.add(collection.id, person, faces)
  return {
    person: added.person,
    newPerson: added.newPerson,
    entryId: added.entryId,
    faces: new Map(
      faces.map((face, index) => [
        face,
        added.faces[index] as Face & { readonly alreadyEnrolled: boolean },
      ]),
    ),
  }
}

type Outcome = { readonly enrolled: Omit<Enrolled, 'fileName'> } | { readonly rejection: Rejection }

function toOutcome(
  image: ExaminedImage,
  duplicates: ReadonlyMap<NewFace, DuplicateWarning | undefined>,
  stored: StoredFaces['faces'],
): Outcome {
  if (image.kind === 'rejected') return { rejection: image.rejection }
  if (image.kind === 'stored') {
    return { enrolled: { face: image.face, alreadyEnrolled: true, warnings: [] } }
  }
  const duplicate = duplicates.get(image.face)
  const added = stored.get(image.face)
  if (added === undefined) return { rejection: duplicateRejection(duplicate) }
  const { alreadyEnrolled, ...face } = added
  const warnings = [
    ...(duplicate === undefined ? [] : [duplicate]),
    ...(image.weak ? [weakPhotographWarning] : []),
  ]
  const turned = image.turned === undefined ? {} : { turned: image.turned }
  return { enrolled: { face, alreadyEnrolled, ...turned, warnings } }
}

function duplicateRejection(warning: DuplicateWarning | undefined): Rejection {
  const similarity = warning?.similarity.toFixed(3) ?? 'unknown'
  return {
    reasons: ['duplicateOfOtherPerson'],
    message: `The face matches another person of the collection, ${warning?.personId ?? ''}, with similarity ${similarity}.`,
  }
}

function splitOutcomes(
  images: readonly { readonly fileName: string }[],
  outcomes: readonly Outcome[],
): Pick<EnrollResult, 'faces' | 'rejected'> {
  const faces: Enrolled[] = []
  const rejected: Rejected[] = []
  const seen = new Set<string>()
  for (const [index, outcome] of outcomes.entries()) {
    const fileName = images[index]?.fileName ?? ''
    if ('rejection' in outcome) {
      rejected.push({ fileName, ...outcome.rejection })
      continue
    }
    // The second of two equal files finds the face of the first.
    const repeated = seen.has(outcome.enrolled.face.id)
    seen.add(outcome.enrolled.face.id)
    faces.push({
      fileName,
      ...outcome.enrolled,
      alreadyEnrolled: repeated || outcome.enrolled.alreadyEnrolled,
    })
  }
  return { faces, rejected }
}
