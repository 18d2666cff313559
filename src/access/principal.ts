import type { Actor } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import { allows, type Scope } from './scopes.ts'

/** What a caller may do, and where. */
export interface Grant {
  readonly scopes: readonly string[]
  /** Ids of the only collections; absent: all. */
  readonly collectionIds?: readonly string[]
  /** It may only make the first key; see [Note: Set-up key] in set-up-key.ts. */
  readonly isSetUp?: true
  /** How much it may ask for; absent: as much as anybody. */
  readonly limits?: { readonly ratePerMinute?: number; readonly quotaPerDay?: number }
}

/** A caller and what the caller may do. */
export interface Principal extends Grant {
  readonly actor: Actor
  /** Of a caller with several roles: what each allows. `scopes` are those of all of them. */
  readonly grants?: readonly Grant[]
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

/**
 * The caller for what needs a scope: with the collections where one of the roles has it, and only those
 * scopes that hold in all of these.
 *
 * @throws {FaceError} `missingScope` naming the scope
 */
export function narrowTo(principal: Principal, needed: Scope): Principal {
  assertScope(principal, needed)
  const { actor, grants } = principal
  if (grants === undefined) return principal
  const reached = findReach(grants, needed)
  const scopes = principal.scopes.filter((scope) =>
    isWithin(reached, findReach(grants, scope as Scope)),
  )
  return { actor, scopes, ...(reached === undefined ? {} : { collectionIds: reached }) }
}

/** Whether `now` allows everything that `before` did. */
export function covers(now: Grant, before: Grant): boolean {
  return (
    before.scopes.every((scope) => allows(now.scopes, scope as Scope)) &&
    isWithin(before.collectionIds, now.collectionIds)
  )
}

/** Ids of the collections where a scope is granted; undefined: all. */
function findReach(grants: readonly Grant[], scope: Scope): readonly string[] | undefined {
  const having = grants.filter(({ scopes }) => allows(scopes, scope))
  if (having.some(({ collectionIds }) => collectionIds === undefined)) return undefined
  return [...new Set(having.flatMap(({ collectionIds = [] }) => collectionIds))]
}

function isWithin(
  ids: readonly string[] | undefined,
  reached: readonly string[] | undefined,
): boolean {
  if (reached === undefined) return true
  return ids?.every((id) => reached.includes(id)) ?? false
}
