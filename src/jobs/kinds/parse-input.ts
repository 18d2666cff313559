import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { FaceError } from '../../core/errors.ts'

/** Input of a job that is as its kind's schema says. @throws {FaceError} `invalidOption` */
export function parseInput<Schema extends TSchema>(schema: Schema, input: unknown): Static<Schema> {
  if (Value.Check(schema, input)) return input as Static<Schema>
  const [error] = Value.Errors(schema, input)
  throw new FaceError('invalidOption', {
    detail: `${error?.instancePath ?? ''} ${error?.message}.`,
  })
}
