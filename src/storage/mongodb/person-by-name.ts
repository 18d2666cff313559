import { createHash } from 'node:crypto'
import type { NewPerson } from '../ports/persons.ts'
import {
  assertWays,
  choosePerson,
  externalIdTaken,
  mayMeanSomebody,
  namesakesRead,
} from '../rules/person-by-name.ts'
import { toStoredExternalId, toStoredName } from '../rules/person-fields.ts'
import type { MongoContext } from './context.ts'
import type { PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: One person of a name]
// Transactions see the database as it was when they began, so two that look for a name at once both
// find nobody. One that is about to make a person of a name therefore writes the name's lock: of two
// that do, one conflicts, is run again, and finds whom the other made. Names are not unique, so a
// unique index would be wrong, and a lock must not keep the name of a person who was deleted: locks
// have numbers, taken from the hash of the name. Two names of one number only cost another attempt.
// External ids are unique: of two transactions that give one away the index refuses the second, which
// is run again and finds whose it is.

const locksPerCollection = 4096

/**
 * The person of this external id or name where one is reused. When there is none, nobody else makes one
 * before this transaction is over.
 *
 * @throws {FaceError} as {@link choosePerson} and {@link assertWays}; `invalidName`
 */
export async function findPersonToReuse(
  { tables }: MongoContext,
  collectionId: string,
  {
    input,
    transaction: { session },
  }: { readonly input: NewPerson; readonly transaction: Transaction },
): Promise<PersonDocument | undefined> {
  assertWays(input)
  if (!mayMeanSomebody(input)) return undefined
  const name = toStoredName(input.name)
  const { externalId: given, ifExists = 'create' } = input
  const externalId = given === undefined ? undefined : toStoredExternalId(given)
  const owner =
    externalId === undefined
      ? null
      : await tables.persons.findOne({ collectionId, externalId }, { session })
  const without = externalId === undefined ? {} : { externalId: { $exists: false } }
  const namesakes = await tables.persons
    .find({ collectionId, name, ...without }, { session })
    .sort({ _id: 1 })
    .limit(namesakesRead)
    .toArray()
  const ofName = namesakes.map((person) => person._id)
  const chosen = choosePerson(input, { ofExternalId: owner?._id, ofName })
  if (chosen !== undefined) {
    return chosen === owner?._id ? owner : namesakes.find((person) => person._id === chosen)
  }
  if (ifExists === 'create') return undefined
  const hash = createHash('sha256').update(name).digest().readUInt32LE()
  await tables.nameLocks.updateOne(
    { _id: `${collectionId}:${hash % locksPerCollection}` },
    { $inc: { uses: 1 }, $setOnInsert: { collectionId } },
    { session, upsert: true },
  )
  return undefined
}

/** @throws {FaceError} `externalIdTaken` when the external id is another person's */
export async function assertFreeExternalId(
  { tables }: MongoContext,
  { _id, collectionId, externalId }: Pick<PersonDocument, '_id' | 'collectionId' | 'externalId'>,
  { session }: Transaction,
): Promise<void> {
  if (externalId === undefined) return
  const owner = await tables.persons.findOne(
    { collectionId, externalId },
    { session, projection: { _id: 1 } },
  )
  if (owner !== null && owner._id !== _id) throw externalIdTaken(owner._id)
}

/**
 * The key by which transactions of one process that may make the same person run one after the other;
 * `undefined` where they need not.
 */
export function toNameTurn(collectionId: string, input: NewPerson): string | undefined {
  if ((input.ifExists ?? 'create') === 'create') return undefined
  return `${collectionId}/${toStoredName(input.name)}`
}
