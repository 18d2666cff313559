import type { ApiKey, KeyStore } from '../storage/ports/keys.ts'

// [Note: Keys of other nodes]
// A key that was found is used for some seconds before it is looked up again, so that a request
// costs no query of its own. What this process revokes it forgets at once; what another process
// revokes, or makes, is noticed when the time is over.

/** How long a key that was found, or the absence of any, is believed; see [Note: Keys of other nodes]. */
export const seenAgainAfterMs = 5000
/** How often the last use of a key is written. */
const noteUseEveryMs = 60_000
/** Keys that are remembered; they are few, and a hash that is not known is not kept. */
const maxRemembered = 1000

interface Remembered {
  readonly key: ApiKey
  readonly readAt: number
}

/** What is remembered of a database's keys. */
export interface KeyCache {
  /** As `KeyStore.findByHash`. */
  find(hash: string): Promise<ApiKey | undefined>
  /** Whether there is any key, or was while this process ran. */
  hasKeys(): Promise<boolean>
  /** What `hasKeys` has answered last; false before. */
  hadKeys(): boolean
  /** A key was made here. */
  noteKey(): void
  /** Writes the use down now and then, in the background. */
  noteUse(key: ApiKey): void
  /** Looks the key up again next time. */
  forget(id: string): void
}

/** @param options `now`: milliseconds since 1970 */
export function createKeyCache({
  keys,
  now,
}: {
  readonly keys: KeyStore
  readonly now: () => number
}): KeyCache {
  const remembered = new Map<string, Remembered>()
  const usesNotedAt = new Map<string, number>()
  /** Look-ups that began before a key was revoked here must not be remembered after it. */
  let generation = 0
  let anyKey = false
  let noneSeenAt = Number.NEGATIVE_INFINITY
  let looking: Promise<boolean> | undefined

  async function lookForKeys(): Promise<boolean> {
    try {
      const { items } = await keys.list({ limit: 1 })
      anyKey ||= items.length > 0
      noneSeenAt = now()
    } catch (error) {
      // A server that has never been told stays as it is; one that does not know yet must not be open.
      if (noneSeenAt === Number.NEGATIVE_INFINITY) throw error
    } finally {
      looking = undefined
    }
    return anyKey
  }

  function remember(hash: string, key: ApiKey): void {
    if (remembered.size >= maxRemembered) remembered.clear()
    remembered.set(hash, { key, readAt: now() })
  }

  return {
    async find(hash) {
      const known = remembered.get(hash)
      // A clock that was set back does not keep a key for longer.
      if (known && Math.abs(now() - known.readAt) < seenAgainAfterMs) return known.key
      const before = generation
      const key = await keys.findByHash(hash)
      if (key === undefined) remembered.delete(hash)
      else if (before === generation) remember(hash, key)
      return key
    },

    async hasKeys() {
      if (anyKey) return true
      if (Math.abs(now() - noneSeenAt) < seenAgainAfterMs) return false
      looking ??= lookForKeys()
      return looking
    },

    hadKeys: () => anyKey,

    noteKey() {
      anyKey = true
    },

    noteUse({ id }) {
      const notedAt = usesNotedAt.get(id)
      if (notedAt !== undefined && Math.abs(now() - notedAt) < noteUseEveryMs) return
      if (usesNotedAt.size >= maxRemembered) usesNotedAt.clear()
      usesNotedAt.set(id, now())
      // Nobody waits for it, and a request must not fail for it: it is noted with the next use.
      keys.touch(id, new Date(now()).toISOString()).catch(() => usesNotedAt.delete(id))
    },

    forget(id) {
      generation++
      for (const [hash, { key }] of remembered) if (key.id === id) remembered.delete(hash)
    },
  }
}
