import { FaceError } from '../../core/errors.ts'
import {
  type Metadata,
  maxAliases,
  maxExternalIdLength,
  maxMetadataBytes,
  maxNameLength,
  maxNotesLength,
} from '../ports/persons.ts'
import { isJsonTooDeep, maxDepth } from './depth.ts'

// Control characters, line and paragraph separators, and halves of surrogate pairs.
const forbiddenInNames = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u
const invisible = /[\p{Cf}\p{Z}]/gu

// Line breaks and tabs are all that notes have of control characters.
const forbiddenInNotes = /[^\P{Cc}\n\r\t]|\p{Cs}/u

// A value takes two bytes of JSON with the comma behind it, so that more cannot fit. Counting them
// ends the work on a large input early.
const maxMetadataValues = maxMetadataBytes / 2
const tooMany = `It has more than ${maxMetadataValues} values.`

/**
 * The stored form of a person's name: trimmed, NFC. Markup, path segments, emoji and right-to-left
 * text are plain data and kept as they are.
 *
 * @throws {FaceError} `invalidName` when it is empty, invisible, longer than {@link maxNameLength}
 *   code points or has control characters
 */
export function toStoredName(name: unknown): string {
  const expected = `Expected 1 to ${maxNameLength} characters without control characters.`
  if (typeof name !== 'string') throw new FaceError('invalidName', { detail: expected })
  // A bound in code units first, so that a huge string is not normalised; a code point has at most two.
  if (name.length > 4 * maxNameLength) throw new FaceError('invalidName', { detail: expected })
  const stored = name.trim().normalize('NFC')
  const length = [...stored].length
  if (
    length > maxNameLength ||
    stored.replace(invisible, '') === '' ||
    forbiddenInNames.test(stored)
  ) {
    throw new FaceError('invalidName', { detail: expected })
  }
  return stored
}

/**
 * The stored form of a person's other names: each as {@link toStoredName} says, each once.
 *
 * @throws {FaceError} `invalidName`; `invalidOption` when there are more than {@link maxAliases}
 */
export function toStoredAliases(aliases: unknown): readonly string[] {
  if (!Array.isArray(aliases) || aliases.length > maxAliases) {
    throw new FaceError('invalidOption', {
      detail: `aliases: expected at most ${maxAliases} names.`,
    })
  }
  return [...new Set(aliases.map(toStoredName))]
}

/**
 * The stored form of an external id: trimmed, NFC.
 *
 * @throws {FaceError} `invalidOption` when it is empty, longer than {@link maxExternalIdLength} code
 *   units or has control characters
 */
export function toStoredExternalId(externalId: unknown): string {
  const stored =
    typeof externalId === 'string' ? externalId.slice(0, 1000).trim().normalize('NFC') : ''
  if (stored === '' || stored.length > maxExternalIdLength || forbiddenInNames.test(stored)) {
    throw new FaceError('invalidOption', {
      detail: `externalId: expected 1 to ${maxExternalIdLength} characters without control characters.`,
    })
  }
  return stored
}

/**
 * Notes as they are stored; absent when they are empty.
 *
 * @throws {FaceError} `invalidOption` when they are longer than {@link maxNotesLength} code units or
 *   have control characters other than line breaks and tabs
 */
export function toStoredNotes(notes: unknown): string | undefined {
  if (typeof notes !== 'string' || notes.length > maxNotesLength || forbiddenInNotes.test(notes)) {
    throw new FaceError('invalidOption', {
      detail: `notes: expected at most ${maxNotesLength} characters, line breaks and tabs among them.`,
    })
  }
  return notes === '' ? undefined : notes
}

/**
 * The form in which names are compared by a search: NFKC and folded case.
 *
 * `toUpperCase` first resolves characters that grow (ß to SS); the final sigma, which `toLowerCase`
 * chooses by context, is made the ordinary one, so that a part of a name folds as it does within it.
 */
export function foldName(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC')
}

/**
 * The JSON of a person's metadata.
 *
 * @returns JSON text of an object, at most {@link maxMetadataBytes} bytes of UTF-8 and
 *   {@link maxDepth} levels of objects and arrays
 * @throws {FaceError} `invalidMetadata` when it is not an object, does not survive JSON, is too
 *   large or too deep, or has a `__proto__` key at any depth
 */
export function toMetadataJson(metadata: unknown): string {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw new FaceError('invalidMetadata', { detail: 'Expected a JSON object.' })
  }
  let json: string | undefined
  let reserved = false
  let values = 0
  try {
    json = JSON.stringify(metadata, (key: string, value: unknown) => {
      if (key === '__proto__') reserved = true
      if (++values > maxMetadataValues) throw new FaceError('invalidMetadata', { detail: tooMany })
      return value
    })
  } catch (cause) {
    if (cause instanceof FaceError) throw cause
    throw new FaceError('invalidMetadata', { detail: 'Expected values that JSON can hold.', cause })
  }
  if (reserved) {
    throw new FaceError('invalidMetadata', { detail: 'The key "__proto__" is not allowed.' })
  }
  // An object with toJSON may turn into anything.
  if (json === undefined || !json.startsWith('{')) {
    throw new FaceError('invalidMetadata', { detail: 'Expected a JSON object.' })
  }
  const bytes = Buffer.byteLength(json)
  if (bytes > maxMetadataBytes) {
    throw new FaceError('invalidMetadata', {
      detail: `It has ${bytes} bytes of JSON; ${maxMetadataBytes} are allowed.`,
    })
  }
  if (isJsonTooDeep(json)) {
    throw new FaceError('invalidMetadata', {
      detail: `Objects and arrays are nested more than ${maxDepth} levels deep.`,
    })
  }
  return json
}

/** Parses what {@link toMetadataJson} wrote. @throws {SyntaxError} when it is damaged */
export function fromMetadataJson(json: string): Metadata {
  return JSON.parse(json) as Metadata
}

/**
 * Parses metadata that may have been written by another program, or before a bound was set.
 *
 * @returns `undefined` when {@link toMetadataJson} would not have written it: it is no JSON, no
 *   object, too large or too deep
 */
export function parseStoredMetadata(json: string): Metadata | undefined {
  if (!json.startsWith('{') || json.length > maxMetadataBytes || isJsonTooDeep(json)) {
    return undefined
  }
  try {
    return fromMetadataJson(json)
  } catch {
    return undefined
  }
}
