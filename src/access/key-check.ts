import { timingSafeEqual } from 'node:crypto'
import { hashKey, isGenerated, type Keys } from './keys.ts'
import type { Principal } from './principal.ts'
import { createThrottle, toAddressSubject, tooManyAttempts } from './throttle.ts'

// [Note: Wrong keys]
// A key that was generated here has 256 random bits: nobody guesses one, so a right one is let in
// whatever others did before, also those who share its caller's address. Keys of the configuration may
// be words that somebody chose. They are only compared while neither the caller's address nor the
// beginning of the key has failed too often, see [Note: Throttling] in throttle.ts; but a caller that
// has not failed is never made to wait, and a key that was right in this process' time is let in.

/** Characters of a key by which attempts with similar ones are counted together. */
const prefixLength = 10
/** Right keys of the configuration that are remembered by their hashes. */
const maxConfigured = 1000

/** Finds out whose key it is, of the configuration or of the database. */
export interface KeyCheck {
  /**
   * @param address  of the caller, as Node writes it
   * @returns undefined when nobody's
   * @throws {FaceError} `tooManyAttempts`, and what the database answers when it cannot be asked
   */
  check(key: string, address: string): Promise<Principal | undefined>
  /** The same where a person enters it: wrong keys of every form become slow. */
  checkEntered(key: string, address: string): Promise<Principal | undefined>
  /** Whose key it is now, by its SHA-256. @param hash  lower-case hex */
  find(hash: string): Promise<Principal | undefined>
}

export interface KeyCheckOptions {
  readonly keys: Pick<Keys, 'authenticateHash'>
  /** Lower-case hex SHA-256 of each key of the configuration. */
  readonly configured: readonly string[]
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number
}

/** Creates the check; see [Note: Wrong keys]. */
export function createKeyCheck({ keys, configured, now = Date.now }: KeyCheckOptions): KeyCheck {
  const addresses = createThrottle({ now })
  const prefixes = createThrottle({ now })
  const hashes = configured.map((hash) => Buffer.from(hash, 'hex'))
  const seen = new Set<string>()

  /** Milliseconds until another attempt of this caller is looked at. */
  function waitMs(prefix: string, caller: string): number {
    const ofPrefix = addresses.hasFailed(caller) ? prefixes.waitMs(prefix) : 0
    return Math.max(addresses.waitMs(caller), ofPrefix)
  }

  async function find(hash: string): Promise<Principal | undefined> {
    return findConfigured(hash, hashes) ?? (await keys.authenticateHash(hash))
  }

  async function checkSlowly(key: string, address: string): Promise<Principal | undefined> {
    const caller = toAddressSubject(address)
    const hash = hashKey(key)
    // By its hash, as it may be a part of a secret.
    const prefix = hashKey(key.slice(0, prefixLength))
    const wait = waitMs(prefix, caller)
    const mustWait = wait > 0 && !isGenerated(key) && !seen.has(hash)
    if (mustWait) throw tooManyAttempts(wait)
    const principal = await find(hash)
    if (principal === undefined) {
      if (wait > 0) throw tooManyAttempts(wait)
      addresses.failed(caller)
      prefixes.failed(prefix)
      return undefined
    }
    prefixes.succeeded(prefix)
    if (!isGenerated(key) && seen.size < maxConfigured) seen.add(hash)
    return principal
  }

  return {
    async check(key, address) {
      if (isGenerated(key)) return find(hashKey(key))
      // Nothing can be found out by trying.
      return hashes.length === 0 ? undefined : checkSlowly(key, address)
    },
    checkEntered: checkSlowly,
    find,
  }
}

/**
 * Compares with every hash, so that the time does not tell which one, or how much of it, fits.
 *
 * @param hash  lower-case hex SHA-256
 */
function findConfigured(hash: string, hashes: readonly Uint8Array[]): Principal | undefined {
  if (hashes.length === 0) return undefined
  const wanted = Buffer.from(hash, 'hex')
  let found: number | undefined
  for (const [index, known] of hashes.entries()) {
    if (known.length === wanted.length && timingSafeEqual(known, wanted)) found = index
  }
  if (found === undefined) return undefined
  const id = String(found + 1)
  const name = 'a key of the configuration'
  return { actor: { kind: 'configuredKey', id, name }, scopes: ['admin'] }
}
