import { createHash } from 'node:crypto'
import type { NewPerson } from '../ports/persons.ts'
import { choosePersonOfName, namesakesRead } from '../rules/person-by-name.ts'
import { toStoredName } from '../rules/person-fields.ts'
import type { MongoContext } from './context.ts'
import type { PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: One person of a name]
// Transactions see the database as it was when they began, so two that look for a name at once both
// find nobody. One that is about to make a person of a name therefore writes the name's lock: of two
// that do, one conflicts, is run again, and finds whom the other made. Names are not unique, so a
// unique index would be wrong, and a lock must not keep the name of a person who was deleted: locks
// have numbers, taken from the hash of the name. Two names of one number only cost another attempt.

const locksPerCollection = 4096

/**
 * The person of this name where one is reused. When there is none, nobody else makes one before this
 * transaction is over.
 *
 * @throws {FaceError} `invalidName`; `invalidOption` when several persons have the name
 */
export async function findPersonToReuse(
  { tables }: MongoContext,
  collectionId: string,
  {
    input,
    transaction: { session },
  }: { readonly input: NewPerson; readonly transaction: Transaction },
): Promise<PersonDocument | undefined> {
  const { ifExists = 'create' } = input
  if (ifExists === 'create') return undefined
  const name = toStoredName(input.name)
  const namesakes = await tables.persons
    .find({ collectionId, name }, { session })
    .sort({ _id: 1 })
    .limit(namesakesRead)
    .toArray()
  const ids = namesakes.map((person) => person._id)
  const chosen = choosePersonOfName(input, ids)
  if (chosen !== undefined) return namesakes.find((person) => person._id === chosen)
  const hash = createHash('sha256').update(name).digest().readUInt32LE()
  await tables.nameLocks.updateOne(
    { _id: `${collectionId}:${hash % locksPerCollection}` },
    { $inc: { uses: 1 }, $setOnInsert: { collectionId } },
    { session, upsert: true },
  )
  return undefined
}

/**
 * The key by which transactions of one process that may make the same person run one after the other;
 * `undefined` where they need not.
 */
export function toNameTurn(collectionId: string, input: NewPerson): string | undefined {
  if ((input.ifExists ?? 'create') === 'create') return undefined
  return `${collectionId}/${toStoredName(input.name)}`
}
