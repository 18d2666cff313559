import { isDeepStrictEqual } from 'node:util'
import { parse } from 'csv-parse/sync'
import type { ConsentInput } from '../core/consent.ts'
import { FaceError, isFaceError } from '../core/errors.ts'
import type { Metadata, Person, PersonPatch } from '../storage/ports/persons.ts'
import { type BulkPersonEntry, maxBulkPersons, type PersonOperation } from './bulk-persons.ts'
import type { FaceWatcher } from './face-watcher.ts'
import type { DeleteOptions } from './history.ts'

type Row = Readonly<Record<string, string>>

/** What became of a line of a table of persons. */
export interface TableOutcome {
  /** From 2: the first line has the names of the columns. */
  readonly line: number
  readonly status: 'changed' | 'deleted' | 'unchanged' | 'failed'
  /** Who it is about, where that is known. */
  readonly id?: string
  readonly name?: string
  /** Of what failed: code of the error, and a plain sentence. */
  readonly code?: string
  readonly message?: string
}

/** What a table of persons changed, or would change. */
export interface TableResult {
  readonly dryRun: boolean
  readonly changed: number
  readonly deleted: number
  readonly unchanged: number
  readonly failed: number
  /** One for each line, in their order. */
  readonly lines: readonly TableOutcome[]
}

/** A line that is understood, and what it asks for; nothing when the person is so already. */
interface PlannedLine {
  readonly line: number
  readonly person: Person
  readonly operation: PersonOperation | undefined
  readonly ifRevision?: number
}

/** Columns that are written by an export and cannot be changed. */
const readOnlyColumns = ['faceCount', 'lastSeenAt', 'createdAt', 'updatedAt'] as const
const columns: ReadonlySet<string> = new Set([
  ...['action', 'id', 'name', 'newName', 'aliases', 'externalId', 'notes', 'hidden', 'favourite'],
  ...[
    'metadata',
    'consent',
    'coverFaceId',
    'revision',
    'addTags',
    'removeTags',
    ...readOnlyColumns,
  ],
])
const metadataPrefix = 'metadata.'
/** Takes a value away; an empty cell leaves it. */
const nothing = 'null'
/** Persons of a table. */
const maxLines = 100_000

/**
 * Changes persons as a table in CSV (RFC 4180) says, such as `toPersonsCsv` writes. A line is about the
 * person of its `id`, else of its `externalId`, else of its `name`. `action` is `update` (default) or
 * `delete`. Cells that are empty leave what is there, and `null` takes it away; `newName` renames who
 * was found by the name. `metadata.KEY` sets one key, `addTags` and `removeTags` have texts between
 * semicolons. A `revision` has to be the person's. A line that cannot be done is a result. `erase` says
 * how persons are deleted, as in `persons.delete`; those who were deleted before are not found.
 *
 * @throws {FaceError} `invalidRequest` when it is no such table; `collectionNotFound`
 */
export async function applyPersonsTable(
  faceWatcher: Pick<FaceWatcher, 'persons'>,
  collection: string,
  {
    csv,
    dryRun = false,
    erase,
  }: { readonly csv: string | Uint8Array; readonly dryRun?: boolean } & DeleteOptions,
): Promise<TableResult> {
  const rows = parseRows(csv)
  const lines: TableOutcome[] = []
  for (let from = 0; from < rows.length; from += maxBulkPersons) {
    const part = rows.slice(from, from + maxBulkPersons)
    const planned: PlannedLine[] = []
    const seen = new Set<string>()
    for (const [i, row] of part.entries()) {
      const line = from + i + 2
      try {
        const plan = await planLine(faceWatcher, collection, { line, row, erase })
        if (seen.has(plan.person.id)) throw invalid('the person is in the table twice')
        seen.add(plan.person.id)
        planned.push(plan)
      } catch (error) {
        if (!isFaceError(error) || error.code === 'collectionNotFound') throw error
        lines.push({ line, status: 'failed', code: error.code, message: error.message })
      }
    }
    lines.push(...(await applyLines(faceWatcher, collection, { planned, dryRun })))
  }
  lines.sort((a, b) => a.line - b.line)
  const count = (status: TableOutcome['status']): number =>
    lines.filter((line) => line.status === status).length
  return {
    dryRun,
    ...{ changed: count('changed'), deleted: count('deleted') },
    ...{ unchanged: count('unchanged'), failed: count('failed'), lines },
  }
}

async function applyLines(
  { persons }: Pick<FaceWatcher, 'persons'>,
  collection: string,
  { planned, dryRun }: { readonly planned: readonly PlannedLine[]; readonly dryRun: boolean },
): Promise<readonly TableOutcome[]> {
  const entries = planned.flatMap(({ person, operation, ifRevision }): BulkPersonEntry[] =>
    operation === undefined
      ? []
      : [{ id: person.id, operation, ...(ifRevision === undefined ? {} : { ifRevision }) }],
  )
  const { items } = await persons.bulk(collection, entries, { dryRun })
  const outcomes = new Map(items.map((item) => [item.id, item]))
  return planned.map(({ line, person: { id, name }, operation }): TableOutcome => {
    const outcome = outcomes.get(id)
    const about = { line, id, name }
    if (operation === undefined || outcome === undefined) return { ...about, status: 'unchanged' }
    if (outcome.status === 'failed') {
      const { code, message } = outcome
      return { ...about, status: 'failed', code, message }
    }
    return { ...about, status: operation.kind === 'delete' ? 'deleted' : 'changed' }
  })
}

async function planLine(
  faceWatcher: Pick<FaceWatcher, 'persons'>,
  collection: string,
  {
    line,
    row,
    erase,
  }: { readonly line: number; readonly row: Row; readonly erase: 'now' | undefined },
): Promise<PlannedLine> {
  const { person, isByName } = await findPerson(faceWatcher, collection, row)
  const revision = row.revision ? { ifRevision: Number(row.revision) } : {}
  if (row.action === 'delete') {
    const operation = { kind: 'delete', ...(erase === undefined ? {} : { erase }) } as const
    return { line, person, operation, ...revision }
  }
  if (row.action && row.action !== 'update') throw invalid('"action" is update or delete')
  const operation = toOperation(row, person, isByName)
  return { line, person, operation, ...(operation === undefined ? {} : revision) }
}

async function findPerson(
  { persons }: Pick<FaceWatcher, 'persons'>,
  collection: string,
  { id, externalId, name }: Row,
): Promise<{ readonly person: Person; readonly isByName: boolean }> {
  if (id) return { person: await persons.get(collection, id), isByName: false }
  const isById = externalId !== undefined && externalId !== '' && externalId !== nothing
  if (!isById && !name) throw invalid('it has no id, no externalId and no name')
  const options = isById ? { externalId } : { exactName: name as string }
  const { items } = await persons.list(collection, { ...options, limit: 2 })
  const [person] = items
  if (person === undefined) throw new FaceError('personNotFound')
  if (items.length > 1) throw invalid('several persons have this name; give the id')
  return { person, isByName: !isById }
}

/** @returns undefined when the person is as the line says */
function toOperation(row: Row, person: Person, isByName: boolean): PersonOperation | undefined {
  const fields = toFields(row, person, isByName)
  const setMetadata = Object.fromEntries(
    Object.entries(row).flatMap(([column, value]) =>
      column.startsWith(metadataPrefix) && value !== '' && value !== nothing
        ? [[column.slice(metadataPrefix.length), value]]
        : [],
    ),
  )
  const removeMetadata = Object.keys(row)
    .filter((column) => column.startsWith(metadataPrefix) && row[column] === nothing)
    .map((column) => column.slice(metadataPrefix.length))
  const tags = Array.isArray(person.metadata.tags) ? person.metadata.tags : []
  const addTags = toList(row.addTags).filter((tag) => !tags.includes(tag))
  const removeTags = toList(row.removeTags).filter((tag) => tags.includes(tag))
  const changesMetadata =
    Object.entries(setMetadata).some(([key, value]) => person.metadata[key] !== value) ||
    removeMetadata.some((key) => key in person.metadata) ||
    addTags.length + removeTags.length > 0
  if (Object.keys(fields).length === 0 && !changesMetadata) return undefined
  if (!changesMetadata) return { kind: 'update', fields }
  return { kind: 'update', fields, setMetadata, removeMetadata, addTags, removeTags }
}

const toList = (cell = ''): readonly string[] =>
  cell
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')

/** Fields that the line says otherwise than the person has them. */
function toFields(row: Row, person: Person, isByName: boolean): PersonPatch {
  const text = (cell: string | undefined) => (cell === nothing ? null : cell)
  const name = isByName ? row.newName : row.newName || row.name
  const given: Readonly<Record<string, unknown>> = {
    ...(name ? { name } : {}),
    ...(row.aliases ? { aliases: row.aliases === nothing ? [] : toAliases(row.aliases) } : {}),
    ...(row.externalId ? { externalId: text(row.externalId) } : {}),
    ...(row.notes ? { notes: text(row.notes) } : {}),
    ...(row.coverFaceId ? { coverFaceId: text(row.coverFaceId) } : {}),
    ...(row.hidden ? { hidden: toBoolean('hidden', row.hidden) } : {}),
    ...(row.favourite ? { favourite: toBoolean('favourite', row.favourite) } : {}),
    ...(row.consent ? { consent: toConsent(row.consent) } : {}),
    ...(row.metadata ? { metadata: toMetadata(row.metadata) } : {}),
  }
  return Object.fromEntries(
    Object.entries(given).filter(([field, value]) => {
      const now = person[field as keyof Person]
      return !isDeepStrictEqual(value, now) && !(value === null && now === undefined)
    }),
  )
}

function toBoolean(column: string, cell: string): boolean {
  const text = cell.toLowerCase()
  if (text === 'true' || text === 'false') return text === 'true'
  throw invalid(`"${column}" is true or false`)
}

/** A list in JSON, as an export writes it. */
function toAliases(cell: string): readonly string[] {
  const value = parseJson('aliases', cell)
  if (Array.isArray(value)) return value as string[]
  throw invalid('"aliases" is a list of names in JSON')
}

/** The whole consent, as an export writes it. */
function toConsent(cell: string): ConsentInput | null {
  return parseJson('consent', cell) as ConsentInput | null
}

function toMetadata(cell: string): Metadata {
  return parseJson('metadata', cell) as Metadata
}

function parseJson(column: string, cell: string): unknown {
  try {
    return JSON.parse(cell)
  } catch (cause) {
    throw invalid(`"${column}" is not valid JSON`, cause)
  }
}

function parseRows(csv: string | Uint8Array): readonly Row[] {
  let rows: readonly Row[]
  try {
    rows = parse(typeof csv === 'string' ? csv : Buffer.from(csv), {
      ...{ bom: true, columns: assertColumns, skip_empty_lines: true, trim: true },
      ...{ max_record_size: 128 * 1024, to: maxLines + 1, cast: unmark },
    })
  } catch (cause) {
    if (cause instanceof FaceError) throw cause
    throw invalid('it is no CSV with as many columns in each line', cause)
  }
  if (rows.length > maxLines) throw invalid(`it has more than ${maxLines} lines`)
  return rows
}

/** A text that was marked because a spreadsheet would take it for a formula. */
function unmark(cell: string): string {
  return /^'[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(cell) ? cell.slice(1) : cell
}

function assertColumns(names: readonly string[]): string[] {
  const unknown = names.find((name) => !columns.has(name) && !name.startsWith(metadataPrefix))
  if (unknown !== undefined) {
    throw invalid(`it has a column ${JSON.stringify(unknown.slice(0, 100))}, which is not known`)
  }
  return [...names]
}

function invalid(why: string, cause?: unknown): FaceError {
  return new FaceError('invalidRequest', { detail: `The table cannot be used: ${why}.`, cause })
}
