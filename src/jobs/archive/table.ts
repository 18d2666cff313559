import { posix } from 'node:path'
import { parse } from 'csv-parse/sync'
import { FaceError } from '../../core/errors.ts'
import type { Metadata } from '../../storage/ports/persons.ts'
import { toStoredExternalId } from '../../storage/rules/person-fields.ts'
import { type Archive, maxArchiveFiles } from './entries.ts'

/** Name of the table in an archive. */
export const tableName = 'people.csv'

/** Who is on a photograph, as a table says. */
export interface TableRow {
  readonly name: string
  /** The column `externalId`, where it is not empty: it finds the person before the name does. */
  readonly externalId?: string
  /** The other columns that are not empty; of a person who is made. */
  readonly metadata: Metadata
}

/** Rows by the path of their photograph in the archive. */
export type PeopleTable = ReadonlyMap<string, TableRow>

/**
 * The table of an archive, where it has one: {@link tableName}, in no folder or in the one that holds
 * everything. CSV (RFC 4180) in UTF-8 with a line of names, of which `file` and `name` are needed; `file` is
 * seen from where the table lies.
 *
 * @returns `undefined` without one
 * @throws {FaceError} `invalidRequest` when it cannot be used
 */
export async function readTable(archive: Archive): Promise<PeopleTable | undefined> {
  for await (const { path, read } of archive.files(0)) {
    const folder = posix.dirname(path)
    if (posix.basename(path) !== tableName || folder.includes('/')) continue
    return parseTable(Buffer.from(await read()), folder)
  }
  return undefined
}

function parseTable(bytes: Buffer, folder: string): PeopleTable {
  const rows = new Map<string, TableRow>()
  for (const { file, name, externalId, ...others } of parseRows(bytes)) {
    if (!file || !name) throw invalid('every line needs a "file" and a "name"')
    const path = posix.normalize(posix.join(folder, file.replaceAll('\\', '/')))
    if (rows.has(path)) throw invalid('a file is named twice')
    const metadata = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== ''))
    rows.set(path, { name, ...toExternalId(externalId), metadata })
  }
  return rows
}

function toExternalId(given: string | undefined): Pick<TableRow, 'externalId'> {
  if (!given) return {}
  try {
    return { externalId: toStoredExternalId(given) }
  } catch (cause) {
    throw invalid('an "externalId" is too long, or has control characters', cause)
  }
}

function parseRows(bytes: Buffer): readonly Readonly<Record<string, string>>[] {
  let rows: readonly Readonly<Record<string, string>>[]
  try {
    rows = parse(bytes, {
      ...{ bom: true, columns: assertColumns, skip_empty_lines: true, trim: true },
      ...{ max_record_size: 64 * 1024, to: maxArchiveFiles + 1 },
    })
  } catch (cause) {
    if (cause instanceof FaceError) throw cause
    throw invalid('it is no CSV with as many columns in each line', cause)
  }
  if (rows.length <= maxArchiveFiles) return rows
  throw invalid(`it has more than ${maxArchiveFiles} lines`)
}

function assertColumns(names: readonly string[]): string[] {
  if (names.includes('file') && names.includes('name')) return [...names]
  throw invalid('its first line has to name the columns, "file" and "name" among them')
}

function invalid(why: string, cause?: unknown): FaceError {
  const detail = `${tableName} of the archive cannot be used: ${why}.`
  return new FaceError('invalidRequest', { detail, cause })
}
