import type { Gallery } from '../gallery/gallery.ts'
import type { MovedFaces, MoveOptions } from '../storage/ports/faces.ts'
import type { HistoryDetails, HistoryEntry, Recorded } from '../storage/ports/history.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import type {
  MergeConsequences,
  MergeInput,
  NewPerson,
  RemovalCondition,
} from '../storage/ports/persons.ts'
import { createIdOf } from './collection-id.ts'
import { assertNewPerson } from './person-by-name.ts'

/** How something is deleted. */
export interface DeleteOptions {
  /**
   * `now`: it is erased at once, with what the history says of it beyond ids and times; also what was
   * deleted before. Default: it can be put back for `history.undoDays`, out of every search and list.
   */
  readonly erase?: 'now'
}

/** What was done with faces, and how it is taken back. */
export interface History {
  /**
   * A page of the changes of persons and faces, newest first; `personId`: only those about one person.
   *
   * @throws {FaceError} `collectionNotFound`, `invalidCursor`, `invalidOption`
   */
  list(
    collection: string,
    options?: PageOptions & { readonly personId?: string },
  ): Promise<Page<HistoryEntry>>
  /** A change with how everything was before and after. @throws {FaceError} `collectionNotFound`, `historyEntryNotFound` */
  get(collection: string, entryId: string): Promise<HistoryDetails>
  /**
   * Takes a change back, as a whole or not at all. That is a change itself, which can be taken back.
   *
   * @returns the new entry
   * @throws {FaceError} `collectionNotFound`, `historyEntryNotFound`; `undoRefused` with the reason
   */
  undo(collection: string, entryId: string): Promise<HistoryDetails>
}

/** Corrections of whose faces are whose. */
export interface Corrections {
  readonly persons: {
    /** @throws {FaceError} `collectionNotFound`, `personNotFound`, `revisionMismatch` */
    delete(
      collection: string,
      personId: string,
      options?: DeleteOptions & RemovalCondition,
    ): Promise<Recorded>
    /** What {@link merge} would do; nothing is changed. @throws {FaceError} as {@link merge} */
    mergeConsequences(collection: string, input: MergeInput): Promise<MergeConsequences>
    /**
     * Gives the faces of several persons to one of them and deletes the others, as one change.
     *
     * @throws {FaceError} `collectionNotFound`; `personNotFound` with `personIds`; `invalidOption`,
     *   `invalidName`, `invalidMetadata`; `faceNotFound` for a cover that is nobody's of them
     */
    merge(
      collection: string,
      input: MergeInput,
    ): Promise<MergeConsequences & { readonly entryId: string }>
  }
  readonly faces: {
    /** @throws {FaceError} `collectionNotFound`, `faceNotFound` */
    delete(collection: string, faceId: string, options?: DeleteOptions): Promise<Recorded>
    /**
     * Gives faces to a person, an existing one by id or a new one, as one change; the answer tells what
     * became of each.
     *
     * @param faceIds  1 to 1,000
     * @throws {FaceError} `collectionNotFound`, `personNotFound`, `invalidOption`, as `persons.create`;
     *   `faceNotFound` when none of them is there
     */
    move(
      collection: string,
      faceIds: readonly string[],
      to: string | NewPerson,
      options?: Omit<MoveOptions, 'undoable'>,
    ): Promise<MovedFaces>
  }
}

/** What corrections work with. */
export interface CorrectionDependencies {
  readonly gallery: Gallery
  /** Whether what is deleted can be put back; default true. */
  readonly undoable?: boolean | undefined
}

/** Creates the use cases of the history. */
export function createHistory({ gallery, undoable = true }: CorrectionDependencies): History {
  const idOf = createIdOf(gallery)
  return {
    list: async (collection, options) => gallery.history.list(await idOf(collection), options),
    get: async (collection, entryId) => gallery.history.get(await idOf(collection), entryId),
    undo: async (collection, entryId) =>
      gallery.history.undo(await idOf(collection), entryId, { undoable }),
  }
}

/** Creates the use cases that correct whose faces are whose. */
export function createCorrections({
  gallery,
  undoable = true,
}: CorrectionDependencies): Corrections {
  const idOf = createIdOf(gallery)
  const toRemoval = ({ erase }: DeleteOptions) => ({ undoable: undoable && erase !== 'now' })
  return {
    persons: {
      async delete(collection, personId, options = {}) {
        const { erase: _, ...condition } = options
        const removal = { ...condition, ...toRemoval(options) }
        return gallery.persons.delete(await idOf(collection), personId, removal)
      },
      mergeConsequences: async (collection, input) =>
        gallery.persons.mergeConsequences(await idOf(collection), input),
      merge: async (collection, input) =>
        gallery.persons.merge(await idOf(collection), input, { undoable }),
    },
    faces: {
      delete: async (collection, faceId, options = {}) =>
        gallery.faces.delete(await idOf(collection), faceId, toRemoval(options)),
      async move(collection, faceIds, to, options) {
        const id = await idOf(collection)
        if (typeof to !== 'string') assertNewPerson(to)
        return gallery.faces.move(id, faceIds, to, { ...options, undoable })
      },
    },
  }
}
