import { toSortName, toWords } from '../rules/person-words.ts'
import type { Connection } from './libsql.ts'
import { readText } from './rows.ts'

/** Persons whose names are read together; about 100 bytes each. */
const batchSize = 1000

/** Writes what finds and sorts persons into those who were stored without it. */
export function fillPersonNames(db: Connection): void {
  for (let after = ''; ; ) {
    const rows = db.all('SELECT id, name FROM persons WHERE id > ? ORDER BY id LIMIT ?', [
      after,
      batchSize,
    ])
    for (const row of rows) {
      const name = readText(row, 'name')
      db.run('UPDATE persons SET words = ?, sort_name = ? WHERE id = ?', [
        JSON.stringify(toWords([name])),
        toSortName(name),
        readText(row, 'id'),
      ])
    }
    const last = rows.at(-1)
    if (last === undefined) return
    after = readText(last, 'id')
  }
}
