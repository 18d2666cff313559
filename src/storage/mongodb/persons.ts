import { FaceError } from '../../core/errors.ts'
import type { NewPerson, Person, PersonStore } from '../ports/persons.ts'
import { isUlid, parsePageOptions, toMeasuredPage, toPersonLength } from '../rules/pages.ts'
import { foldName, toMetadataJson, toStoredName } from '../rules/person-fields.ts'
import { findCollection, type MongoContext, readInCollection } from './context.ts'
import { addToCounts } from './counters.ts'
import { toPerson } from './documents.ts'
import { insertChanges } from './feed.ts'
import { forgetAnswers, forgetLateAnswers, retellAnswers } from './idempotency.ts'
import { findPersonToReuse, toNameTurn } from './person-by-name.ts'
import { removeStatements } from './statements.ts'
import type { PersonDocument } from './tables.ts'

/**
 * A person's document.
 *
 * @throws {FaceError} `invalidName`, `invalidMetadata`
 */
export function toPersonDocument(collectionId: string, person: Person): PersonDocument {
  const name = toStoredName(person.name)
  return {
    _id: person.id,
    collectionId,
    name,
    nameFolded: foldName(name),
    metadata: toMetadataJson(person.metadata),
    faceCount: person.faceCount,
    createdAt: person.createdAt,
    updatedAt: person.updatedAt,
  }
}

/** The document of a new person. @throws {FaceError} `invalidName`, `invalidMetadata` */
export function toNewPersonDocument(
  context: MongoContext,
  collectionId: string,
  { name, metadata = {} }: NewPerson,
): PersonDocument {
  const now = context.now()
  return toPersonDocument(collectionId, {
    id: context.newId(),
    name,
    metadata,
    faceCount: 0,
    createdAt: now,
    updatedAt: now,
  })
}

/** @throws {FaceError} `personNotFound` */
export async function findPerson(
  context: MongoContext,
  collectionId: string,
  personId: string,
): Promise<Person> {
  const document = isUlid(personId)
    ? await readInCollection(context, collectionId, {
        read: () => context.tables.persons.findOne({ _id: personId, collectionId }),
        none: null,
      })
    : null
  if (!document) throw new FaceError('personNotFound')
  return toPerson(document)
}

/** Persons, as {@link PersonStore} says. */
export function createPersonOperations(context: MongoContext): PersonStore {
  const { collections, persons, faces, embeddings, crops, jobItems } = context.tables
  return {
    create: (collectionId, input) =>
      context.transact(
        async (transaction) => {
          await findCollection(context, collectionId, transaction)
          const known = await findPersonToReuse(context, collectionId, { input, transaction })
          if (known) return toPerson(known)
          const document = toNewPersonDocument(context, collectionId, input)
          await persons.insertOne(document, { session: transaction.session })
          await addToCounts(context, collectionId, { transaction, persons: 1, faces: 0 })
          return toPerson(document)
        },
        toNameTurn(collectionId, input),
      ),

    get: (collectionId, personId) => findPerson(context, collectionId, personId),

    async list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('persons', options)
      const { name, exactName } = options
      const read = () =>
        persons
          .find({
            collectionId,
            _id: { $gt: after },
            ...(exactName === undefined ? {} : { name: exactName.trim().normalize('NFC') }),
            // Not $regex: a name's dots and stars are ordinary characters.
            ...(name === undefined
              ? {}
              : {
                  $expr: {
                    $gte: [{ $indexOfBytes: ['$nameFolded', { $literal: foldName(name) }] }, 0],
                  },
                }),
          })
          .sort({ _id: 1 })
          .limit(limit + 1)
          .toArray()
      const list = () => readInCollection(context, collectionId, { read, none: [] })
      const found = await (name === undefined ? list() : context.scans.run(list))
      return toMeasuredPage('persons', found.map(toPerson), {
        limit,
        // Most persons have none, or little; only metadata are written as JSON to be measured.
        lengthOf: (person) => toPersonLength(person, JSON.stringify(person.metadata).length),
      })
    },

    async update(collectionId, personId, patch) {
      const name = patch.name === undefined ? undefined : toStoredName(patch.name)
      const fields = {
        ...(name === undefined ? {} : { name, nameFolded: foldName(name) }),
        ...(patch.metadata === undefined ? {} : { metadata: toMetadataJson(patch.metadata) }),
        updatedAt: context.now(),
      }
      const person = await context.transact(async (transaction) => {
        const { session } = transaction
        const person = { _id: personId, collectionId }
        const options = { session, returnDocument: 'after' } as const
        // A person of a deleted collection is there until it is cleaned up.
        const collection = await collections.findOne({ _id: collectionId }, { session })
        const document =
          collection && isUlid(personId)
            ? await persons.findOneAndUpdate(person, { $set: fields }, options)
            : null
        if (!document) throw new FaceError('personNotFound')
        return toPerson(document)
      }, personId)
      await retellAnswers(context, person)
      return person
    },

    async delete(collectionId, personId) {
      await context.transact(async (transaction) => {
        const { session } = transaction
        // Its own document first: who adds a face to the person at the same time conflicts with it.
        const person = isUlid(personId)
          ? await persons.findOneAndDelete({ _id: personId, collectionId }, { session })
          : null
        if (!person) throw new FaceError('personNotFound')
        // Those of the faces name the person, too.
        await forgetAnswers(context, [personId], transaction)
        await jobItems.deleteMany({ personId }, { session })
        const found = await faces
          .find({ personId }, { session, projection: { _id: 1 } })
          .sort({ _id: 1 })
          .toArray()
        const faceIds = found.map((face) => face._id)
        const ofPerson = await removeStatements(context, { personId }, transaction)
        const ofFaces = await removeStatements(context, { faceIds }, transaction)
        const rejections = -ofPerson - ofFaces
        const removed = { transaction, persons: -1, faces: -faceIds.length, rejections }
        await addToCounts(context, collectionId, removed)
        if (faceIds.length === 0) return
        await faces.deleteMany({ personId }, { session })
        await embeddings.deleteMany({ faceId: { $in: faceIds } }, { session })
        await crops.deleteMany({ _id: { $in: faceIds } }, { session })
        const changes = faceIds.map(
          (faceId) => ({ kind: 'faceRemoved', collectionId, faceId }) as const,
        )
        await insertChanges(context, changes, transaction)
      }, personId)
      await forgetLateAnswers(context, [personId])
    },
  }
}
