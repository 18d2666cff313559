import { stringify } from 'csv-stringify/sync'
import { eachPage } from '../../../storage/iterate.ts'
import type { JobItem } from '../../../storage/ports/jobs.ts'
import type { Page, PageOptions } from '../../../storage/ports/pages.ts'

const pageLimit = 1000

/**
 * What a job says of the things that it worked on, as CSV (RFC 4180): `id`, `rejected` and `personId`,
 * then the members of all bodies, for which everything is read twice. What is no text or number is
 * JSON, and a list of words is written with spaces. A text that a spreadsheet would take for a formula
 * is marked as text.
 */
export async function* toItemsCsv(
  load: (options: PageOptions) => Promise<Page<JobItem>>,
): AsyncGenerator<string, void> {
  const pages = () => eachPage(load, { limit: pageLimit })
  const members = new Set<string>()
  for await (const items of pages()) {
    for (const { body } of items) for (const name of Object.keys(body)) members.add(name)
  }
  const names = [...members]
  yield toLines([['id', 'rejected', 'personId', ...names]])
  for await (const items of pages()) {
    if (items.length > 0) yield toLines(items.map((item) => toCells(item, names)))
  }
}

function toCells({ id, rejected, personId, body }: JobItem, names: readonly string[]): string[] {
  const others = names.map((name) => toCell(body[name]))
  return [id, String(rejected), personId ?? '', ...others]
}

function toCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  const isWords = Array.isArray(value) && value.every((item) => typeof item === 'string')
  return isWords ? value.join(' ') : JSON.stringify(value)
}

function toLines(rows: readonly (readonly string[])[]): string {
  return stringify(rows as string[][], { escape_formulas: true, record_delimiter: 'windows' })
}
