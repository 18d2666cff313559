import type { Document, Filter } from 'mongodb'
import type { ConsentState } from '../../core/consent.ts'
import type { Page } from '../ports/pages.ts'
import type { Person, PersonListOptions, PersonSort } from '../ports/persons.ts'
import { foldName } from '../rules/person-fields.ts'
import {
  type PersonList,
  parsePersonList,
  toPersonLength,
  toPersonPage,
} from '../rules/person-lists.ts'
import { afterPrefix } from '../rules/person-words.ts'
import { type MongoContext, readInCollection } from './context.ts'
import { toPersons } from './person-documents.ts'
import type { PersonDocument } from './tables.ts'

const sortFields: Readonly<Record<PersonSort, keyof PersonDocument>> = {
  created: '_id',
  name: 'sortName',
  faceCount: 'faceCount',
  lastSeen: 'lastSeenAt',
  updated: 'updatedAt',
}

/** A page of persons, as {@link import('../ports/persons.ts').PersonStore} says. */
export async function listPersons(
  context: MongoContext,
  collectionId: string,
  options: PersonListOptions,
): Promise<Page<Person>> {
  const list = parsePersonList(options, context.now())
  const { sort, order, limit } = list
  const direction = order === 'asc' ? 1 : -1
  const field = sortFields[sort]
  const read = () =>
    context.tables.persons
      .find(toFilter(collectionId, options, list))
      .sort(sort === 'created' ? { _id: direction } : { [field]: direction, _id: direction })
      .limit(limit + 1)
      // A thousand persons with all that they may have are more than a server sorts in its memory.
      .allowDiskUse()
      .toArray()
  const find = () => readInCollection(context, collectionId, { read, none: [] })
  const found = await (options.name === undefined ? find() : context.scans.run(find))
  return toPersonPage(list, await toPersons(context, found), (person) =>
    // Most persons have none, or little; only metadata are written as JSON to be measured.
    toPersonLength(person, JSON.stringify(person.metadata).length),
  )
}

function toFilter(
  collectionId: string,
  { name, exactName, externalId, hidden, favourite, faces, consent }: PersonListOptions,
  list: PersonList,
): Filter<PersonDocument> {
  const { changedSince, words, now } = list
  const conditions: Filter<PersonDocument>[] = [{ collectionId }, ...toPlace(list)]
  if (exactName !== undefined) conditions.push({ name: exactName.trim().normalize('NFC') })
  if (externalId !== undefined) {
    conditions.push({ externalId: externalId.trim().normalize('NFC') })
  }
  if (hidden !== undefined) conditions.push({ hidden })
  if (favourite !== undefined) conditions.push({ favourite })
  if (faces !== undefined) conditions.push({ faceCount: faces === 'none' ? 0 : 1 })
  if (changedSince !== undefined) conditions.push({ updatedAt: { $gte: changedSince } })
  if (consent !== undefined) conditions.push(toConsentFilter(consent, now))
  for (const word of words) {
    // One element has to be in the range; of a plain range two would do.
    conditions.push({ words: { $elemMatch: { $gte: word, $lt: afterPrefix(word) } } })
  }
  if (name !== undefined) {
    // Not $regex: a name's dots and stars are ordinary characters.
    const part: Document = { $indexOfBytes: ['$folded', { $literal: foldName(name) }] }
    conditions.push({ $expr: { $gte: [part, 0] } })
  }
  return { $and: conditions }
}

/** See `consentStateOf`. */
function toConsentFilter(state: ConsentState, now: string): Filter<PersonDocument> {
  const later = (field: string): Filter<PersonDocument> => ({
    $or: [{ [field]: { $exists: false } }, { [field]: { $gt: now } }],
  })
  const notWithdrawn = later('consent.withdrawnAt')
  switch (state) {
    case 'missing':
      return { consent: { $exists: false } }
    case 'withdrawn':
      return { 'consent.withdrawnAt': { $lte: now } }
    case 'expired':
      return { $and: [{ 'consent.expiresAt': { $lte: now } }, notWithdrawn] }
    case 'valid':
      return { $and: [{ consent: { $exists: true } }, notWithdrawn, later('consent.expiresAt')] }
  }
}

/** Behind the last person of the page before. */
function toPlace({ sort, order, after }: PersonList): Filter<PersonDocument>[] {
  if (after === undefined) return []
  const { value, id } = after
  const behind = order === 'asc' ? '$gt' : '$lt'
  if (sort === 'created') return [{ _id: { [behind]: id } } as Filter<PersonDocument>]
  const field = sortFields[sort]
  const isBehind = {
    $or: [{ [field]: { [behind]: value } }, { [field]: value, _id: { [behind]: id } }],
  }
  // The plain range is what the index can begin with.
  return [{ [field]: { [`${behind}e`]: value } }, isBehind] as Filter<PersonDocument>[]
}
