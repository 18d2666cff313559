import type { PersonListOptions } from '../ports/persons.ts'
import type { PersonList } from '../rules/person-lists.ts'
import { afterPrefix } from '../rules/person-words.ts'
import type { Connection, SqlValue } from './libsql.ts'
import { readNumber } from './rows.ts'
import { toWordBits } from './word-bits.ts'

// [Note: Two ways of a search]
// Persons of rare words, and of filters that few pass, are found by these and then sorted; of those that
// many have, the persons are walked through in the order that is asked for until there are enough. Either
// alone would be slow with the other's: to sort 20,000 persons takes tens of milliseconds, and so does
// to walk through 100,000 for one of them. Which is less is estimated from how many each condition lets
// through. An estimate can be wrong, because conditions and orders depend on each other: a walk may go
// on to the end. Therefore its index has what tells of most persons that they are not wanted, see
// [Note: Bits of words] in word-bits.ts.

/** Where the persons of a list are found. */
export type PersonSource =
  /** By walking through all in the order that is asked for. */
  | { readonly kind: 'order' }
  /** By an index of `persons` that a condition of the list begins with. */
  | { readonly kind: 'index'; readonly index: string }
  /** By a word's beginning; the parameters are those of the rows of `person_words`. */
  | { readonly kind: 'word'; readonly parameters: readonly SqlValue[] }

/** One of the conditions, and how many persons it lets through. */
interface Counted {
  readonly source: PersonSource
  /** At most {@link maxCounted}, which then stands for all. */
  readonly count: number
  /** Whether a walk sees it without reading the person. */
  readonly isInOrder: boolean
}

/** Persons are counted up to this, which takes half a millisecond. */
const maxCounted = 10_000
/** Words that are counted; the others are rarer in no query that people type. */
const maxWords = 8
/** How much longer it takes to look up a person than to see the next row of an index. */
const lookUpCost = 10

/** Chooses the way that is estimated to take less; see [Note: Two ways of a search]. */
export function choosePersonSource(
  db: Connection,
  collectionId: string,
  { list, options }: { readonly list: PersonList; readonly options: PersonListOptions },
): PersonSource {
  const order: PersonSource = { kind: 'order' }
  const counted = countConditions(db, collectionId, { list, options })
  if (counted.length === 0) return order
  const row = db.get('SELECT persons FROM collections WHERE id = ?', [collectionId])
  const total = row === undefined ? 0 : readNumber(row, 'persons')
  if (total === 0) return order
  const shareOf = ({ count }: Counted) => (count >= maxCounted ? 1 : Math.min(1, count / total))
  const product = (some: readonly Counted[]) => some.reduce((share, one) => share * shareOf(one), 1)
  const rarest = counted.reduce((a, b) => (b.count < a.count ? b : a))
  if (rarest.count >= maxCounted) return order
  const seen = counted.filter(({ isInOrder }) => isInOrder)
  const others = seen.filter((one) => one !== rarest)
  const walked = Math.min(total, (list.limit + 1) / product(counted))
  const walkCost = walked * (1 + lookUpCost * product(seen))
  const findCost = rarest.count * (1 + lookUpCost * product(others))
  return findCost < walkCost ? rarest.source : order
}

function countConditions(
  db: Connection,
  collectionId: string,
  { list, options }: { readonly list: PersonList; readonly options: PersonListOptions },
): readonly Counted[] {
  const { words, changedSince } = list
  const { hidden, favourite, faces, exactName, externalId } = options
  const counted: Counted[] = []
  const add = (index: string, condition: string, ...values: readonly SqlValue[]): void => {
    const from = `persons INDEXED BY ${index} WHERE collection_id = ? AND ${condition}`
    const count = countRows(db, from, [collectionId, ...values])
    const isInOrder = index === 'persons_hidden' || index === 'persons_favourite'
    counted.push({ source: { kind: 'index', index }, count, isInOrder })
  }
  if (externalId !== undefined) {
    add('persons_by_external_id', 'external_id = ?', externalId.trim().normalize('NFC'))
  }
  if (exactName !== undefined) add('persons_by_name', 'name = ?', exactName.trim().normalize('NFC'))
  if (hidden === true) add('persons_hidden', 'hidden = 1')
  if (favourite === true) add('persons_favourite', 'favourite = 1')
  if (faces !== undefined) {
    add('persons_by_face_count', `face_count = ${faces === 'none' ? 0 : 1}`)
  }
  if (changedSince !== undefined) add('persons_by_change', 'updated_at >= ?', changedSince)
  // The longest are mostly the rarest.
  const longest = [...words].sort((a, b) => b.length - a.length).slice(0, maxWords)
  const bits = toWordBits(words)
  for (const word of longest) {
    const range = [collectionId, word, afterPrefix(word)]
    const from = 'person_words WHERE collection_id = ? AND word >= ? AND word < ?'
    counted.push({
      source: { kind: 'word', parameters: [...range, bits, bits] },
      count: countRows(db, from, range),
      isInOrder: true,
    })
  }
  return counted
}

function countRows(db: Connection, from: string, parameters: readonly SqlValue[]): number {
  const counted = db.get(
    `SELECT count(*) AS counted FROM (SELECT 1 FROM ${from} LIMIT ${maxCounted})`,
    parameters,
  )
  return readNumber(counted, 'counted')
}
