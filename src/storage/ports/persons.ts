import type { Page, PageOptions } from './pages.ts'

/** Free-form JSON object, at most 16,384 bytes as UTF-8 JSON, at most 16 levels deep. */
export type Metadata = Readonly<Record<string, unknown>>

export const maxMetadataBytes = 16_384
export const maxNameLength = 200

/** An enrolled individual. */
export interface Person {
  readonly id: string
  /** Not unique; 1 to 200 characters, no control characters; stored trimmed and in NFC. */
  readonly name: string
  readonly metadata: Metadata
  readonly faceCount: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** The values of {@link NewPerson.ifExists}. */
export const waysIfExists = ['create', 'reuse', 'reuseFirst', 'refuse'] as const
export type IfExists = (typeof waysIfExists)[number]

/** A person to be made, or to be found by name. */
export interface NewPerson {
  readonly name: string
  readonly metadata?: Metadata
  /**
   * When persons of exactly this name are there: `create` (default) makes another one; `reuse` takes
   * the one who is there, with their metadata as they are, and refuses where there are several;
   * `reuseFirst` takes the one who was made first; `refuse` makes nobody. Names are not unique.
   * Looking and making are one transaction, so calls at once, of any process, make one.
   */
  readonly ifExists?: IfExists
}

/** The persons of a database's collections. */
export interface PersonStore {
  /** @throws {FaceError} `collectionNotFound`, `invalidName`, `invalidMetadata`; `invalidOption` when several persons have the name that one is reused of, `personExists` when one was to be refused */
  create(collectionId: string, input: NewPerson): Promise<Person>
  /** @throws {FaceError} `personNotFound` */
  get(collectionId: string, personId: string): Promise<Person>
  /** Newest last (by id). `name`: only persons whose name contains it, case-insensitively; `exactName`: only that name. */
  list(
    collectionId: string,
    options?: PageOptions & { readonly name?: string; readonly exactName?: string },
  ): Promise<Page<Person>>
  /** @throws {FaceError} `personNotFound`, `invalidName`, `invalidMetadata` */
  update(
    collectionId: string,
    personId: string,
    patch: { readonly name?: string; readonly metadata?: Metadata },
  ): Promise<Person>
  /** Removes the person and all faces. @throws {FaceError} `personNotFound` */
  delete(collectionId: string, personId: string): Promise<void>
}
