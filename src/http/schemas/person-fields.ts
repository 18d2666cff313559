import { type TString, type TUnsafe, Type } from 'typebox'
import { type Metadata, maxNameLength } from '../../gallery/store.ts'

export const metadataSchema: TUnsafe<Metadata> = Type.Unsafe<Metadata>({
  type: 'object',
  additionalProperties: true,
  description: 'Free-form JSON object, at most 16,384 bytes.',
  examples: [{ department: 'Research' }],
})

export const nameSchema: TString = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  // At least one character that is not white space, and no control character.
  pattern: '^(?=.*\\S)\\P{Cc}*$',
  description: `Not unique; 1 to ${maxNameLength} characters without control characters.`,
  examples: ['Ann'],
})
