import type { TSchema } from 'typebox'
import { configSchema } from './schema.ts'

/** The parts of a JSON schema that the configuration uses. */
export interface KeySchema {
  readonly type?: string
  readonly const?: string
  readonly anyOf?: readonly KeySchema[]
  readonly items?: KeySchema | readonly KeySchema[]
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, KeySchema>>
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
  readonly minLength?: number
  readonly pattern?: string
  /** The texts that `pattern` allows, in words. */
  readonly allowed?: string
  readonly default?: unknown
  readonly description?: string
  readonly secret?: boolean
}

/** One value of the configuration. */
export interface ConfigKey {
  /** The path as in the file, joined by dots: `http.port`. */
  readonly path: string
  /** The environment variable of the key: `FACE_WATCHER_HTTP_PORT`. */
  readonly variable: string
  readonly schema: KeySchema
  readonly secret: boolean
}

const prefix = 'FACE_WATCHER_'

/** The environment variable of a key: its path in upper snake case after `FACE_WATCHER_`. */
export function toVariable(path: string): string {
  return (
    prefix +
    path
      .replaceAll('.', '_')
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toUpperCase()
  )
}

/** All keys in the order of the schema. */
export function listConfigKeys(): readonly ConfigKey[] {
  const keys: ConfigKey[] = []
  const visit = (schema: KeySchema, path: string) => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const childPath = path === '' ? name : `${path}.${name}`
      if (child.properties !== undefined) visit(child, childPath)
      else {
        keys.push({
          path: childPath,
          variable: toVariable(childPath),
          schema: child,
          secret: child.secret === true,
        })
      }
    }
  }
  visit(toKeySchema(configSchema), '')
  return keys
}

/** The sections' paths: every path that has keys below it. */
export function listConfigSections(): ReadonlySet<string> {
  return new Set(
    listConfigKeys().flatMap(({ path }) =>
      path.includes('.') ? [path.slice(0, path.lastIndexOf('.'))] : [],
    ),
  )
}

function toKeySchema(schema: TSchema): KeySchema {
  return schema as KeySchema
}

/** Describes the allowed values of this schema in words: `an integer from 0 to 65535`. */
export function describeAllowed(schema: KeySchema): string {
  if (schema.const !== undefined) return schema.const
  if (schema.anyOf !== undefined) {
    const parts = schema.anyOf.map(describeAllowed)
    const literals = schema.anyOf.every((part) => part.const !== undefined)
    if (literals && parts.length > 1) return `one of ${parts.join(', ')}`
    return parts.join(' or ')
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `${schema.type === 'integer' ? 'an integer' : 'a number'}${describeRange(schema)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return describeList(schema)
    default:
      if (schema.allowed !== undefined) return schema.allowed
      return schema.minLength ? 'text that is not empty' : 'text'
  }
}

function describeRange(schema: KeySchema): string {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema
  if (exclusiveMinimum !== undefined && exclusiveMaximum !== undefined) {
    return ` above ${exclusiveMinimum} and below ${exclusiveMaximum}`
  }
  if (minimum === undefined) return ''
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`
}

function describeList(schema: KeySchema): string {
  const { items } = schema
  if (Array.isArray(items)) return `a list of ${items.length}: ${describeAllowed(items[0])} each`
  return `a list, each ${describeAllowed((items ?? {}) as KeySchema)}`
}

/** The candidate nearest to what was written, when it is near enough to be a typing mistake. */
export function suggestName(written: string, candidates: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined
  for (const name of candidates) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase())
    if (best === undefined || distance < best.distance) best = { name, distance }
  }
  return best && best.distance <= Math.max(2, written.length / 5) ? best.name : undefined
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(
        Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1),
      )
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
