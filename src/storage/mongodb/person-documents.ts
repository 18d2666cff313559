import type { ClientSession } from 'mongodb'
import type { NewPerson, Person } from '../ports/persons.ts'
import { assertGiven } from '../rules/consent-fields.ts'
import { type StoredFields, toStoredFields, toStoredNames } from '../rules/person-record.ts'
import type { MongoContext } from './context.ts'
import { facesByCoverScore } from './cover-scores.ts'
import { toPerson } from './documents.ts'
import type { PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

/** A person as it is written. */
export type WrittenPerson = Omit<NewPerson, 'ifExists' | 'onAmbiguous'> &
  Pick<Person, 'id' | 'coverFaceId' | 'revision' | 'lastSeenAt' | 'createdAt' | 'updatedAt'>

/**
 * The document of a person without faces.
 *
 * @throws {FaceError} `invalidName`, `invalidMetadata`, `invalidOption`
 */
export function toPersonDocument(collectionId: string, person: WrittenPerson): PersonDocument {
  const { id, revision, lastSeenAt = '', createdAt, updatedAt } = person
  const { metadata, hidden, favourite, ...optional } = toStoredFields(person, updatedAt)
  return {
    ...{ _id: id, collectionId, ...toStoredNames(person) },
    ...omitNull(optional),
    ...{ metadata, hidden, favourite, faceCount: 0, revision, lastSeenAt, createdAt, updatedAt },
  }
}

/** The document of a new person. @throws {FaceError} `invalidName`, `invalidMetadata`, `invalidOption` */
export function toNewPersonDocument(
  context: MongoContext,
  collectionId: string,
  input: NewPerson,
): PersonDocument {
  const now = context.now()
  assertGiven(input.consent, now)
  const made = { id: context.newId(), revision: 1, createdAt: now, updatedAt: now }
  return toPersonDocument(collectionId, { ...input, ...made })
}

type Optional = Pick<StoredFields, 'externalId' | 'notes' | 'coverFaceId' | 'consent'>

/** The fields that are there. */
export function omitNull(
  fields: Optional,
): Partial<Pick<PersonDocument, 'externalId' | 'notes' | 'coverFaceId' | 'consent'>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  )
}

/**
 * Persons as they are answered, in the order of their documents. Covers, and faces that show persons, are
 * looked for where there may be any.
 *
 * @param transaction  in which they were read, if in any
 */
export async function toPersons(
  { tables }: Pick<MongoContext, 'tables'>,
  documents: readonly PersonDocument[],
  transaction?: Transaction,
): Promise<readonly Person[]> {
  const covers = documents.flatMap(({ coverFaceId }) => coverFaceId ?? [])
  const session = transaction && { session: transaction.session }
  const faces =
    covers.length === 0
      ? []
      : await tables.faces
          .find({ _id: { $in: covers } }, { ...session, projection: { personId: 1, hasCrop: 1 } })
          .toArray()
  const faceOf = new Map(faces.map((face) => [face._id, face]))
  const coverOf = ({ _id, coverFaceId }: PersonDocument) => {
    const cover = coverFaceId === undefined ? undefined : faceOf.get(coverFaceId)
    return cover?.personId === _id ? cover : undefined
  }
  const best = await findBestShown(
    tables,
    documents.flatMap((document) => (coverOf(document)?.hasCrop ? [] : [document._id])),
    session,
  )
  return documents.map((document) => {
    const cover = coverOf(document)
    const shownFaceId = cover?.hasCrop ? cover._id : best.get(document._id)
    return toPerson(document, { hasCover: cover !== undefined, shownFaceId })
  })
}

/** The face with the best crop of each person who has any; see [Note: Cover scores] in face-score.ts. */
async function findBestShown(
  { faces }: MongoContext['tables'],
  personIds: readonly string[],
  session: { readonly session: ClientSession } | undefined,
): Promise<ReadonlyMap<string, string>> {
  if (personIds.length === 0) return new Map()
  const found = await faces
    .aggregate<{ readonly _id: string; readonly faceId: string }>(
      [
        { $match: { personId: { $in: [...personIds] }, coverScore: { $gte: 0 } } },
        { $sort: { personId: 1, coverScore: -1, _id: 1 } },
        { $group: { _id: '$personId', faceId: { $first: '$_id' } } },
      ],
      { ...session, hint: facesByCoverScore },
    )
    .toArray()
  return new Map(found.map(({ _id, faceId }) => [_id, faceId]))
}

/** The same for one. */
export async function toOnePerson(
  context: Pick<MongoContext, 'tables'>,
  document: PersonDocument,
  transaction?: Transaction,
): Promise<Person> {
  const [person] = await toPersons(context, [document], transaction)
  return person as Person
}
