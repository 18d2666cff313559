import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Errors } from 'typebox/value'
import { type ErrorCode, FaceError } from '../../core/errors.ts'

/** Fields whose mistakes have a code of their own. */
const codeOfField: ReadonlyMap<string, ErrorCode> = new Map([
  ['name', 'invalidName'],
  ['exactName', 'invalidName'],
  ['metadata', 'invalidMetadata'],
  ['embedding', 'invalidEmbedding'],
  ['embeddings', 'invalidEmbedding'],
  ['cursor', 'invalidCursor'],
  ['policy', 'invalidOption'],
  ['storeCrops', 'invalidOption'],
  ['qualityGates', 'invalidOption'],
  ['keepUnknown', 'invalidOption'],
  ['consent', 'invalidOption'],
  ['retention', 'invalidOption'],
])

/** Mistakes named in an answer, and characters of a name of the client's repeated in it. */
const maxMistakes = 10
const maxNameLength = 100

/** What is wrong with a member of a request. */
export interface Mistake {
  readonly path: string
  readonly message: string
  readonly allowed?: unknown
}

interface SchemaMistake extends Mistake {
  /** It only says that the value is none of several things. */
  readonly isSummary?: true
}

/** What is read of a schema here. */
export interface MemberSchema {
  readonly type?: string
  readonly maxItems?: number
  readonly additionalProperties?: unknown
  readonly properties?: Readonly<Record<string, MemberSchema>>
  readonly items?: MemberSchema
  readonly anyOf?: readonly MemberSchema[]
  readonly const?: unknown
}

/**
 * A member with more items than allowed, or more unknown members than are named in an answer. TypeBox
 * goes through all of them to find what is wrong with each, though it reports eight: 8,000 unknown
 * members held the event loop for 0.1 s. This looks at lengths and names alone.
 *
 * @param path  of `value`, empty or beginning with a slash
 */
export function findExcess(schema: MemberSchema, value: unknown, path = ''): readonly Mistake[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const { properties = {}, additionalProperties } = schema
  if (additionalProperties === false) {
    const unknown = Object.keys(value).filter((name) => !Object.hasOwn(properties, name))
    if (unknown.length > maxMistakes) return toUnknownMembers(unknown, path, properties)
  }
  for (const [name, member] of Object.entries(properties)) {
    const held = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
    const { maxItems } = member
    if (maxItems !== undefined && Array.isArray(held) && held.length > maxItems) {
      return [{ path: `${path}/${name}`, message: `must not have more than ${maxItems} items` }]
    }
    const below = findExcess(member, held, `${path}/${name}`)
    if (below.length > 0) return below
  }
  return []
}

/** @param properties  that are known there; told for the top level */
function toUnknownMembers(
  names: readonly unknown[],
  path: string,
  properties: object,
): readonly Mistake[] {
  const allowed = path === '' ? Object.keys(properties) : []
  return names.slice(0, maxMistakes).map((name) => ({
    path: `${path}/${String(name).slice(0, maxNameLength)}`,
    message: 'is not known here',
    ...(allowed.length > 0 ? { allowed } : {}),
  }))
}

/**
 * A schema for telling what is wrong with a value: where it allows several things, only the one that the
 * value is meant to be, by its literals or because it is not null.
 */
function narrow(schema: MemberSchema, value: unknown): MemberSchema {
  const { anyOf, properties } = schema
  if (anyOf) {
    const meant = anyOf.filter((alternative) => isMeant(alternative, value))
    return meant.length === 1 ? narrow(meant[0] as MemberSchema, value) : schema
  }
  if (!properties || !isRecord(value)) return schema
  const narrowed = Object.entries(properties).map(([name, member]) => [
    name,
    Object.hasOwn(value, name) ? narrow(member, value[name]) : member,
  ])
  return { ...schema, properties: Object.fromEntries(narrowed) }
}

function isMeant(schema: MemberSchema, value: unknown): boolean {
  if ('const' in schema) return schema.const === value
  if (schema.type === 'null') return value === null
  return Object.entries(schema.properties ?? {}).every(
    ([name, member]) => !('const' in member) || (isRecord(value) && value[name] === member.const),
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The values that a schema, or any of its alternatives, allows a member. */
function literalsAt(schema: MemberSchema, names: readonly string[]): readonly unknown[] {
  const [name, ...below] = names
  const { anyOf = [], properties = {}, items } = schema
  const inside = name === undefined ? undefined : (properties[name] ?? items)
  return [
    ...(name === undefined && 'const' in schema ? [schema.const] : []),
    ...anyOf.flatMap((alternative) => literalsAt(alternative, names)),
    ...(inside ? literalsAt(inside, below) : []),
  ]
}

/** What is wrong with a value that its schema refuses. @param part  of the request, as Fastify names it */
export function toValidationError(schema: TSchema, value: unknown, part: string): FaceError {
  const errors = Errors(narrow(schema, value) as TSchema, value)
  const mistakes = errors.slice(0, maxMistakes).flatMap((error) => toMistakes(error, schema))
  // That none of several things fits goes without saying beside what is wrong with them.
  const told = mistakes.filter(
    ({ path, isSummary }) => !(isSummary && mistakes.some((other) => isWithin(other, path))),
  )
  const byText = new Map(told.map((mistake) => [`${mistake.path} ${mistake.message}`, mistake]))
  const joined = [...byText.values()].map(({ isSummary: _, ...mistake }) => mistake)
  return toMistakesError(joined.slice(0, maxMistakes), part)
}

function isWithin({ path, isSummary }: SchemaMistake, parent: string): boolean {
  return !isSummary && (path === parent || path.startsWith(`${parent}/`))
}

/** The error whose text is the first of several mistakes. */
export function toMistakesError(mistakes: readonly Mistake[], part: string): FaceError {
  const first = mistakes[0] ?? { path: '', message: 'is not valid' }
  const field = first.path.split('/')[1] ?? ''
  const code =
    codeOfField.get(field) ?? (part === 'querystring' ? 'invalidOption' : 'invalidRequest')
  const where = first.path === '' ? partNames[part] : `"${first.path.slice(1)}"`
  const allowed = 'allowed' in first ? ` Allowed: ${[first.allowed].flat().join(', ')}.` : ''
  return new FaceError(code, {
    detail: `${where} ${first.message}.${allowed}`,
    info: { in: part === 'querystring' ? 'query' : part, errors: mistakes },
  })
}

const partNames: Readonly<Record<string, string>> = {
  body: 'The body',
  querystring: 'The query',
  params: 'The path',
  headers: 'The headers',
}

function toMistakes(error: TLocalizedValidationError, schema: TSchema): readonly SchemaMistake[] {
  const {
    keyword,
    instancePath: path,
    params,
  } = error as {
    keyword: string
    instancePath: string
    params: Readonly<Record<string, unknown>>
    message: string
  }
  switch (keyword) {
    case 'boolean':
      // The detail of an `additionalProperties` that follows.
      return []
    case 'required':
      return [params.requiredProperties].flat().map((name) => ({
        path: `${path}/${String(name)}`,
        message: 'is required',
      }))
    case 'additionalProperties': {
      const { properties = {} } = schema as MemberSchema
      return toUnknownMembers([params.additionalProperties].flat(), path, properties)
    }
    case 'enum':
      return [{ path, message: 'has a value that is not allowed', allowed: params.allowedValues }]
    case 'const': {
      const allowed = literalsAt(schema, path.split('/').slice(1))
      return [{ path, message: 'has a value that is not allowed', allowed }]
    }
    case 'anyOf':
      return [{ path, message: error.message, isSummary: true }]
    case 'pattern':
      return [{ path, message: 'has characters or a form that is not allowed' }]
    default:
      return [{ path, message: error.message }]
  }
}
