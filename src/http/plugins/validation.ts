import type { FastifySchemaCompiler } from 'fastify'
import { IsOptional, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { findExcess, type MemberSchema, toMistakesError, toValidationError } from './mistakes.ts'

/**
 * Compiles the schema of a part of the request with TypeBox. Query, path and headers are text, so
 * numbers and booleans in them are read by `readText`; a JSON body is taken as it is: `"1"` is not a number.
 * A body whose schema is optional may be absent.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  const mayBeAbsent = httpPart === 'body' && IsOptional(schema)
  return (value: unknown) => {
    if (mayBeAbsent && (value === undefined || value === null)) return { value }
    const input = httpPart === 'body' ? value : readTexts(schema, value)
    const excess = findExcess(schema, input)
    if (excess.length > 0) return { error: toMistakesError(excess, httpPart ?? 'body') }
    if (validator.Check(input)) return { value: input }
    return { error: toValidationError(schema, input, httpPart ?? 'body') }
  }
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
