import type { Actor } from '../core/actor.ts'
import { isFaceError } from '../core/errors.ts'
import type { CollectionStore } from '../storage/ports/collections.ts'
import type { Grant, Principal } from './principal.ts'
import { type Scope, scopes } from './scopes.ts'

/** The roles that there always are. */
export const builtInRoles = {
  viewer: ['detect', 'verify', 'identify', 'people:read'],
  operator: ['detect', 'verify', 'identify', 'people:read', 'enroll', 'people:write', 'watch'],
  manager: [
    ...['detect', 'verify', 'identify', 'people:read', 'enroll', 'people:write', 'watch'],
    ...['collections:write', 'system:read'],
  ],
  auditor: ['people:read', 'system:read', 'audit:read'],
  admin: ['admin'],
} as const satisfies Readonly<Record<string, readonly Scope[]>> as Readonly<
  Record<string, readonly Scope[]>
>

/** A role of the configuration. */
export interface OwnRole {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Names of the only collections; empty: all. */
  readonly collections: readonly string[]
}

/** What roles allow. */
export interface Roles {
  /**
   * A caller who has some roles, or single scopes.
   *
   * @param names  of roles and scopes; what is not known allows nothing
   * @returns undefined when nothing is allowed
   */
  toPrincipal(actor: Actor, names: readonly string[]): Promise<Principal | undefined>
}

/** How long the id of a collection that a role names is believed. */
const believedMs = 5000

/** Whether there is a role, or a scope, of this name. */
export function isGrantable(name: string, own: readonly OwnRole[]): boolean {
  return (
    Object.hasOwn(builtInRoles, name) ||
    scopes.some((scope) => scope === name) ||
    own.some((role) => role.name === name)
  )
}

/**
 * Creates the roles of the configuration and those that there always are.
 *
 * @param options `now`: milliseconds since 1970
 */
export function createRoles({
  own,
  collections,
  now = Date.now,
}: {
  readonly own: readonly OwnRole[]
  readonly collections: Pick<CollectionStore, 'get'>
  readonly now?: () => number
}): Roles {
  const ids = new Map<string, { readonly id: string | undefined; readonly readAt: number }>()

  /** As many as the configuration names. */
  async function findId(name: string): Promise<string | undefined> {
    const known = ids.get(name)
    if (known !== undefined && Math.abs(now() - known.readAt) < believedMs) return known.id
    const found = await collections.get(name).catch((error: unknown) => {
      if (isFaceError(error, 'collectionNotFound')) return undefined
      throw error
    })
    ids.set(name, { id: found?.id, readAt: now() })
    return found?.id
  }

  async function toGrant(name: string): Promise<Grant | undefined> {
    const role = own.find((candidate) => candidate.name === name)
    if (role === undefined) {
      if (Object.hasOwn(builtInRoles, name)) return { scopes: builtInRoles[name] ?? [] }
      return scopes.some((scope) => scope === name) ? { scopes: [name] } : undefined
    }
    if (role.collections.length === 0) return { scopes: role.scopes }
    const found = await Promise.all(role.collections.map(findId))
    const collectionIds = found.filter((id) => id !== undefined)
    // A list that is empty could be taken for no limit.
    return collectionIds.length === 0 ? undefined : { scopes: role.scopes, collectionIds }
  }

  return {
    async toPrincipal(actor, names) {
      const found = await Promise.all([...new Set(names)].map(toGrant))
      const grants = found.filter((grant) => grant !== undefined)
      const [first] = grants
      if (first === undefined) return undefined
      if (grants.length === 1) return { actor, ...first }
      return { actor, scopes: [...new Set(grants.flatMap((grant) => grant.scopes))], grants }
    },
  }
}
