import type { FaceStore, MovedFaces, MoveOptions } from '../ports/faces.ts'
import type { Transition } from '../ports/history.ts'
import type { NewPerson } from '../ports/persons.ts'
import { toFaceChange, toPersonMade, toPersonRemoved } from '../rules/history.ts'
import { assertFaceIds, planMove } from '../rules/moves.ts'
import { isUlid } from '../rules/pages.ts'
import { readAside } from './aside-faces.ts'
import { findCollection, type MongoContext } from './context.ts'
import { addToCounts } from './counters.ts'
import { giveFaces } from './face-owners.ts'
import { toSource } from './face-writes.ts'
import { appendEntry } from './history-documents.ts'
import { forgetLateAnswers, moveAnswers } from './idempotency.ts'
import { revokeOwnRejections } from './own-rejections.ts'
import { toNameTurn } from './person-by-name.ts'
import { toNewPersonDocument, toOnePerson } from './person-documents.ts'
import { findPersonDocument, obtainKnownPerson } from './persons.ts'
import type { FaceDocument, PersonDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { removePersons } from './trash.ts'

interface Target {
  readonly person: PersonDocument
  readonly isNew: boolean
  readonly transitions: readonly Transition[]
}

/** Image and place, which tell faces of one person apart. */
export function toFaceSource(face: FaceDocument): string {
  return toSource({ ...face, personId: '' })
}

/** Moving faces, as {@link FaceStore} says. */
export function createMoveOperations(context: MongoContext): Pick<FaceStore, 'move'> {
  const { faces, persons } = context.tables

  async function obtainTarget(
    collectionId: string,
    to: string | NewPerson,
    transaction: Transaction,
  ): Promise<Target> {
    if (typeof to === 'string') {
      const person = await findPersonDocument(context, collectionId, { personId: to, transaction })
      return { person, isNew: false, transitions: [] }
    }
    const known = await obtainKnownPerson(context, collectionId, { input: to, transaction })
    if (known) {
      return { person: known.document, isNew: false, transitions: known.transitions }
    }
    const person = toNewPersonDocument(context, collectionId, to)
    await persons.insertOne(person, { session: transaction.session })
    const made = toPersonMade({ id: person._id, name: person.name })
    return { person, isNew: true, transitions: [made] }
  }

  async function run(
    { collectionId, faceIds, to }: Parameters,
    { from, removeEmptied = false, undoable = false }: MoveOptions,
    transaction: Transaction,
  ): Promise<Moved> {
    const { session } = transaction
    await findCollection(context, collectionId, transaction)
    const those = { _id: { $in: faceIds.filter(isUlid) }, collectionId }
    const all = await faces.find(those, { session }).toArray()
    const found = all.filter(({ personId }) => from === undefined || personId === from)
    // Refused before a person is made for them.
    if (found.length === 0) planMove(faceIds, new Map(), { personId: '', sources: new Set() })
    const { person, isNew, transitions } = await obtainTarget(collectionId, to, transaction)
    const { _id: personId } = person
    const images = { personId, imageHash: { $in: found.map(({ imageHash }) => imageHash) } }
    const own = isNew ? [] : await faces.find(images, { session }).toArray()
    const outcomes = planMove(
      faceIds,
      new Map(
        found.map((face) => [face._id, { personId: face.personId, source: toFaceSource(face) }]),
      ),
      { personId, sources: new Set(own.map(toFaceSource)) },
    )
    const owners = new Map(found.map((face) => [face._id, face.personId]))
    const moved = outcomes
      .filter(({ outcome }) => outcome === 'moved')
      .map(({ faceId: id }) => ({ id, personId, from: owners.get(id) ?? '' }))
    await giveFaces(context, moved, transaction)
    const sources = [...new Set(moved.map((face) => face.from))]
    const aside = new Set(
      (await readAside(context, sources, transaction)).map((kept) => kept.personId),
    )
    const emptied = await persons
      .find({ _id: { $in: sources.filter((id) => !aside.has(id)) }, faceCount: 0 }, { session })
      .toArray()
    const removed = removeEmptied ? emptied : []
    const entry = await appendEntry(context, collectionId, {
      kind: 'facesMoved',
      transitions: [
        ...transitions,
        ...moved.map(({ id, from: was }) => toFaceChange(id, { from: was, to: personId })),
        ...removed.map(({ _id: id, name }) => toPersonRemoved({ id, name })),
      ],
      transaction,
    })
    const removal = { collectionId, ...(undoable ? { entryId: entry?.id } : {}), transaction }
    if (moved.length > 0) await revokeOwnRejections(context, removal, [personId])
    await removePersons(context, removal, removed)
    const change = Number(isNew) - removed.length
    await addToCounts(context, collectionId, { transaction, persons: change, faces: 0 })
    const wanted = { personId, transaction }
    const target = await findPersonDocument(context, collectionId, wanted)
    const answered = await toOnePerson(context, target, transaction)
    const answer: MovedFaces = {
      ...{ person: answered, newPerson: isNew, faces: outcomes },
      emptied: emptied.map(({ _id }) => _id),
      ...(entry === undefined ? {} : { entryId: entry.id }),
    }
    return { answer, moved, removed: removed.map(({ _id }) => _id) }
  }

  return {
    async move(collectionId, faceIds, to, options = {}) {
      assertFaceIds(faceIds)
      const parameters = { collectionId, faceIds, to }
      const { answer, moved, removed } = await context.transact(
        (transaction) => run(parameters, options, transaction),
        typeof to === 'string' ? to : toNameTurn(collectionId, to),
      )
      await moveAnswers(context, { faces: moved, persons: [] })
      if (removed.length > 0) await forgetLateAnswers(context, removed)
      return answer
    },
  }
}

interface Parameters {
  readonly collectionId: string
  readonly faceIds: readonly string[]
  readonly to: string | NewPerson
}

interface Moved {
  readonly answer: MovedFaces
  readonly moved: readonly { readonly id: string; readonly personId: string }[]
  readonly removed: readonly string[]
}
