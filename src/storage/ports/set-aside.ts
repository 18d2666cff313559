import type { FaceCrop } from '../../core/types.ts'
import type { Face } from './faces.ts'
import type { Page, PageOptions } from './pages.ts'
import type { Person } from './persons.ts'

// [Note: Set-aside]
// A face that is set aside is out of every search, list, count and index, as a deleted one is, and kept
// where deleted ones are, see [Note: Trash] in history.ts. But nothing erases it when time is over: it
// stays as long as its person, follows the person in a merge, and is put back whenever somebody asks.
// While its person is deleted, it is neither listed nor put back; it comes back with the person, or is
// erased with the person.

/**
 * What became of a face that was to be set aside. `stated`: it stays, because a rejection or a
 * confirmation was said of it, which would count no more. `withinCap`: it stays, because the person has
 * no more faces than are to stay. `notFound`: the person has no such face.
 */
export const setAsideOutcomes = [
  'setAside',
  'alreadySetAside',
  'stated',
  'withinCap',
  'notFound',
] as const
/** What became of a face that was to be set aside. */
export type SetAsideOutcome = (typeof setAsideOutcomes)[number]

/**
 * What became of a face that was to be put back. `sameImage`: it stays set aside, because the person has
 * a face of the same place in the same photograph. `notFound`: no such face of the person is set aside.
 */
export const takeBackOutcomes = ['restored', 'alreadyThere', 'sameImage', 'notFound'] as const
/** What became of a face that was to be put back. */
export type TakeBackOutcome = (typeof takeBackOutcomes)[number]

export interface SetAsideOptions {
  /** How many faces the person keeps at least; default 0. */
  readonly keep?: number
  /** Changes nothing: the answer says what would be done. */
  readonly dryRun?: boolean
}

/** Faces that were set aside or put back. */
export interface FacesChanged<Outcome> {
  /** As the person is afterwards. */
  readonly person: Person
  /** In the order of the given ids. */
  readonly faces: readonly { readonly faceId: string; readonly outcome: Outcome }[]
  /** The entry in the history; absent when nothing changed. */
  readonly entryId?: string
}

/** Faces of persons that no search finds until they are put back; see [Note: Set-aside]. */
export interface SetAsideStore {
  /**
   * Sets faces of a person aside, all that can be at once.
   *
   * @param faceIds  1 to {@link import('./faces.ts').maxMovedFaces}, each once
   * @throws {FaceError} `collectionNotFound`, `personNotFound`; `invalidOption` for a list that is empty,
   *   too long, or has an id twice
   */
  add(
    collectionId: string,
    personId: string,
    faceIds: readonly string[],
    options?: SetAsideOptions,
  ): Promise<FacesChanged<SetAsideOutcome>>
  /** Those of a person, with `setAsideAt`. @throws {FaceError} `personNotFound` */
  list(collectionId: string, personId: string, options?: PageOptions): Promise<Page<Face>>
  /** @throws {FaceError} `personNotFound`; `faceNotFound` when no such face of the person is set aside */
  getCrop(collectionId: string, personId: string, faceId: string): Promise<FaceCrop | undefined>
  /**
   * Puts faces back, all that can be at once, with their embeddings of the models that the collection has.
   *
   * @param faceIds  as of {@link add}
   * @throws {FaceError} as {@link add}
   */
  restore(
    collectionId: string,
    personId: string,
    faceIds: readonly string[],
  ): Promise<FacesChanged<TakeBackOutcome>>
}
