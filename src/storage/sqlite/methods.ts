import type { MethodName } from '../methods.ts'

/** The ports' methods, and the thread's own: `emptyLog` after erasures. */
export type StoreMethod = MethodName | 'ping' | 'close' | 'emptyLog'

/**
 * Whether a call may read all persons of a collection, which takes milliseconds for a thousand of them:
 * a search by a part of the name, or by words that many have.
 */
export function isScan(method: StoreMethod, parameters: readonly unknown[]): boolean {
  if (method !== 'persons.list') return false
  const { name, query } = (parameters[1] ?? {}) as {
    readonly name?: unknown
    readonly query?: unknown
  }
  return name !== undefined || query !== undefined
}
