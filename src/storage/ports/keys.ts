import type { Actor } from '../../core/actor.ts'
import type { Page, PageOptions } from './pages.ts'

/** An API key as it is kept: nobody can make the key from it. */
export interface ApiKey {
  readonly id: string
  /** Not unique; as a person's name. */
  readonly name: string
  /** The first characters of the key, by which its owner recognises it. */
  readonly prefix: string
  /** What it may do; names that the use cases know. */
  readonly scopes: readonly string[]
  /** Ids of the only collections that it works on, one at least; absent: all collections. */
  readonly collectionIds?: readonly string[]
  readonly createdAt: string
  readonly createdBy: Actor
  /** From this time on it is no longer valid; absent: it has no end. */
  readonly expiresAt?: string
  /** About when it was last used; see {@link KeyStore.touch}. */
  readonly lastUsedAt?: string
  readonly revokedAt?: string
  /** The key that follows it, see {@link KeyStore.rotate}. */
  readonly replacedBy?: string
  /** Requests a minute; absent: as many as any caller may send. */
  readonly ratePerMinute?: number
  /** Requests a day, UTC; absent: no quota. */
  readonly quotaPerDay?: number
}

export interface NewApiKey
  extends Pick<
    ApiKey,
    'name' | 'prefix' | 'scopes' | 'collectionIds' | 'expiresAt' | 'ratePerMinute' | 'quotaPerDay'
  > {
  /** Lower-case hex SHA-256 of the key. */
  readonly hash: string
}

/** The secret that takes the place of another one. */
export interface RotatedKey extends Pick<NewApiKey, 'hash' | 'prefix' | 'expiresAt'> {
  /** When the former one ends, ISO 8601, UTC; it stays with its own end where that is earlier. */
  readonly formerEndsAt: string
}

/** The API keys of a database. Who makes one is the actor of the call. */
export interface KeyStore {
  /** @throws {FaceError} `invalidName`; `invalidOption` when the hash is none, or a list is empty */
  create(key: NewApiKey): Promise<ApiKey>
  /** Oldest first; also those that are revoked or expired. */
  list(options?: PageOptions): Promise<Page<ApiKey>>
  /** Also a key that is revoked or expired. */
  findByHash(hash: string): Promise<ApiKey | undefined>
  /** Notes a use; nothing changes when a later one is known, or the key is gone. @param usedAt  ISO 8601, UTC */
  touch(id: string, usedAt: string): Promise<void>
  /** Ends a key for good; one that is revoked stays as it is. @throws {FaceError} `keyNotFound` */
  revoke(id: string): Promise<ApiKey>
  /**
   * Makes a key with the name, scopes, collections and limits of another one, which ends.
   *
   * @throws {FaceError} `keyNotFound`; `invalidOption` when it was rotated already or has ended, or the
   *   hash is none
   */
  rotate(id: string, next: RotatedKey): Promise<ApiKey>
  /** Removes the record of a key that is revoked. @throws {FaceError} `keyNotFound`; `keyInUse` when it is not revoked */
  remove(id: string): Promise<void>
}
