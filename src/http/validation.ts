import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { Value } from 'typebox/value'
import { type ErrorCode, FaceError } from '../core/errors.ts'

/** Fields whose mistakes have a code of their own. */
const codeOfField: Readonly<Record<string, ErrorCode>> = {
  name: 'invalidName',
  exactName: 'invalidName',
  metadata: 'invalidMetadata',
  embedding: 'invalidEmbedding',
  cursor: 'invalidCursor',
  policy: 'invalidOption',
  storeCrops: 'invalidOption',
}

interface Mistake {
  readonly path: string
  readonly message: string
  readonly allowed?: unknown
}

/**
 * Compiles the schema of a part of the request with TypeBox. Query, path and headers are text, so
 * numbers and booleans in them are converted; a JSON body is taken as it is: `"1"` is not a number.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (value: unknown) => {
    const input = httpPart === 'body' ? value : Value.Convert(schema, value)
    if (validator.Check(input)) return { value: input }
    return { error: toError(validator.Errors(input), httpPart ?? 'body', schema) }
  }
}

function toError(
  errors: readonly TLocalizedValidationError[],
  part: string,
  schema: TSchema,
): FaceError {
  const mistakes = errors.slice(0, 10).flatMap((error) => toMistakes(error, schema))
  const first = mistakes[0] ?? { path: '', message: 'is not valid' }
  const field = first.path.split('/')[1] ?? ''
  const code = codeOfField[field] ?? (part === 'querystring' ? 'invalidOption' : 'invalidRequest')
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
      const names = [params.additionalProperties].flat()
      const allowed =
        path === '' ? Object.keys((schema as { properties?: object }).properties ?? {}) : []
      return names.map((name) => ({
        path: `${path}/${String(name)}`,
        message: 'is not known here',
        ...(allowed.length > 0 ? { allowed } : {}),
      }))
    }
    case 'enum':
      return [{ path, message: 'has a value that is not allowed', allowed: params.allowedValues }]
    case 'pattern':
      return [{ path, message: 'has characters or a form that is not allowed' }]
    default:
      return [{ path, message: error.message }]
  }
}
