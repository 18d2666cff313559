import { FaceError } from '../core/errors.ts'
import { toStoredName } from '../gallery/person-fields.ts'
import type { Collection, Face, NewFace, Person } from '../gallery/store.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import { type DuplicateWarning, findDuplicates } from './duplicates.ts'
import { toEnrollHints, weakPhotographWarning } from './enroll-advice.ts'
import { type ExaminedImage, examineImages } from './enroll-image.ts'
import type { EnrollOptions, EnrollResult, FaceWatcher } from './face-watcher.ts'
import type { Judges } from './judges.ts'
import type { PersonsByName } from './person-by-name.ts'
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
export function createEnroll(
  deps: RecognitionDependencies,
  judges: Judges,
  persons: PersonsByName,
): FaceWatcher['enroll'] {
  const { gallery } = deps
  return async (collectionName, person, images, options = {}): Promise<EnrollResult> => {
    if (images.length === 0) throw new FaceError('missingImage')
    const collection = await gallery.getCollection(collectionName)
    if (typeof person === 'string') return enrollFor(collection, person, images, options)
    const { ifExists: _, ...fresh } = person
    return persons.resolve(collection.id, person, (id) =>
      enrollFor(collection, id ?? fresh, images, options),
    )
  }

  async function enrollFor(
    collection: Collection,
    personInput: Parameters<FaceWatcher['enroll']>[1],
    images: Parameters<FaceWatcher['enroll']>[2],
    options: EnrollOptions,
  ): Promise<EnrollResult> {
    const known = typeof personInput === 'string'
    const existing = known ? await gallery.getPerson(collection.id, personInput) : undefined
    // Found before images are analysed for nothing; the store checks again.
    if (!known) toStoredName(personInput.name)
    const personId = existing === undefined ? {} : { personId: existing.id }
    const examined = await examineImages(deps, images, { collection, ...personId, options })
    const usable = usableFaces(examined)
    const started = performance.now()
    const found =
      options.duplicates === 'ignore'
        ? usable.map(() => undefined)
        : await findDuplicates(deps, collection, { faces: usable, judges, ...personId })
    const searchMs = performance.now() - started
    const duplicates = new Map(usable.map((face, index) => [face, found[index]]))
    const accepted = usable.filter(
      (face) => options.duplicates !== 'reject' || duplicates.get(face) === undefined,
    )
    const stored = await storeFaces(deps, { collection, person: personInput, faces: accepted })
    const outcomes = examined.map((image) => toOutcome(image, duplicates, stored.faces))
    const person = stored.person ?? existing
    return {
      ...(person === undefined ? {} : { person }),
      ...splitOutcomes(images, outcomes),
      hints: toEnrollHints(person),
      timings: sumTimings(
        [...new Set(examined)].flatMap((image) =>
          'timings' in image && image.timings !== undefined ? [image.timings] : [],
        ),
        searchMs,
      ),
    }
  }
}

/** Each usable face once, in the order of the images. */
function usableFaces(examined: readonly ExaminedImage[]): readonly NewFace[] {
  const faces = examined.flatMap((image) => (image.kind === 'usable' ? [image.face] : []))
  return [...new Set(faces)]
}

interface StoredFaces {
  readonly person?: Person
  readonly faces: ReadonlyMap<NewFace, Face & { readonly existed: boolean }>
}

async function storeFaces(
  { gallery }: RecognitionDependencies,
  input: {
    readonly collection: Collection
    readonly person: Parameters<FaceWatcher['enroll']>[1]
    readonly faces: readonly NewFace[]
  },
): Promise<StoredFaces> {
  const { collection, person, faces } = input
  if (faces.length === 0) return { faces: new Map() }
  const added = await gallery.addFaces(collection.id, person, faces)
  return {
    person: added.person,
    faces: new Map(
      faces.map((face, index) => [
        face,
        added.faces[index] as Face & { readonly existed: boolean },
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
    return { enrolled: { face: image.face, existed: true, warnings: [] } }
  }
  const duplicate = duplicates.get(image.face)
  const added = stored.get(image.face)
  if (added === undefined) return { rejection: duplicateRejection(duplicate) }
  const { existed, ...face } = added
  const warnings = [
    ...(duplicate === undefined ? [] : [duplicate]),
    ...(image.weak ? [weakPhotographWarning] : []),
  ]
  return { enrolled: { face, existed, turned: image.turned, warnings } }
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
    faces.push({ fileName, ...outcome.enrolled, existed: repeated || outcome.enrolled.existed })
  }
  return { faces, rejected }
}
