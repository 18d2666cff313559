/**
 * Reads a table that says who is on photographs: CSV (RFC 4180) with a line of names, of which `file`
 * and `name` are needed.
 *
 * @returns names by file; `undefined` when it cannot be used, which the server explains
 */
export function parsePeopleTable(text: string): ReadonlyMap<string, string> | undefined {
  const [head, ...rows] = parseCsv(text.replace(/^\u{FEFF}/u, ''))
  const fileColumn = head?.indexOf('file') ?? -1
  const nameColumn = head?.indexOf('name') ?? -1
  if (fileColumn < 0 || nameColumn < 0) return undefined
  return new Map(
    rows.map((row) => [
      (row[fileColumn] ?? '').replaceAll('\\', '/').replace(/^\.\//, ''),
      row[nameColumn] ?? '',
    ]),
  )
}

/** Cells of a CSV text; quoted ones may hold commas, quotes (twice) and line breaks. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text)
    if (found === null) return []
    const [, quoted, plain = '', end] = found
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (row.some((value) => value !== '')) rows.push(row)
    row = []
  }
  if (row.length > 0) rows.push(row)
  return rows
}
