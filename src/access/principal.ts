import type { Actor } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import { allows, type Scope } from './scopes.ts'

/** A caller and what the caller may do. */
export interface Principal {
  readonly actor: Actor
  readonly scopes: readonly string[]
  /** Ids of the only collections; absent: all. */
  readonly collectionIds?: readonly string[]
  /** It may only make the first key; see [Note: Set-up key] in set-up-key.ts. */
  readonly isSetUp?: true
  /** How much it may ask for; absent: as much as anybody. */
  readonly limits?: { readonly ratePerMinute?: number; readonly quotaPerDay?: number }
}

/** The caller of a server that has no key: may do everything. */
export const anonymous: Principal = {
  actor: { kind: 'anonymous', id: 'anonymous', name: 'anonymous' },
  scopes: ['admin'],
}

/** @throws {FaceError} `missingScope` naming the scope */
export function assertScope(principal: Principal, needed: Scope): void {
  if (allows(principal.scopes, needed)) return
  throw new FaceError('missingScope', {
    detail: `Needed: ${needed}.`,
    info: { scope: needed },
  })
}

/**
 * Whoever may work on some collections only must not change or see what is beyond them: a key that
 * makes keys could make one for all.
 *
 * @throws {FaceError} `forbidden`
 */
export function assertReachesAll({ collectionIds }: Principal): void {
  if (collectionIds === undefined) return
  throw new FaceError('forbidden', {
    detail: 'The API key is for some collections only, and this is for the whole server.',
  })
}
