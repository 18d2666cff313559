import type { SqliteMethod } from './context.ts'

/** The store's methods, and the thread's own: `emptyLog` after erasures. */
export type StoreMethod = SqliteMethod | 'emptyLog'

/** They go into a transaction, and are never done again for a caller that had no answer. */
export const writes: ReadonlySet<StoreMethod> = new Set<StoreMethod>([
  'createCollection',
  'updateCollection',
  'deleteCollection',
  'createPerson',
  'updatePerson',
  'deletePerson',
  'addFaces',
  'deleteFace',
  'restoreCollection',
  'restorePersons',
  'restoreFaces',
  'claimIdempotencyKey',
  'completeIdempotencyKey',
])

/**
 * Whether a call reads all persons of a collection, which takes milliseconds for a thousand of them:
 * a search by a part of the name.
 */
export function isScan(method: StoreMethod, parameters: readonly unknown[]): boolean {
  if (method !== 'listPersons') return false
  const { name } = (parameters[1] ?? {}) as { readonly name?: unknown }
  return name !== undefined
}

/** What is deleted must also go from the log. */
export const erasures: ReadonlySet<StoreMethod> = new Set<StoreMethod>([
  'deleteFace',
  'deletePerson',
  'deleteCollection',
  // The name and the metadata before.
  'updatePerson',
])
