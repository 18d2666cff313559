import type { PersonChanges } from '../../../shared/api/persons.ts'
import type { Person } from '../../../shared/api/types.ts'
import { splitTags } from '../tags.ts'

/** The fields of a person as texts, as a form has them. */
export interface DetailFields {
  readonly name: string
  /** One a line. */
  readonly aliases: string
  readonly notes: string
  /** With commas between; they are the list `tags` of the metadata. */
  readonly tags: string
  readonly externalId: string
  /** The rest of the metadata: JSON of `[key, text]` pairs. */
  readonly metadata: string
}

export const fieldNames: readonly (keyof DetailFields)[] = [
  'name',
  'aliases',
  'notes',
  'tags',
  'externalId',
  'metadata',
]

/** A key of the metadata and its value: a text as it is, anything else as JSON. */
export type MetadataRow = readonly [key: string, text: string]

/** The fields of a person as texts. */
export function toFields(person: Person): DetailFields {
  const { tags, ...others } = person.metadata as Readonly<Record<string, unknown>>
  const rows = Object.entries(isTagList(tags) || tags === undefined ? others : person.metadata)
  return {
    name: person.name,
    aliases: person.aliases.join('\n'),
    notes: person.notes ?? '',
    tags: isTagList(tags) ? tags.join(', ') : '',
    externalId: person.externalId ?? '',
    metadata: JSON.stringify(rows.map(([key, value]) => [key, toText(value)])),
  }
}

/**
 * What is sent: the fields that differ from the person's.
 *
 * @returns undefined when nothing differs
 */
export function toChanges(
  changed: Partial<DetailFields>,
  person: Person,
): PersonChanges | undefined {
  const saved = toFields(person)
  const differing = fieldNames.filter(
    (name) => changed[name] !== undefined && changed[name] !== saved[name],
  )
  if (differing.length === 0) return undefined
  const fields = { ...saved, ...changed }
  const changes: { -readonly [K in keyof PersonChanges]: PersonChanges[K] } = {}
  for (const name of differing) {
    if (name === 'name') changes.name = fields.name.trim()
    else if (name === 'aliases') changes.aliases = toLines(fields.aliases)
    else if (name === 'notes') changes.notes = fields.notes.trim() === '' ? null : fields.notes
    else if (name === 'externalId') changes.externalId = fields.externalId.trim() || null
    else changes.metadata = toMetadata(fields, person)
  }
  return changes
}

/** The rows of the metadata that a form has. */
export function parseRows(metadata: string): readonly MetadataRow[] {
  return JSON.parse(metadata) as readonly MetadataRow[]
}

function toMetadata(
  { metadata, tags }: Pick<DetailFields, 'metadata' | 'tags'>,
  person: Person,
): Record<string, never> {
  const before = person.metadata as Readonly<Record<string, unknown>>
  const rows = parseRows(metadata).filter(([key]) => key.trim() !== '')
  const entries = rows.map(([key, text]) => [key.trim(), toValue(text, before[key.trim()])])
  const list = splitTags(tags)
  // A JSON object, whose type the generated client gives as one without keys.
  return Object.fromEntries([...entries, ...(list.length > 0 ? [['tags', list]] : [])]) as Record<
    string,
    never
  >
}

/** A text stays one, unless it took the place of a number, a list or the like and still is JSON. */
function toValue(text: string, before: unknown): unknown {
  if (before === undefined || typeof before === 'string') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function toLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return [...new Set(lines.filter((line) => line !== ''))]
}

function isTagList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((tag) => typeof tag === 'string')
}
