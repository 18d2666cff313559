import { type TString, type TUnsafe, Type } from 'typebox'
import { type Metadata, maxNameLength } from '../../../storage/ports/persons.ts'

export const metadataSchema: TUnsafe<Metadata> = Type.Unsafe<Metadata>({
  type: 'object',
  additionalProperties: true,
  description: 'Free-form JSON object, at most 16,384 bytes.',
  examples: [{ department: 'Research' }],
})

export const nameSchema: TString = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  // White space, one character that is none, then any; no control character. In ranges, because
  // generators of test data know no \P{Cc}; linear in the length, because it backtracks nowhere.
  pattern: '^[^\\S\\x00-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x1F\\x7F-\\x9F]*$',
  description: `Not unique; 1 to ${maxNameLength} characters without control characters.`,
  examples: ['Ann'],
})
