import type { Consent, ConsentInput, ConsentState } from '../../core/consent.ts'
import type { RetentionRules } from '../../core/retention.ts'
import type { Recorded, RemovalOptions } from './history.ts'
import type { Page, PageOptions } from './pages.ts'

/** Free-form JSON object, at most 16,384 bytes as UTF-8 JSON, at most 16 levels deep. */
export type Metadata = Readonly<Record<string, unknown>>

export const maxMetadataBytes = 16_384
export const maxNameLength = 200
export const maxAliases = 50
export const maxExternalIdLength = 200
export const maxNotesLength = 10_000

/** An enrolled individual. */
export interface Person {
  readonly id: string
  /** Not unique; 1 to 200 characters, no control characters; stored trimmed and in NFC. */
  readonly name: string
  /** Other names, each as `name` is, without repetitions; at most 50. */
  readonly aliases: readonly string[]
  /** What another system calls the person: unique in a collection; trimmed, in NFC, 1 to 200 characters. */
  readonly externalId?: string
  /** Free text, 1 to 10,000 characters. */
  readonly notes?: string
  readonly metadata: Metadata
  /** The face that shows the person; absent, too, when that face is gone or another person's. */
  readonly coverFaceId?: string
  /**
   * The face whose crop shows the person: the cover, else the one that shows the face best; absent
   * where no crop is stored.
   */
  readonly shownFaceId?: string
  /** Not to be shown in lists of people; recognition finds the person all the same. */
  readonly hidden: boolean
  readonly favourite: boolean
  /** Why the person may be enrolled; absent: nothing is known of it. */
  readonly consent?: Consent
  readonly faceCount: number
  /** From 1; grows with each change of the person's own fields, not with faces or sightings. */
  readonly revision: number
  /** When a search last decided for the person; told up to a minute late. */
  readonly lastSeenAt?: string
  readonly createdAt: string
  readonly updatedAt: string
}

/** A person as a change left it. */
export interface ChangedPerson extends Person {
  /** The change in the history; absent when nothing changed. */
  readonly entryId?: string
}

/** The values of {@link NewPerson.ifExists}. */
export const waysIfExists = ['create', 'reuse', 'refuse'] as const
export type IfExists = (typeof waysIfExists)[number]

/** The values of {@link NewPerson.onAmbiguous}. */
export const waysOnAmbiguous = ['reject', 'first', 'new'] as const
export type OnAmbiguous = (typeof waysOnAmbiguous)[number]

/** A person to be made, or to be found by external id or name. */
export interface NewPerson {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly externalId?: string
  readonly notes?: string
  readonly metadata?: Metadata
  readonly hidden?: boolean
  readonly favourite?: boolean
  readonly consent?: ConsentInput
  /**
   * When somebody is there already: `create` (default) makes another person; `reuse` takes the one
   * who is there, with the fields as they are; `refuse` makes nobody. It is the person of
   * `externalId`, whatever the name; without one, who has exactly this name and no other external id,
   * and who gets `externalId` when taken. Names are not unique. Looking and making are one
   * transaction, so calls at once, of any process, make one.
   */
  readonly ifExists?: IfExists
  /**
   * When one is reused and several have the name: `reject` (default) refuses, `first` takes the one
   * who was made first, `new` makes another.
   */
  readonly onAmbiguous?: OnAmbiguous
}

/** Changes of a person: what is absent stays, `null` (and empty notes) takes a value away. */
export interface PersonPatch {
  readonly name?: string
  readonly aliases?: readonly string[]
  readonly externalId?: string | null
  readonly notes?: string | null
  readonly metadata?: Metadata
  /** A face of the person. */
  readonly coverFaceId?: string | null
  readonly hidden?: boolean
  readonly favourite?: boolean
  /** In place of the whole former one. */
  readonly consent?: ConsentInput | null
}

/** What must hold for a change of a person. */
export interface PersonCondition {
  /** The person's revision as the caller read it. */
  readonly ifRevision?: number
}

/** What must hold for a removal. */
export interface RemovalCondition extends PersonCondition {
  /** The person is due by these rules at this time, ISO 8601, UTC. */
  readonly ifDue?: { readonly rules: RetentionRules; readonly at: string }
}

/** How a change is told in the history. */
export interface UpdateOptions {
  /** `false`: what was before is kept nowhere, and the change cannot be taken back. Default true. */
  readonly undoable?: boolean
}

/** What persons can be sorted by; `created` is the order of their ids. */
export const personSorts = ['created', 'name', 'faceCount', 'lastSeen', 'updated'] as const
export type PersonSort = (typeof personSorts)[number]

export const sortOrders = ['asc', 'desc'] as const
export type SortOrder = (typeof sortOrders)[number]

export const facesFilters = ['none', 'one'] as const
export type FacesFilter = (typeof facesFilters)[number]

/** Which persons are listed, and in which order. What is absent does not restrict. */
export interface PersonListOptions extends PageOptions {
  /** Contained in the name, case-insensitively. */
  readonly name?: string
  /** Exactly the name. */
  readonly exactName?: string
  /**
   * Every word is the beginning of a word of the name or of an alias, as
   * `storage/rules/person-words.ts` says; without a word nothing is restricted.
   */
  readonly query?: string
  readonly externalId?: string
  readonly hidden?: boolean
  readonly favourite?: boolean
  /** Persons without a face, or with a single one. */
  readonly faces?: FacesFilter
  /** Persons whose consent is so, as the store's clock says. */
  readonly consent?: ConsentState
  /** Only those whose own fields changed at this time or later; ISO 8601. */
  readonly changedSince?: string
  /** Default `created`. By name: as it is searched, without accents and case. */
  readonly sort?: PersonSort
  /** Default `asc`; persons never seen come before all others. */
  readonly order?: SortOrder
}

/** Several persons that are one. */
export interface MergeInput {
  /** Who survives. */
  readonly into: string
  /** Who are merged into that one, and are gone then: 1 to 100, each once. */
  readonly from: readonly string[]
  /** Name of the one who survives; default: its own. All other names become aliases. */
  readonly name?: string
  /** A face of any of them; default: the cover of the one who survives. */
  readonly coverFaceId?: string
  /**
   * Metadata of the one who survives, in place of the default: its own, and of the others, in their
   * order, the keys that nobody before them has.
   */
  readonly metadata?: Metadata
}

export const maxMerged = 100
/** Faces that come to the survivor as one change, which holds up other writers for a second or two. */
export const maxMergedFaces = 5000

/** Something that a merge does not take over. */
export interface LostInMerge {
  readonly personId: string
  /** Such as `name`, or `metadata.department`. */
  readonly field: string
  readonly value: unknown
}

/** What a merge does, or would do. */
export interface MergeConsequences {
  /** Who survives, as afterwards. */
  readonly person: Person
  /** Who are merged into that one, as they were before. */
  readonly merged: readonly Person[]
  readonly movedFaces: number
  /**
   * Ids of faces that are removed, because the one who survives would have the same place of the same
   * photograph twice.
   */
  readonly sameImageFaces: readonly string[]
  readonly lost: readonly LostInMerge[]
}

/** The persons of a database's collections. */
export interface PersonStore {
  /**
   * @throws {FaceError} `collectionNotFound`, `invalidName`, `invalidMetadata`; `invalidOption` for
   *   other fields, and when several persons have the name that one is reused of; `personExists` when
   *   one was to be refused; `externalIdTaken`
   */
  create(collectionId: string, input: NewPerson): Promise<Person>
  /** @throws {FaceError} `personNotFound` */
  get(collectionId: string, personId: string): Promise<Person>
  /**
   * A page of persons. Cursors hold the last person's place, so that pages neither repeat nor miss
   * anybody while others come and go.
   * @throws {FaceError} `invalidOption`; `invalidCursor`, also for a cursor of another order
   */
  list(collectionId: string, options?: PersonListOptions): Promise<Page<Person>>
  /**
   * @throws {FaceError} `personNotFound`, `revisionMismatch`, `invalidName`, `invalidMetadata`,
   *   `invalidOption`, `externalIdTaken`; `faceNotFound` when the cover is no face of the person
   */
  update(
    collectionId: string,
    personId: string,
    patch: PersonPatch,
    options?: PersonCondition & UpdateOptions,
  ): Promise<ChangedPerson>
  /**
   * Removes the person and all faces. What was removed before and is kept for an undo, is erased by a
   * removal that cannot be undone.
   *
   * @throws {FaceError} `personNotFound`; `revisionMismatch` also when the person is not due (any more)
   */
  delete(
    collectionId: string,
    personId: string,
    options?: RemovalCondition & RemovalOptions,
  ): Promise<Recorded>
  /** What {@link merge} would do. @throws {FaceError} as {@link merge} */
  mergeConsequences(collectionId: string, input: MergeInput): Promise<MergeConsequences>
  /**
   * Gives the faces of several persons to one of them and removes the others, as a whole or not at all.
   *
   * @throws {FaceError} `personNotFound` with `personIds` that are not there; `invalidOption` when the
   *   list is empty or too long, names somebody twice, or the one who survives; `invalidName`,
   *   `invalidMetadata`, also where the metadata of all together are too large; `limitReached` where
   *   the others have more than {@link maxMergedFaces} faces
   */
  merge(
    collectionId: string,
    input: MergeInput,
    options?: RemovalOptions,
  ): Promise<MergeConsequences & { readonly entryId: string }>
  /**
   * Notes when persons were last seen; earlier times than the noted ones, and persons who are gone,
   * change nothing. It is no change of a person: revision and `updatedAt` stay.
   */
  seen(
    collectionId: string,
    entries: readonly { readonly personId: string; readonly at: string }[],
  ): Promise<void>
}
