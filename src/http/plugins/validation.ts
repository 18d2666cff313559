import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
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
])

/** Mistakes named in an answer, and characters of a name of the client's repeated in it. */
const maxMistakes = 10
const maxNameLength = 100

interface Mistake {
  readonly path: string
  readonly message: string
  readonly allowed?: unknown
}

/**
 * Compiles the schema of a part of the request with TypeBox. Query, path and headers are text, so
 * numbers and booleans in them are read by `readText`; a JSON body is taken as it is: `"1"` is not a number.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (value: unknown) => {
    const input = httpPart === 'body' ? value : readTexts(schema, value)
    const excess = findExcess(schema, input)
    if (excess.length > 0) return { error: toMistakesError(excess, httpPart ?? 'body') }
    if (validator.Check(input)) return { value: input }
    return { error: toError(validator.Errors(input), httpPart ?? 'body', schema) }
  }
}

interface MemberSchema {
  readonly type?: string
  readonly maxItems?: number
  readonly additionalProperties?: unknown
  readonly properties?: Readonly<Record<string, MemberSchema>>
  readonly items?: MemberSchema
}

/**
 * A member with more items than allowed, or more unknown members than are named in an answer. TypeBox
 * goes through all of them to find what is wrong with each, though it reports eight: 8,000 unknown
 * members held the event loop for 0.1 s. This looks at lengths and names alone.
 *
 * @param path  of `value`, empty or beginning with a slash
 */
function findExcess(schema: MemberSchema, value: unknown, path = ''): readonly Mistake[] {
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

/** The numbers of JSON: no blanks, no hexadecimal, no leading zeros; whole ones without an exponent. */
const wholeNumber = /^-?(?:0|[1-9]\d{0,14})$/
const anyNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const booleans: ReadonlyMap<unknown, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

/** The members of a query, path or headers by their schema; a copy, as each is read for one request. */
function readTexts(schema: TSchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { properties = {} } = schema as MemberSchema
  const members = Object.entries(value).map(([name, text]) => {
    const member = Object.hasOwn(properties, name) ? properties[name] : undefined
    return [name, member ? readText(member, text) : text] as const
  })
  // Without a prototype, as the query parser makes it: a member may have the name `__proto__`.
  return Object.assign(Object.create(null), Object.fromEntries(members))
}

/** The value that a text means; text that is not of the type stays text, which the schema refuses. */
function readText(schema: MemberSchema, text: unknown): unknown {
  switch (schema.type) {
    case 'integer':
      return typeof text === 'string' && wholeNumber.test(text) ? Number(text) : text
    case 'number':
      return typeof text === 'string' && anyNumber.test(text) ? Number(text) : text
    case 'boolean':
      return booleans.get(text) ?? text
    case 'array': {
      const { items = {} } = schema
      return [text].flat().map((item) => readText(items, item))
    }
    default:
      return text
  }
}

function toError(
  errors: readonly TLocalizedValidationError[],
  part: string,
  schema: TSchema,
): FaceError {
  const mistakes = errors
    .slice(0, maxMistakes)
    .flatMap((error) => toMistakes(error, schema))
    .slice(0, maxMistakes)
  return toMistakesError(mistakes, part)
}

function toMistakesError(mistakes: readonly Mistake[], part: string): FaceError {
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

function toMistakes(error: TLocalizedValidationError, schema: TSchema): readonly Mistake[] {
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
    case 'pattern':
      return [{ path, message: 'has characters or a form that is not allowed' }]
    default:
      return [{ path, message: error.message }]
  }
}
