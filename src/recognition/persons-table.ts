import { stringify } from 'csv-stringify/sync'
import { eachPage } from '../storage/iterate.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import type { Person } from '../storage/ports/persons.ts'

/** Columns of a list of persons as a table, in their order. */
export const personColumns = [
  ...(['id', 'name', 'aliases', 'externalId', 'notes', 'hidden', 'favourite', 'metadata'] as const),
  ...([
    'consent',
    'coverFaceId',
    'faceCount',
    'revision',
    'lastSeenAt',
    'createdAt',
    'updatedAt',
  ] as const),
] satisfies readonly (keyof Person)[]

const pageLimit = 1000

/** Reads a page of the persons of a collection. */
export type LoadPersons = (page: PageOptions) => Promise<Page<Person>>

/**
 * Persons as CSV (RFC 4180) with a line of names. Aliases, metadata and the consent are JSON. A text that a
 * spreadsheet would take for a formula is marked as text.
 */
export async function* toPersonsCsv(load: LoadPersons): AsyncGenerator<string, void> {
  yield toLines([personColumns])
  for await (const persons of eachPage(load, { limit: pageLimit })) {
    if (persons.length > 0) yield toLines(persons.map(toCells))
  }
}

function toCells(person: Person): readonly string[] {
  return personColumns.map((column) => {
    const value = person[column]
    if (value === undefined) return ''
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  })
}

function toLines(rows: readonly (readonly string[])[]): string {
  return stringify(rows as string[][], { escape_formulas: true, record_delimiter: 'windows' })
}

/** Persons as one JSON list. */
export async function* toPersonsJson(load: LoadPersons): AsyncGenerator<string, void> {
  let before = '[\n'
  for await (const persons of eachPage(load, { limit: pageLimit })) {
    for (const person of persons) {
      yield `${before}${JSON.stringify(person)}`
      before = ',\n'
    }
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}
