import type { NewPerson, Person } from '../ports/persons.ts'
import { type StoredFields, toStoredFields, toStoredNames } from '../rules/person-record.ts'
import type { MongoContext } from './context.ts'
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
  const { metadata, hidden, favourite, ...optional } = toStoredFields(person)
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
  const made = { id: context.newId(), revision: 1, createdAt: now, updatedAt: now }
  return toPersonDocument(collectionId, { ...input, ...made })
}

type Optional = Pick<StoredFields, 'externalId' | 'notes' | 'coverFaceId'>

/** The fields that are there. */
export function omitNull(
  fields: Optional,
): Partial<Pick<PersonDocument, 'externalId' | 'notes' | 'coverFaceId'>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  )
}

/**
 * Persons as they are answered, in the order of their documents. Covers are looked for where there are
 * any.
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
          .find({ _id: { $in: covers } }, { ...session, projection: { personId: 1 } })
          .toArray()
  const ownerOf = new Map(faces.map(({ _id, personId }) => [_id, personId]))
  return documents.map((document) => {
    const { _id, coverFaceId } = document
    const hasCover = coverFaceId !== undefined && ownerOf.get(coverFaceId) === _id
    return toPerson(document, { hasCover })
  })
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
