import { FaceError } from '../../core/errors.ts'
import type { Transition } from '../ports/history.ts'
import type { NewPerson, Person, PersonPatch, PersonStore } from '../ports/persons.ts'
import { assertWithdrawalStays } from '../rules/consent-fields.ts'
import {
  toEntryId,
  toFaceChange,
  toPersonChanges,
  toPersonMade,
  toPersonRemoved,
  withoutPersons,
} from '../rules/history.ts'
import { isUlid } from '../rules/pages.ts'
import { applyPatch, assertCondition } from '../rules/person-record.ts'
import { readAside } from './aside-faces.ts'
import { findCollection, type MongoContext, readInCollection } from './context.ts'
import { addToCounts } from './counters.ts'
import { appendEntry, scrubHistory } from './history-documents.ts'
import { forgetLateAnswers, retellAnswers } from './idempotency.ts'
import { assertFreeExternalId, findPersonToReuse, toNameTurn } from './person-by-name.ts'
import { omitNull, toNewPersonDocument, toOnePerson } from './person-documents.ts'
import { listPersons } from './person-lists.ts'
import type { PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { forgetPersons, removeFaces, removePersons } from './trash.ts'

/** The methods that are in merges.ts. */
export type Merges = 'merge' | 'mergeConsequences'

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
): Promise<KnownPerson | undefined> {
  const known = await findPersonToReuse(context, collectionId, { input, transaction })
  const { externalId } = input
  if (known === undefined) return undefined
  if (externalId === undefined || known.externalId !== undefined) {
    return { document: known, transitions: [] }
  }
  return changePerson(context, { document: known, patch: { externalId } }, transaction)
}

/** A person who was found, as it is now, and what was changed, for the history. */
export interface KnownPerson {
  readonly document: PersonDocument
  readonly transitions: readonly Transition[]
}

/**
 * The person with the cover as it is stored: the history tells of that one, which counts again as soon as
 * its face is the person's again.
 */
export function withStoredCover(person: Person, { coverFaceId }: PersonDocument): Person {
  return coverFaceId === undefined ? person : { ...person, coverFaceId }
}

/**
 * Changes a person who was read in the same transaction.
 *
 * @throws {FaceError} as {@link PersonStore.update}
 */
export async function changePerson(
  context: MongoContext,
  change: {
    readonly document: PersonDocument
    readonly patch: PersonPatch
    /** A cover whose face is not the person's now is stored all the same, and counts when it is. */
    readonly isUndo?: boolean
  },
  transaction: Transaction,
): Promise<KnownPerson> {
  const { document, patch, isUndo = false } = change
  const { session } = transaction
  const { _id, collectionId } = document
  const before = await toOnePerson(context, document, transaction)
  const now = context.now()
  const { names, fields } = applyPatch(before, patch, now)
  const { externalId, notes, consent, coverFaceId, ...plain } = fields
  const there = omitNull({
    externalId,
    notes,
    consent,
    ...(coverFaceId === undefined ? {} : { coverFaceId }),
  })
  await assertFreeExternalId(context, { _id, collectionId, ...there }, transaction)
  if (!isUndo && typeof coverFaceId === 'string') {
    const face = { _id: coverFaceId, personId: _id }
    if (!(await context.tables.faces.findOne(face, { session, projection: { _id: 1 } }))) {
      throw new FaceError('faceNotFound', { detail: 'The cover is a face of the person.' })
    }
  }
  const removed: { [K in 'externalId' | 'notes' | 'coverFaceId' | 'consent']?: '' } = {}
  if (externalId === null) removed.externalId = ''
  if (notes === null) removed.notes = ''
  if (consent === null) removed.consent = ''
  if (coverFaceId === null) removed.coverFaceId = ''
  const changed = await context.tables.persons.findOneAndUpdate(
    { _id },
    {
      $set: { ...names, ...there, ...plain, updatedAt: now },
      $unset: removed,
      $inc: { revision: 1 },
    },
    { session, returnDocument: 'after' },
  )
  if (!changed) throw new FaceError('personNotFound')
  const after = await toOnePerson(context, changed, transaction)
  const was = patch.coverFaceId === undefined ? before : withStoredCover(before, document)
  return { document: changed, transitions: toPersonChanges(was, after) }
}

/** What {@link assertCondition} looks at. */
function toConditioned({ lastSeenAt, ...document }: PersonDocument) {
  return lastSeenAt === '' ? document : { ...document, lastSeenAt }
}

/** The document of a person in a transaction. @throws {FaceError} `personNotFound` */
export async function findPersonDocument(
  { tables }: MongoContext,
  collectionId: string,
  {
    personId,
    transaction: { session },
  }: { readonly personId: string; readonly transaction: Transaction },
): Promise<PersonDocument> {
  const document = isUlid(personId)
    ? await tables.persons.findOne({ _id: personId, collectionId }, { session })
    : null
  if (!document) throw new FaceError('personNotFound')
  return document
}

/** Persons, as {@link PersonStore} says. */
export function createPersonOperations(context: MongoContext): Omit<PersonStore, Merges> {
  const { collections, persons, faces, trash } = context.tables

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
          const document = known?.document ?? toNewPersonDocument(context, collectionId, input)
          const person = await toOnePerson(context, document, transaction)
          const kind = known ? 'personUpdated' : 'personCreated'
          const transitions = known?.transitions ?? [toPersonMade(person)]
          if (!known) await persons.insertOne(document, { session: transaction.session })
          await appendEntry(context, collectionId, { kind, transitions, transaction })
          const made = { transaction, persons: known ? 0 : 1, faces: 0 }
          if (transitions.length > 0) await addToCounts(context, collectionId, made)
          return person
        },
        toNameTurn(collectionId, input),
      ),

    get: (collectionId, personId) => findPerson(context, collectionId, personId),
    list: (collectionId, options = {}) => listPersons(context, collectionId, options),

    async update(collectionId, personId, patch, { undoable = true, ...condition } = {}) {
      const { person, entry } = await context.transact(async (transaction) => {
        const document = await readPerson(collectionId, personId, transaction)
        assertCondition(toConditioned(document), condition)
        assertWithdrawalStays(document, patch)
        const changed = await changePerson(context, { document, patch }, transaction)
        const { transitions: changes } = changed
        const transitions = undoable ? changes : withoutPersons(changes, new Set([personId]))
        if (transitions.length > 0) {
          await addToCounts(context, collectionId, { transaction, persons: 0, faces: 0 })
        }
        const told = { kind: 'personUpdated', transitions, transaction } as const
        const entry = await appendEntry(context, collectionId, told)
        if (!undoable) {
          // Earlier entries have what the person was called, too.
          const personIds = new Set([personId])
          await scrubHistory(context, collectionId, { personIds, transaction })
        }
        return { person: await toOnePerson(context, changed.document, transaction), entry }
      }, personId)
      await retellAnswers(context, person)
      return { ...person, ...toEntryId(entry) }
    },

    async delete(collectionId, personId, { undoable = false, ...condition } = {}) {
      const done = await context.transact(async (transaction) => {
        const { session } = transaction
        const person = isUlid(personId)
          ? await persons.findOne({ _id: personId, collectionId }, { session })
          : null
        const removal = { collectionId, transaction }
        if (!person) {
          const kept = { _id: String(personId), collectionId, record: 'person' } as const
          const isKept = !undoable && (await trash.countDocuments(kept, { session })) > 0
          if (!isKept) throw new FaceError('personNotFound')
          await forgetPersons(context, removal, [personId])
          return {}
        }
        assertCondition(toConditioned(person), condition)
        const found = await faces.find({ personId }, { session }).sort({ _id: 1 }).toArray()
        const entry = await appendEntry(context, collectionId, {
          kind: 'personDeleted',
          transitions: [
            toPersonRemoved({ id: personId, name: person.name }),
            ...found.map(({ _id }) => toFaceChange(_id, { from: personId })),
            ...(await readAside(context, [personId], transaction)).map(({ _id }) =>
              toFaceChange(_id, { from: { personId, setAside: true } }),
            ),
          ],
          transaction,
        })
        const kept = { ...removal, ...(undoable ? { entryId: entry?.id } : {}) }
        await removeFaces(context, kept, found)
        // Who adds a face to the person at the same time conflicts with this.
        await removePersons(context, kept, [person])
        const removed = { transaction, persons: -1, faces: -found.length }
        await addToCounts(context, collectionId, removed)
        return { entryId: entry?.id }
      }, personId)
      await forgetLateAnswers(context, [personId])
      return done
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
