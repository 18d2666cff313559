import type { Actor } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import { generateKey, hashKey, isGenerated, type Keys } from './keys.ts'
import type { Principal } from './principal.ts'

// [Note: Set-up key]
// A server that other machines can reach and that has no key is either closed to everybody or open to
// everybody. The set-up key is the way in for whoever sees the server's terminal: it makes the first
// key, which may do everything, and nothing else. It is kept in this process' memory only, and ends
// with its first use, with the first key made elsewhere, with the process, and after half an hour.
// docs/decisions/0030-keys.md says why it is printed.

/** How long a set-up key is valid. */
export const setUpKeyMs: number = 30 * 60_000

const actor: Actor = { kind: 'configuredKey', id: 'set-up', name: 'the set-up key' }

/** It has no scope, so that a route has to let it in by itself (`setUp` of its configuration). */
const principal: Principal = { actor, scopes: [], isSetUp: true }

function isSetUpActor({ kind, id }: Actor): boolean {
  return kind === actor.kind && id === actor.id
}

/**
 * The keys of a database that has none, with a set-up key; see [Note: Set-up key]. A key is asked for
 * from now on.
 *
 * @param now  milliseconds since 1970; for tests
 */
export function withSetUpKey(
  keys: Keys,
  now: () => number = Date.now,
): { readonly keys: Keys; readonly setUpKey: string } {
  const { key: setUpKey, hash: setUpHash } = generateKey()
  const endsAt = now() + setUpKeyMs
  let state: 'open' | 'taken' | 'used' = 'open'

  /** Asks the database, too: another node, or the command line, may have made the first key. */
  async function isOpen(): Promise<boolean> {
    return state === 'open' && now() < endsAt && !(await keys.areRequired())
  }

  async function authenticateHash(hash: string): Promise<Principal | undefined> {
    if (hash !== setUpHash) return keys.authenticateHash(hash)
    return (await isOpen()) ? principal : undefined
  }

  function bind(bound: Keys, isSetUp: boolean): Keys {
    return {
      ...bound,
      as: (context) => bind(bound.as(context), isSetUpActor(context.actor)),
      authenticateHash,
      authenticate: async (text) =>
        isGenerated(text) ? authenticateHash(hashKey(text)) : undefined,
      areRequired: async () => true,
      wereRequired: () => true,

      async create(input) {
        if (!isSetUp) return bound.create(input)
        if (!input.scopes.includes('admin') || input.collections !== undefined) {
          throw new FaceError('invalidOption', {
            detail: 'The set-up key makes a key with the scope admin for all collections.',
          })
        }
        // Of many requests at once one makes a key.
        if (!(await isOpen()) || state !== 'open') throw new FaceError('unauthorized')
        state = 'taken'
        try {
          const created = await bound.create(input)
          state = 'used'
          return created
        } finally {
          if (state === 'taken') state = 'open'
        }
      },
    }
  }

  return { keys: bind(keys, false), setUpKey }
}
