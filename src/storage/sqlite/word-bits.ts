import type { Connection } from './libsql.ts'
import { readJson, readText } from './rows.ts'

// [Note: Bits of words]
// Who has all words of a query is told by rows of persons, which lie apart, and may be large. So the
// indexes by which persons are found and sorted hold a number of each (a Bloom filter of the beginnings
// of the person's words), whose bits tell of most persons that they have not all words. Of 20,000 people
// with two words, of whom .5 % have words with "k" and "m", 2.3 % have the bits of both; "ka" and "mi"
// have .28 %, and their bits .36 %.

/** Bits of a number that JavaScript and JSON hold exactly. */
const bitCount = 52

/** Beginnings that have a bit each, in code units; with longer ones too many bits would be set. */
const lengths = [1, 2, 3]

/**
 * The bits of all words of a person, or of a query: who has the words of a query has its bits, too.
 *
 * @returns a whole number below 2 ** 52
 */
export function toWordBits(words: readonly string[]): number {
  const bits = new Set<number>()
  for (const word of words) {
    for (const length of lengths) {
      if (word.length >= length) bits.add(hash(word.slice(0, length)) % bitCount)
    }
  }
  return [...bits].reduce((sum, bit) => sum + 2 ** bit, 0)
}

/**
 * Evenly spread over 32 bits.
 *
 * @source FNV-1a (Fowler, Noll, Vo), finished by the mixing steps of MurmurHash3
 */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}

/** Persons that are read together; about 200 bytes each. */
const batchSize = 1000

/** Writes the bits of persons who were stored without them. */
export function fillWordBits(db: Connection): void {
  for (let after = ''; ; ) {
    const rows = db.all('SELECT id, words FROM persons WHERE id > ? ORDER BY id LIMIT ?', [
      after,
      batchSize,
    ])
    for (const row of rows) {
      const bits = toWordBits(readJson<string[]>(row, 'words'))
      db.run('UPDATE persons SET word_bits = ? WHERE id = ?', [bits, readText(row, 'id')])
    }
    const last = rows.at(-1)
    if (last === undefined) return
    after = readText(last, 'id')
  }
}
