import { FaceError } from '../core/errors.ts'

/** What a call may need, with a sentence for people. `admin` has all of them. */
export const scopeDescriptions = {
  detect: 'find faces in images and make embeddings',
  verify: 'compare two images, or an image with a person',
  identify: 'find out who is in an image',
  enroll: 'create persons and store faces of them',
  'people:read': 'list collections, persons and faces, and see crops',
  'people:write': 'rename and delete persons, delete faces',
  'collections:write': 'create, change and delete collections, and move them',
  watch: 'follow cameras and events',
  'system:read': 'see models and metrics',
  'audit:read': 'see who did what',
  admin: 'everything, API keys too',
} as const

export type Scope = keyof typeof scopeDescriptions

export const scopes: readonly Scope[] = Object.keys(scopeDescriptions) as Scope[]

/** What is asked of nobody. */
export type ScopeOrPublic = Scope | 'public'

/** Whether somebody with these scopes may do what needs `needed`. */
export function allows(granted: readonly string[], needed: Scope): boolean {
  return granted.includes(needed) || granted.includes('admin')
}

/**
 * The scopes of a list, each once.
 *
 * @throws {FaceError} `invalidOption` when the list is empty or has something else, naming what there is
 */
export function parseScopes(given: readonly string[]): readonly Scope[] {
  const unknown = given.filter((scope) => !Object.hasOwn(scopeDescriptions, scope))
  if (given.length === 0 || unknown.length > 0) {
    const wrong = unknown.length === 0 ? 'No scope is given' : `Unknown: ${unknown.join(', ')}`
    throw new FaceError('invalidOption', {
      detail: `${wrong}. Allowed scopes: ${scopes.join(', ')}.`,
      info: { allowed: scopes },
    })
  }
  return [...new Set(given)] as Scope[]
}
