import { FaceError } from '../../core/errors.ts'
import type { NewPerson, Person, PersonPatch, PersonStore } from '../ports/persons.ts'
import { isUlid } from '../rules/pages.ts'
import { applyPatch, assertRevision } from '../rules/person-record.ts'
import { findCollection, type MongoContext, readInCollection } from './context.ts'
import { addToCounts } from './counters.ts'
import { insertChanges } from './feed.ts'
import { forgetAnswers, forgetLateAnswers, retellAnswers } from './idempotency.ts'
import { assertFreeExternalId, findPersonToReuse, toNameTurn } from './person-by-name.ts'
import { omitNull, toNewPersonDocument, toOnePerson } from './person-documents.ts'
import { listPersons } from './person-lists.ts'
import { removeStatements } from './statements.ts'
import type { PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

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
  return toOnePerson(context, document)
}

/**
 * The person of this external id or name where one is reused, with the external id that was given.
 *
 * @throws {FaceError} as {@link PersonStore.create}
 */
export async function obtainKnownPerson(
  context: MongoContext,
  collectionId: string,
  { input, transaction }: { readonly input: NewPerson; readonly transaction: Transaction },
): Promise<PersonDocument | undefined> {
  const known = await findPersonToReuse(context, collectionId, { input, transaction })
  const { externalId } = input
  if (known === undefined || externalId === undefined || known.externalId !== undefined) {
    return known
  }
  return changePerson(context, { document: known, patch: { externalId } }, transaction)
}

/**
 * Changes a person who was read in the same transaction.
 *
 * @throws {FaceError} as {@link PersonStore.update}
 */
export async function changePerson(
  context: MongoContext,
  { document, patch }: { readonly document: PersonDocument; readonly patch: PersonPatch },
  transaction: Transaction,
): Promise<PersonDocument> {
  const { session } = transaction
  const { _id, collectionId } = document
  const before = await toOnePerson(context, document, transaction)
  const { names, fields } = applyPatch(before, patch)
  const { externalId, notes, coverFaceId, ...plain } = fields
  const there = omitNull({
    externalId,
    notes,
    ...(coverFaceId === undefined ? {} : { coverFaceId }),
  })
  await assertFreeExternalId(context, { _id, collectionId, ...there }, transaction)
  if (typeof coverFaceId === 'string') {
    const face = { _id: coverFaceId, personId: _id }
    if (!(await context.tables.faces.findOne(face, { session, projection: { _id: 1 } }))) {
      throw new FaceError('faceNotFound', { detail: 'The cover is a face of the person.' })
    }
  }
  const removed: { [K in 'externalId' | 'notes' | 'coverFaceId']?: '' } = {}
  if (externalId === null) removed.externalId = ''
  if (notes === null) removed.notes = ''
  if (coverFaceId === null) removed.coverFaceId = ''
  const changed = await context.tables.persons.findOneAndUpdate(
    { _id },
    {
      $set: { ...names, ...there, ...plain, updatedAt: context.now() },
      $unset: removed,
      $inc: { revision: 1 },
    },
    { session, returnDocument: 'after' },
  )
  if (!changed) throw new FaceError('personNotFound')
  return changed
}

/** Persons, as {@link PersonStore} says. */
export function createPersonOperations(context: MongoContext): PersonStore {
  const { collections, persons, faces, embeddings, crops, jobItems } = context.tables

  /** @throws {FaceError} `personNotFound` */
  async function readPerson(
    collectionId: string,
    personId: string,
    { session }: Transaction,
  ): Promise<PersonDocument> {
    // A person of a deleted collection is there until it is cleaned up.
    const collection = await collections.findOne({ _id: collectionId }, { session })
    const document =
      collection && isUlid(personId)
        ? await persons.findOne({ _id: personId, collectionId }, { session })
        : null
    if (!document) throw new FaceError('personNotFound')
    return document
  }

  return {
    create: (collectionId, input) =>
      context.transact(
        async (transaction) => {
          await findCollection(context, collectionId, transaction)
          const known = await obtainKnownPerson(context, collectionId, { input, transaction })
          if (known) return toOnePerson(context, known, transaction)
          const document = toNewPersonDocument(context, collectionId, input)
          await persons.insertOne(document, { session: transaction.session })
          await addToCounts(context, collectionId, { transaction, persons: 1, faces: 0 })
          return toOnePerson(context, document, transaction)
        },
        toNameTurn(collectionId, input),
      ),

    get: (collectionId, personId) => findPerson(context, collectionId, personId),
    list: (collectionId, options = {}) => listPersons(context, collectionId, options),

    async update(collectionId, personId, patch, condition) {
      const person = await context.transact(async (transaction) => {
        const document = await readPerson(collectionId, personId, transaction)
        assertRevision(document, condition)
        const changed = await changePerson(context, { document, patch }, transaction)
        return toOnePerson(context, changed, transaction)
      }, personId)
      await retellAnswers(context, person)
      return person
    },

    async delete(collectionId, personId, condition) {
      await context.transact(async (transaction) => {
        const { session } = transaction
        // Its own document first: who adds a face to the person at the same time conflicts with it.
        const person = isUlid(personId)
          ? await persons.findOneAndDelete({ _id: personId, collectionId }, { session })
          : null
        if (!person) throw new FaceError('personNotFound')
        assertRevision(person, condition)
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

    async seen(collectionId, entries) {
      const updates = entries.flatMap(({ personId, at }) =>
        isUlid(personId)
          ? [
              {
                updateOne: {
                  filter: { _id: personId, collectionId },
                  update: { $max: { lastSeenAt: at } },
                },
              },
            ]
          : [],
      )
      if (updates.length > 0) await persons.bulkWrite(updates, { ordered: false })
    },
  }
}
