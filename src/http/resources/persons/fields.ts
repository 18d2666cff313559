import { type TArray, type TBoolean, type TString, type TUnsafe, Type } from 'typebox'
import {
  type Metadata,
  maxAliases,
  maxExternalIdLength,
  maxNameLength,
  maxNotesLength,
} from '../../../storage/ports/persons.ts'

export const metadataSchema: TUnsafe<Metadata> = Type.Unsafe<Metadata>({
  type: 'object',
  additionalProperties: true,
  description: 'Free-form JSON object, at most 16,384 bytes.',
  examples: [{ department: 'Research' }],
})

// White space, one character that is none, then any; no control character. In ranges, because
// generators of test data know no \P{Cc}; linear in the length, because it backtracks nowhere.
const linePattern =
  '^[^\\S\\x00-\\x1F\\x7F-\\x9F]*[^\\s\\x00-\\x1F\\x7F-\\x9F][^\\x00-\\x1F\\x7F-\\x9F]*$'

export const nameSchema: TString = Type.String({
  minLength: 1,
  maxLength: maxNameLength,
  pattern: linePattern,
  description: `Not unique; 1 to ${maxNameLength} characters without control characters.`,
  examples: ['Ann'],
})

export const aliasesSchema: TArray<TString> = Type.Array(
  Type.String({ minLength: 1, maxLength: maxNameLength, pattern: linePattern }),
  {
    maxItems: maxAliases,
    description: `Other names, at most ${maxAliases}; a search finds them as the name.`,
    examples: [['Annie']],
  },
)

export const externalIdSchema: TString = Type.String({
  minLength: 1,
  maxLength: maxExternalIdLength,
  pattern: linePattern,
  description: 'What another system calls the person; unique in the collection.',
  examples: ['hr-1042'],
})

export const notesSchema: TString = Type.String({
  maxLength: maxNotesLength,
  // Line breaks and tabs are all that notes have of control characters.
  pattern: '^[^\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x9F]*$',
  description: `Free text, at most ${maxNotesLength} characters.`,
})

export const hiddenSchema: TBoolean = Type.Boolean({
  description: 'Not to be shown in lists of people; recognition finds the person all the same.',
})

export const favouriteSchema: TBoolean = Type.Boolean()
