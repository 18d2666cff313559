import { type Static, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { NewPerson } from '../../../storage/ports/persons.ts'
import { assertBoundedValue } from '../../intake/json-scanner.ts'
import { compileValidator } from '../../plugins/validation.ts'
import { consentInput } from './consent-fields.ts'
import {
  aliasesSchema,
  externalIdSchema,
  favouriteSchema,
  hiddenSchema,
  metadataSchema,
  nameSchema,
  notesSchema,
} from './fields.ts'

/** Members of a person to be made. */
export const newPersonMembers = {
  name: nameSchema,
  aliases: Type.Optional(aliasesSchema),
  externalId: Type.Optional(externalIdSchema),
  notes: Type.Optional(notesSchema),
  metadata: Type.Optional(metadataSchema),
  hidden: Type.Optional(hiddenSchema),
  favourite: Type.Optional(favouriteSchema),
  consent: Type.Optional(consentInput),
}

const json = (what: string) => ({ type: 'string', description: `${what}, as JSON.` })

/** The same in a form, whose fields are text. */
export const newPersonForm: Readonly<Record<string, unknown>> = {
  name: nameSchema,
  aliases: json('A list of names'),
  externalId: externalIdSchema,
  notes: notesSchema,
  metadata: json('An object'),
  hidden: json('true or false'),
  favourite: json('true or false'),
  consent: json('An object'),
}

const jsonFields = ['aliases', 'metadata', 'hidden', 'favourite', 'consent'] as const

const newPersonSchema = Type.Object(newPersonMembers, { additionalProperties: false })
const validateNewPerson = compileValidator({
  schema: newPersonSchema,
  method: 'POST',
  url: '',
  httpPart: 'body',
})

/**
 * The person of a form or a JSON body.
 * @throws {FaceError} `invalidName`, `invalidMetadata`, `invalidRequest`
 */
export function parseNewPerson(fields: Readonly<Record<string, unknown>>): NewPerson {
  const person: Record<string, unknown> = { ...fields }
  for (const field of jsonFields) {
    const value = fields[field]
    if (typeof value === 'string') person[field] = parseField(field, value)
  }
  const result = validateNewPerson(person) as { error?: FaceError }
  if (result.error) throw result.error
  return person as unknown as Static<typeof newPersonSchema>
}

function parseField(field: (typeof jsonFields)[number], text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new FaceError(field === 'metadata' ? 'invalidMetadata' : 'invalidRequest', {
      detail: field === 'metadata' ? 'It is not valid JSON.' : `${field} is not valid JSON.`,
      cause,
    })
  }
  assertBoundedValue(value)
  return value
}
