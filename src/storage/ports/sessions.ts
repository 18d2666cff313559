import type { Actor } from '../../core/actor.ts'

/** A caller who has signed in with a browser. Nobody can make the cookie from it. */
export interface Session {
  readonly id: string
  /** Who signed in; all sessions of one subject are ended together. */
  readonly subject: string
  readonly actor: Actor
  /** The key it was made with, as lower-case hex SHA-256: what the key may do, the session may. */
  readonly keyHash?: string
  /** Names of what it may do where no key says it. */
  readonly roles?: readonly string[]
  /** What the key could do at the time. */
  readonly scopes?: readonly string[]
  /** Ids of the only collections that the key worked on at the time; absent: all. */
  readonly collectionIds?: readonly string[]
  readonly createdAt: string
  /** It ends at this time unless it is used before. */
  readonly idleEndsAt: string
  /** It ends at this time at the latest. */
  readonly endsAt: string
}

export interface NewSession extends Omit<Session, 'id'> {
  /** Lower-case hex SHA-256 of what the browser has. */
  readonly hash: string
}

/** The sessions of a database. Times are ISO 8601, UTC, and the caller's. */
export interface SessionStore {
  /** @throws {FaceError} `invalidOption` when a hash is none, or neither key nor roles are given */
  create(session: NewSession): Promise<Session>
  /** Also one whose time is over. */
  findByHash(hash: string): Promise<Session | undefined>
  /** Notes a use; nothing changes when a later one is known, or the session is gone. */
  touch(id: string, idleEndsAt: string): Promise<void>
  /** Nothing changes when it is gone. */
  end(id: string): Promise<void>
  /** @returns how many there were */
  endAll(subject: string): Promise<number>
  /** Removes those whose time is over. @returns how many there were */
  expire(now: string): Promise<number>
}
