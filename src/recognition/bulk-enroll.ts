import { isFaceError } from '../core/errors.ts'
import type { OnAmbiguous, Person } from '../storage/ports/persons.ts'
import type { EnrollOptions, EnrollResult, FaceWatcher, NewPersonInput } from './face-watcher.ts'
import { isAmbiguousName } from './person-by-name.ts'

/** A photograph of many, and whose face it shows: a person's id, or a name. */
export interface BulkPhoto {
  readonly fileName: string
  readonly person:
    | { readonly id: string }
    | Pick<NewPersonInput, 'name' | 'externalId' | 'metadata'>
  readonly bytes: Uint8Array
}

/** What became of it. */
export type PhotoOutcome =
  | {
      readonly kind: 'enrolled'
      /** Absent of one whom a dry run would make. */
      readonly person?: Person
      readonly personName: string
      readonly newPerson: boolean
      readonly face: EnrollResult['faces'][number]
    }
  | { readonly kind: 'rejected'; readonly reasons: readonly string[]; readonly message: string }

export interface BulkTarget {
  readonly faceWatcher: Pick<FaceWatcher, 'enroll'>
  readonly collection: string
  readonly enroll: EnrollOptions
  /** Who is meant by a name that several have; `new` would make a person of each photograph. Default `reject`. */
  readonly onAmbiguous?: Exclude<OnAmbiguous, 'new'>
}

/**
 * Enrols one photograph of many. That it cannot be used is a result.
 *
 * @throws what would meet the next photograph, too: a full disk, a closed database
 */
export async function enrollPhoto(
  { faceWatcher, collection, enroll, onAmbiguous = 'reject' }: BulkTarget,
  { fileName, person, bytes }: BulkPhoto,
): Promise<PhotoOutcome> {
  try {
    const named = { ifExists: 'reuse', onAmbiguous } as const
    const given = 'id' in person ? person.id : { ...person, ...named }
    const result = await faceWatcher.enroll(collection, given, [{ fileName, bytes }], enroll)
    return toPhotoOutcome(result, 'id' in person ? '' : person.name)
  } catch (error) {
    const rejected = toPhotoRejection(error)
    if (rejected === undefined) throw error
    return rejected
  }
}

/** @param givenName  of a person who is found or made by name */
function toPhotoOutcome(
  { faces, rejected, person, newPerson }: EnrollResult,
  givenName: string,
): PhotoOutcome {
  const [face] = faces
  if (face !== undefined) {
    const personName = person?.name ?? givenName
    return {
      ...{ kind: 'enrolled', personName, newPerson, face },
      ...(person === undefined ? {} : { person }),
    }
  }
  const [first] = rejected
  const message = first?.message ?? 'It was not enrolled.'
  return { kind: 'rejected', reasons: first?.reasons ?? [], message }
}

/** What an error of one photograph says of it; `undefined` when it would meet the next one, too. */
export function toPhotoRejection(
  error: unknown,
): Extract<PhotoOutcome, { kind: 'rejected' }> | undefined {
  if (isAmbiguousName(error)) {
    const message = 'Several persons have this name; say the id of the one who is meant.'
    return { kind: 'rejected', reasons: ['ambiguousName'], message }
  }
  if (!isFaceError(error)) return undefined
  const isOfPhoto = [
    ...[
      'invalidName',
      'invalidMetadata',
      'externalIdTaken',
      'consentRequired',
      'imageTooLarge',
      'imageTimeout',
      'workerFailed',
      'internal',
    ],
  ].includes(error.code)
  return isOfPhoto ? { kind: 'rejected', reasons: [error.code], message: error.message } : undefined
}
