import { createHash, randomBytes } from 'node:crypto'
import type { CallContext } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import type { Database } from '../storage/database.ts'
import { eachCollection, eachPage } from '../storage/iterate.ts'
import type { ApiKey, KeyStore } from '../storage/ports/keys.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import { createKeyCache } from './key-cache.ts'
import type { Principal } from './principal.ts'
import { parseScopes } from './scopes.ts'

export interface NewKey {
  readonly name: string
  readonly scopes: readonly string[]
  /** Names of the only collections it works on; absent: all, those made later too. */
  readonly collections?: readonly string[]
  /** ISO 8601, in the future; absent: it has no end. */
  readonly expiresAt?: string
  /** Requests a minute, from 1; absent: as many as any caller may send. */
  readonly ratePerMinute?: number
  /** Requests a day, UTC, from 1; absent: no quota. */
  readonly quotaPerDay?: number
}

export interface KeyRotation {
  /** How long the former key stays valid, milliseconds; 0: it ends at once. Default one day. */
  readonly overlapMs?: number
  /** When the new key ends, ISO 8601. Absent: after as long as the former one was given, if it has an end. */
  readonly expiresAt?: string
}

/** A key as it is shown. */
export interface KeyDetails extends Omit<ApiKey, 'collectionIds'> {
  /** It is valid, ends within two weeks, and nothing follows it. */
  readonly endsSoon?: true
  /** The only collections it works on; one that is gone has no name. Absent: all. */
  readonly collections?: readonly { readonly id: string; readonly name?: string }[]
}

export interface CreatedKey extends KeyDetails {
  /** What the caller sends. It is kept nowhere, so this is the only time it is seen. */
  readonly key: string
}

/** The API keys of a database: what HTTP and the command line call. */
export interface Keys {
  /** The same for a caller, who is then written down as the one who made a key. */
  as(context: CallContext): Keys
  /** @throws {FaceError} `invalidName`, `invalidOption`, `collectionNotFound` */
  create(input: NewKey): Promise<CreatedKey>
  /** Oldest first; also those that are revoked or expired. */
  list(options?: PageOptions): Promise<Page<KeyDetails>>
  /**
   * Ends a key: at once in this process, after {@link seenAgainAfterMs} at the latest in others.
   * @throws {FaceError} `keyNotFound`
   */
  revoke(id: string): Promise<KeyDetails>
  /**
   * Gives a key another secret: a new key for the same, while the former one stays valid for a time
   * in which its clients are changed.
   *
   * @throws {FaceError} `keyNotFound`; `invalidOption` when it has ended or was rotated already, or a
   *   time is none
   */
  rotate(id: string, rotation?: KeyRotation): Promise<CreatedKey>
  /** The keys that end soon, see {@link KeyDetails.endsSoon}. */
  endingSoon(): Promise<readonly ApiKey[]>
  /** Removes the record of a revoked key. @throws {FaceError} `keyNotFound`, `keyInUse` */
  remove(id: string): Promise<void>
  /**
   * Who sends this key; undefined when no valid key is it.
   * @throws {FaceError} what the database answers when it cannot be asked
   */
  authenticate(key: string): Promise<Principal | undefined>
  /** The same for the SHA-256 of a key, lower-case hex, which a session has in the place of the key. */
  authenticateHash(hash: string): Promise<Principal | undefined>
  /**
   * Whether the database has, or in this process' time had, any key: then one is asked for. A key
   * that is revoked or expired counts, so that no server becomes open by itself.
   */
  areRequired(): Promise<boolean>
  /** What `areRequired` has answered last; asks no database. */
  wereRequired(): boolean
}

export interface KeysOptions {
  readonly store: Pick<Database, 'as' | 'keys' | 'collections'>
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number
}

/** Before its end by so much a key is said to end soon: two weeks to hand out another one. */
const endsSoonMs: number = 14 * 86_400_000
/** How long a rotated key stays valid where nothing else is said. */
export const defaultOverlapMs = 86_400_000
/** Longer than a year both keys would just be used. */
export const maxOverlapMs: number = 366 * 86_400_000

/** Characters of a key that are kept and shown: 42 of its 256 bits. */
const prefixLength = 10
const keyPattern = /^fw_[A-Za-z0-9_-]{43}$/

/** A new random key, and what of it is kept. */
export function generateKey(): { readonly key: string; readonly hash: string } {
  // 256 bits cannot be guessed, so a fast hash without salt is enough to store it.
  const key = `fw_${randomBytes(32).toString('base64url')}`
  return { key, hash: hashKey(key) }
}

/** Lower-case hex SHA-256. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** Whether it has the form of a key that {@link generateKey} made. */
export function isGenerated(key: string): boolean {
  return keyPattern.test(key)
}

/** Creates the use cases of keys. */
export function createKeys({ store, now = Date.now }: KeysOptions): Keys {
  const cache = createKeyCache({ keys: store.keys, now })

  async function toCollectionIds(names: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all([...new Set(names)].map((name) => store.collections.get(name)))
    return found.map(({ id }) => id)
  }

  /** Only asked for where a key names collections. */
  async function readCollectionNames(): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>()
    for await (const { id, name } of eachCollection(store)) names.set(id, name)
    return names
  }

  async function describe(keys: readonly ApiKey[]): Promise<readonly KeyDetails[]> {
    const limited = keys.some(({ collectionIds }) => collectionIds !== undefined)
    const names = limited ? await readCollectionNames() : new Map<string, string>()
    return keys.map(({ collectionIds, ...rest }) => {
      const key = endsSoon(rest, now()) ? { ...rest, endsSoon: true as const } : rest
      if (collectionIds === undefined) return key
      const collections = collectionIds.map((id) => {
        const name = names.get(id)
        return name === undefined ? { id } : { id, name }
      })
      return { ...key, collections }
    })
  }

  async function describeOne(key: ApiKey): Promise<KeyDetails> {
    const [described] = await describe([key])
    return described as KeyDetails
  }

  async function authenticateHash(hash: string): Promise<Principal | undefined> {
    const found = await cache.find(hash)
    if (found === undefined || !isValid(found, now())) return undefined
    cache.noteUse(found)
    const { id, name, scopes, collectionIds, ratePerMinute, quotaPerDay } = found
    const limits = {
      ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
      ...(quotaPerDay === undefined ? {} : { quotaPerDay }),
    }
    return {
      actor: { kind: 'apiKey', id, name },
      scopes,
      ...(collectionIds === undefined ? {} : { collectionIds }),
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
    }
  }

  /** A key that has an end is followed by one that lasts as long as it was given. */
  async function findNextEnd(keys: KeyStore, id: string): Promise<string | undefined> {
    for await (const page of eachPage((options) => keys.list(options))) {
      const found = page.find((key) => key.id === id)
      if (found?.expiresAt === undefined) continue
      const lasts = Date.parse(found.expiresAt) - Date.parse(found.createdAt)
      return new Date(now() + lasts).toISOString()
    }
    return undefined
  }

  function bind(ports: Pick<Database, 'keys'>): Keys {
    return {
      as: (context) => bind(store.as(context)),

      async create({ name, scopes, collections, expiresAt, ratePerMinute, quotaPerDay }) {
        const granted = parseScopes(scopes)
        const end = expiresAt === undefined ? {} : { expiresAt: toEnd(expiresAt, now()) }
        const { key, hash } = generateKey()
        const created = await ports.keys.create({
          ...{ name, hash, prefix: key.slice(0, prefixLength), scopes: granted },
          ...(collections === undefined
            ? {}
            : { collectionIds: await toCollectionIds(collections) }),
          ...end,
          ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
          ...(quotaPerDay === undefined ? {} : { quotaPerDay }),
        })
        cache.noteKey()
        return { ...(await describeOne(created)), key }
      },

      async list(options) {
        const { items, ...page } = await ports.keys.list(options)
        return { ...page, items: await describe(items) }
      },

      async revoke(id) {
        const revoked = await ports.keys.revoke(id)
        cache.forget(id)
        return describeOne(revoked)
      },

      async rotate(id, { overlapMs = defaultOverlapMs, expiresAt } = {}) {
        if (!(overlapMs >= 0 && overlapMs <= maxOverlapMs)) {
          throw new FaceError('invalidOption', {
            detail: 'The overlap must be from 0 to 366 days.',
          })
        }
        const end =
          expiresAt === undefined ? await findNextEnd(ports.keys, id) : toEnd(expiresAt, now())
        const { key, hash } = generateKey()
        const created = await ports.keys.rotate(id, {
          ...{ hash, prefix: key.slice(0, prefixLength) },
          ...(end === undefined ? {} : { expiresAt: end }),
          formerEndsAt: new Date(now() + overlapMs).toISOString(),
        })
        cache.forget(id)
        return { ...(await describeOne(created)), key }
      },

      async endingSoon() {
        const found: ApiKey[] = []
        for await (const page of eachPage((options) => ports.keys.list(options))) {
          found.push(...page.filter((key) => endsSoon(key, now())))
        }
        return found
      },

      async remove(id) {
        await ports.keys.remove(id)
        cache.forget(id)
      },

      async authenticate(key) {
        // What cannot be a key costs the database nothing.
        return isGenerated(key) ? authenticateHash(hashKey(key)) : undefined
      },

      authenticateHash,

      areRequired: () => cache.hasKeys(),
      wereRequired: () => cache.hadKeys(),
    }
  }

  return bind(store)
}

function isValid({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > now)
}

/** Whether somebody has to hand out another key soon. @param now  milliseconds since 1970 */
export function endsSoon(
  { expiresAt, revokedAt, replacedBy }: Pick<ApiKey, 'expiresAt' | 'revokedAt' | 'replacedBy'>,
  now: number,
): boolean {
  if (expiresAt === undefined || revokedAt !== undefined || replacedBy !== undefined) return false
  const leftMs = Date.parse(expiresAt) - now
  return leftMs > 0 && leftMs <= endsSoonMs
}

/** @throws {FaceError} `invalidOption` unless it is a time in the future */
function toEnd(text: string, now: number): string {
  const time = Date.parse(text)
  if (!(time > now)) {
    throw new FaceError('invalidOption', { detail: 'expiresAt must be a time in the future.' })
  }
  return new Date(time).toISOString()
}
