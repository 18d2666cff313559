import { createHash, randomBytes } from 'node:crypto'
import type { CallContext } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import type { Database } from '../storage/database.ts'
import { eachCollection } from '../storage/iterate.ts'
import type { ApiKey } from '../storage/ports/keys.ts'
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
}

/** A key as it is shown. */
export interface KeyDetails extends Omit<ApiKey, 'collectionIds'> {
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
    return keys.map(({ collectionIds, ...key }) => {
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
    const { id, name, scopes, collectionIds } = found
    return {
      actor: { kind: 'apiKey', id, name },
      scopes,
      ...(collectionIds === undefined ? {} : { collectionIds }),
    }
  }

  function bind(ports: Pick<Database, 'keys'>): Keys {
    return {
      as: (context) => bind(store.as(context)),

      async create({ name, scopes, collections, expiresAt }) {
        const granted = parseScopes(scopes)
        const end = expiresAt === undefined ? {} : { expiresAt: toEnd(expiresAt, now()) }
        const { key, hash } = generateKey()
        const created = await ports.keys.create({
          ...{ name, hash, prefix: key.slice(0, prefixLength), scopes: granted },
          ...(collections === undefined
            ? {}
            : { collectionIds: await toCollectionIds(collections) }),
          ...end,
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

/** @throws {FaceError} `invalidOption` unless it is a time in the future */
function toEnd(text: string, now: number): string {
  const time = Date.parse(text)
  if (!(time > now)) {
    throw new FaceError('invalidOption', { detail: 'expiresAt must be a time in the future.' })
  }
  return new Date(time).toISOString()
}
