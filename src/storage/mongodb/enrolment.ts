import { assertMayEnroll } from '../../core/consent.ts'
import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import type { Face, FaceStore, NewFace } from '../ports/faces.ts'
import type { Transition } from '../ports/history.ts'
import type { NewPerson } from '../ports/persons.ts'
import { toStoredEmbeddings } from '../rules/face-embeddings.ts'
import { toFaceInImage } from '../rules/face-in-image.ts'
import { toEnrolmentKind, toEntryId, toFaceChange, toPersonMade } from '../rules/history.ts'
import { isUlid } from '../rules/pages.ts'
import { findAsideBySource } from './aside-faces.ts'
import { findCollection, type MongoContext } from './context.ts'
import { addToCounts } from './counters.ts'
import { toPlain } from './documents.ts'
import { findBySource, insertFaces, toSource, type WrittenFace } from './face-writes.ts'
import { toFaces } from './faces.ts'
import { appendEntry } from './history-documents.ts'
import { revokeOwnRejections } from './own-rejections.ts'
import { toNameTurn } from './person-by-name.ts'
import { toNewPersonDocument, toOnePerson } from './person-documents.ts'
import { obtainKnownPerson } from './persons.ts'
import type { PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

type Enrolled = Awaited<ReturnType<FaceStore['add']>>

/** Adding faces, as {@link FaceStore} says. */
export function createEnrolment(context: MongoContext): Pick<FaceStore, 'add'> {
  const { tables } = context

  function toWrittenFace(collection: Collection, personId: string, face: NewFace): WrittenFace {
    const embeddings = toStoredEmbeddings(collection, face)
    // The collection's setting wins over the caller's.
    const crop = collection.storeCrops ? face.crop : undefined
    return {
      id: context.newId(),
      personId,
      modelId: collection.modelId,
      ...toPlain(toFaceInImage(face)),
      imageHash: face.imageHash,
      hasCrop: crop !== undefined,
      createdAt: context.now(),
      embeddings,
      ...(crop === undefined ? {} : { crop }),
    }
  }

  function addWithPerson(
    collectionId: string,
    input: NewPerson,
    faces: readonly NewFace[],
  ): Promise<Enrolled> {
    return context.transact(
      async (transaction) => {
        const collection = await findCollection(context, collectionId, transaction)
        const known = await obtainKnownPerson(context, collectionId, { input, transaction })
        if (known) {
          const { document, transitions } = known
          const given = { personId: document._id, faces, transitions }
          return addToKnown(collection, given, transaction)
        }
        const created = toNewPersonDocument(context, collectionId, input)
        if (faces.length > 0)
          assertMayEnroll(collection.consent, created.consent, created.createdAt)
        const given = faces.map((face) => toWrittenFace(collection, created._id, face))
        const { added, answers } = splitKnownFromNew(given, new Map())
        const person = { ...created, faceCount: added.length }
        await tables.persons.insertOne(person, { session: transaction.session })
        await insertFaces(context, { collectionId, faces: added }, transaction)
        await addToCounts(context, collectionId, { transaction, persons: 1, faces: added.length })
        const entry = await appendEntry(context, collectionId, {
          kind: toEnrolmentKind(added.length, true),
          transitions: [
            toPersonMade({ id: person._id, name: person.name }),
            ...toTransitions(added),
          ],
          transaction,
        })
        const answer = await toOnePerson(context, person, transaction)
        return { person: answer, newPerson: true, faces: answers, ...toEntryId(entry) }
      },
      toNameTurn(collectionId, input),
    )
  }

  async function addToPerson(
    collectionId: string,
    personId: string,
    faces: readonly NewFace[],
  ): Promise<Enrolled> {
    return context.transact(async (transaction) => {
      const collection = await findCollection(context, collectionId, transaction)
      if (!isUlid(personId)) throw new FaceError('personNotFound')
      return addToKnown(collection, { personId, faces }, transaction)
    }, personId)
  }

  async function addToKnown(
    collection: Collection,
    {
      personId,
      faces,
      transitions = [],
    }: {
      readonly personId: string
      readonly faces: readonly NewFace[]
      readonly transitions?: readonly Transition[]
    },
    transaction: Transaction,
  ): Promise<Enrolled> {
    const collectionId = collection.id
    const given = faces.map((face) => toWrittenFace(collection, personId, face))
    const found = [...(await findBySource(context, given, transaction)).values()]
    const stored = await toFaces(context, collection, { found, transaction })
    const imageHashes = faces.map(({ imageHash }) => imageHash)
    const images = { personId, imageHashes, transaction }
    const aside = await findAsideBySource(context, collection, images)
    const known = new Map([...aside, ...stored].map((face) => [toSource(face), face]))
    const { added, answers } = splitKnownFromNew(given, known)
    const increase = { _id: personId, faces: added.length }
    const person = await increaseFaceCount(collectionId, increase, transaction)
    if (added.length > 0) {
      assertMayEnroll(collection.consent, person.consent, context.now())
      await insertFaces(context, { collectionId, faces: added }, transaction)
    }
    const changes = [...transitions, ...toTransitions(added)]
    if (changes.length > 0) {
      await addToCounts(context, collectionId, { transaction, persons: 0, faces: added.length })
    }
    const kind = toEnrolmentKind(added.length, false)
    const enrolment = { kind, transitions: changes, transaction }
    const entry = await appendEntry(context, collectionId, enrolment)
    if (added.length > 0) {
      const removal = { collectionId, entryId: entry?.id, transaction }
      await revokeOwnRejections(context, removal, [personId])
    }
    const answer = await toOnePerson(context, person, transaction)
    return { person: answer, newPerson: false, faces: answers, ...toEntryId(entry) }
  }

  async function increaseFaceCount(
    collectionId: string,
    { _id, faces }: { readonly _id: string; readonly faces: number },
    { session }: Transaction,
  ): Promise<PersonDocument> {
    const person = { _id, collectionId }
    // Written only when there is something to count: the write conflicts with those who add faces
    // to the person, or delete it, at the same time, and one of the two is run again.
    const document =
      faces === 0
        ? await tables.persons.findOne(person, { session })
        : await tables.persons.findOneAndUpdate(
            person,
            { $inc: { faceCount: faces } },
            { session, returnDocument: 'after' },
          )
    if (!document) throw new FaceError('personNotFound')
    return document
  }

  return {
    add: (collectionId, person, faces) =>
      typeof person === 'string'
        ? addToPerson(collectionId, person, faces)
        : addWithPerson(collectionId, person, faces),
  }
}

function toTransitions(added: readonly WrittenFace[]): readonly Transition[] {
  return added.map(({ id, personId }) => toFaceChange(id, { to: personId }))
}

/** Tells those to be added from those that are stored, or given a second time. */
function splitKnownFromNew(
  given: readonly WrittenFace[],
  stored: ReadonlyMap<string, Face>,
): { readonly added: readonly WrittenFace[]; readonly answers: Enrolled['faces'] } {
  const known = new Map(stored)
  const added: WrittenFace[] = []
  const answers = given.map((face) => {
    const source = toSource(face)
    const same = known.get(source)
    if (same) return { ...same, alreadyEnrolled: true }
    const { embeddings: _embeddings, crop: _crop, ...answer } = face
    known.set(source, answer)
    added.push(face)
    return { ...answer, alreadyEnrolled: false }
  })
  return { added, answers }
}
