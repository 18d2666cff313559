import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Actor } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Session, SessionStore } from '../storage/ports/sessions.ts'
import { covers, type Principal } from './principal.ts'
import type { Roles } from './roles.ts'

// [Note: Sessions]
// The browser has 256 random bits in a cookie that scripts cannot read, and the database their SHA-256,
// so that nobody signs in with what is read there. A session has no rights of its own: it does what its
// key, or its roles, allow at the moment of the request, and ends when that is less than it was. It is
// looked up again after some seconds, as keys are: see [Note: Keys of other nodes] in key-cache.ts.
// The token that a page sends beside the cookie is made from it, so no second secret is kept.

/** How long a session that was found is believed. */
const seenAgainAfterMs = 5000
/** How often a use is written. */
const noteUseEveryMs = 60_000
const sweepEveryMs = 600_000
const maxRemembered = 1000
const tokenPattern = /^[A-Za-z0-9_-]{43}$/

export interface SessionLifetimes {
  /** A session that is not used for so long ends, milliseconds. */
  readonly idleMs: number
  /** A session ends after so long, however much it is used, milliseconds. */
  readonly absoluteMs: number
}

/** Who has signed in, and what of it is sent to the browser. */
export interface StartedSession {
  /** What the cookie holds; kept nowhere else. */
  readonly token: string
  readonly session: Session
}

/** A session that holds at the moment of a request. */
export interface FoundSession {
  readonly session: Session
  readonly principal: Principal
}

/** The sessions of browsers, over all nodes that share the database. */
export interface Sessions extends AsyncDisposable {
  /** @param hash  of the key, lower-case hex SHA-256 */
  startWithKey(principal: Principal, hash: string): Promise<StartedSession>
  /** @throws {FaceError} `noRole` when they allow nothing */
  startWithRoles(actor: Actor, roles: readonly string[]): Promise<StartedSession>
  /**
   * The session of a cookie, which its use keeps from ending for being idle.
   *
   * @param findKey  who a key is, by its hash
   * @returns undefined when there is none, or its time, or the right of its key, is over
   */
  find(
    token: string,
    findKey: (hash: string) => Promise<Principal | undefined>,
  ): Promise<FoundSession | undefined>
  /** Ends the session of a cookie, if there is one: here at once, on other nodes within seconds. */
  end(token: string): Promise<void>
  /** Ends all sessions of who has this one. @returns how many there were */
  endAll(session: Session): Promise<number>
  /** Stops removing sessions whose time is over. */
  close(): Promise<void>
}

export interface SessionsOptions {
  readonly store: { readonly sessions: SessionStore }
  readonly roles: Roles
  readonly lifetimes: SessionLifetimes
  readonly logger?: Logger | undefined
  /** How often ended sessions are removed, milliseconds; 0: never. Default ten minutes. */
  readonly sweepEveryMs?: number
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number
}

/** The token that proves that a request comes from a page which may read what it is answered. */
export function toCsrfToken(token: string): string {
  return createHmac('sha256', token).update('csrf token').digest('base64url')
}

/** Creates the use cases of sessions; see [Note: Sessions]. */
export function createSessions({
  store: { sessions },
  roles,
  lifetimes: { idleMs, absoluteMs },
  logger,
  now = Date.now,
  ...options
}: SessionsOptions): Sessions {
  const remembered = new Map<string, { readonly session: Session; readonly readAt: number }>()
  const usesNotedAt = new Map<string, number>()
  /** Look-ups that began before a session was ended here must not be remembered after it. */
  let generation = 0
  const toTime = (ms: number) => new Date(ms).toISOString()

  async function start(
    given: Omit<Session, 'id' | 'createdAt' | 'idleEndsAt' | 'endsAt'>,
  ): Promise<StartedSession> {
    const token = randomBytes(32).toString('base64url')
    const at = now()
    const endsAt = at + absoluteMs
    const session = await sessions.create({
      ...given,
      hash: toHash(token),
      createdAt: toTime(at),
      idleEndsAt: toTime(Math.min(endsAt, at + idleMs)),
      endsAt: toTime(endsAt),
    })
    return { token, session }
  }

  async function look(hash: string): Promise<Session | undefined> {
    const known = remembered.get(hash)
    if (known && Math.abs(now() - known.readAt) < seenAgainAfterMs) return known.session
    const before = generation
    const session = await sessions.findByHash(hash)
    remembered.delete(hash)
    if (session !== undefined && before === generation) {
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(hash, { session, readAt: now() })
    }
    return session
  }

  function forget(isMeant: (session: Session) => boolean): void {
    generation++
    for (const [hash, { session }] of remembered) if (isMeant(session)) remembered.delete(hash)
  }

  function noteUse(hash: string, session: Session): void {
    const notedAt = usesNotedAt.get(session.id) ?? Date.parse(session.createdAt)
    if (Math.abs(now() - notedAt) < Math.min(noteUseEveryMs, idleMs / 4)) return
    if (usesNotedAt.size >= maxRemembered) usesNotedAt.clear()
    usesNotedAt.set(session.id, now())
    const idleEndsAt = toTime(Math.min(Date.parse(session.endsAt), now() + idleMs))
    const known = remembered.get(hash)
    if (known) remembered.set(hash, { ...known, session: { ...session, idleEndsAt } })
    // Nobody waits for it: it is noted with the next use.
    sessions.touch(session.id, idleEndsAt).catch(() => usesNotedAt.delete(session.id))
  }

  /** What the session may do now; undefined when that is nothing, or less than it was. */
  async function authorise(
    session: Session,
    findKey: (hash: string) => Promise<Principal | undefined>,
  ): Promise<Principal | undefined> {
    if (session.keyHash === undefined) {
      return roles.toPrincipal(session.actor, session.roles ?? [])
    }
    const principal = await findKey(session.keyHash)
    const { scopes = [], collectionIds } = session
    const before = { scopes, ...(collectionIds === undefined ? {} : { collectionIds }) }
    return principal !== undefined && covers(principal, before) ? principal : undefined
  }

  async function end(session: Session): Promise<void> {
    forget(({ id }) => id === session.id)
    await sessions.end(session.id)
    forget(({ id }) => id === session.id)
  }

  const everyMs = options.sweepEveryMs ?? sweepEveryMs
  let sweeping: Promise<void> | undefined
  const sweep = () => {
    sweeping ??= sessions
      .expire(toTime(now()))
      .then(() => {})
      .catch((error: unknown) => logger?.warn({ err: error }, 'ended sessions were not removed'))
      .finally(() => {
        sweeping = undefined
      })
  }
  const timer = everyMs > 0 ? setInterval(sweep, everyMs).unref() : undefined
  const close = async () => {
    clearInterval(timer)
    await sweeping
  }

  return {
    startWithKey: ({ actor, scopes, collectionIds }, hash) =>
      start({
        ...{ subject: `${actor.kind}:${actor.id}`, actor, keyHash: hash, scopes },
        ...(collectionIds === undefined ? {} : { collectionIds }),
      }),

    async startWithRoles(actor, names) {
      if ((await roles.toPrincipal(actor, names)) === undefined) throw new FaceError('noRole')
      return start({ subject: `${actor.kind}:${actor.id}`, actor, roles: names })
    },

    async find(token, findKey) {
      // What cannot be one costs the database nothing.
      if (!tokenPattern.test(token)) return undefined
      const hash = toHash(token)
      const session = await look(hash)
      if (session === undefined || isOver(session, now())) return undefined
      const principal = await authorise(session, findKey)
      if (principal === undefined) {
        await end(session)
        return undefined
      }
      noteUse(hash, session)
      return { session, principal }
    },

    async end(token) {
      if (!tokenPattern.test(token)) return
      const session = await sessions.findByHash(toHash(token))
      if (session !== undefined) await end(session)
    },

    async endAll({ subject }) {
      forget((session) => session.subject === subject)
      const ended = await sessions.endAll(subject)
      forget((session) => session.subject === subject)
      return ended
    },

    close,
    [Symbol.asyncDispose]: close,
  }
}

function toHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function isOver({ idleEndsAt, endsAt }: Session, now: number): boolean {
  return Math.min(Date.parse(idleEndsAt), Date.parse(endsAt)) <= now
}
