import { FaceError } from '../../core/errors.ts'
import type { HistoryDetails, RemovalOptions } from '../ports/history.ts'
import type { PersonPatch } from '../ports/persons.ts'
import { refuseUndo, withoutPersons } from '../rules/history.ts'
import { isUlid } from '../rules/pages.ts'
import { countBy, planUndo, splitCover, toUndoRefusal, type UndoPlan } from '../rules/undo.ts'
import { giveAside, readAside } from './aside-faces.ts'
import { findCollection, type MongoContext } from './context.ts'
import { addToCounts } from './counters.ts'
import { addToFaceCounts, giveFaces } from './face-owners.ts'
import { findBySource, toSource } from './face-writes.ts'
import { appendEntry, scrubHistory, toDetails } from './history-documents.ts'
import { forgetLateAnswers, moveAnswers, retellAnswers } from './idempotency.ts'
import { findSaidOf, revokeOwnRejections } from './own-rejections.ts'
import { toPersons } from './person-documents.ts'
import { changePerson, findPersonDocument, withStoredCover } from './persons.ts'
import { followUndo } from './stranger-persons.ts'
import type { FaceDocument, PersonDocument, TrashDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { removeFaces, removePersons, restoreFaces, restorePersons } from './trash.ts'
import { restoreRevoked } from './trashed-statements.ts'

interface Facts {
  readonly persons: readonly PersonDocument[]
  readonly faces: readonly FaceDocument[]
  readonly kept: readonly TrashDocument[]
  /** Ids of those persons whose faces were set aside and who are there. */
  readonly owners: ReadonlySet<string>
  readonly asideCounts: ReadonlyMap<string, number>
}

/**
 * Takes an entry back, as {@link import('../ports/history.ts').HistoryStore.undo} says.
 *
 * @returns the new entry
 */
export async function undoEntry(
  context: MongoContext,
  { collectionId, entryId }: { readonly collectionId: string; readonly entryId: string },
  { undoable = false }: RemovalOptions,
): Promise<HistoryDetails> {
  const { tables } = context
  if (!isUlid(entryId)) throw new FaceError('historyEntryNotFound')

  async function changePersons(
    { changedPersons }: UndoPlan,
    {
      pick,
      transaction,
    }: {
      readonly pick: (patch: PersonPatch) => PersonPatch
      readonly transaction: Transaction
    },
  ): Promise<void> {
    for (const { person, fields } of changedPersons) {
      const patch = pick(fields)
      if (Object.keys(patch).length === 0) continue
      const wanted = { personId: person.id, transaction }
      const document = await findPersonDocument(context, collectionId, wanted)
      await changePerson(context, { document, patch, isUndo: true }, transaction)
    }
  }

  async function run(transaction: Transaction) {
    const { session } = transaction
    const collection = await findCollection(context, collectionId, transaction)
    const document = await tables.history.findOne({ _id: entryId, collectionId }, { session })
    if (!document) throw new FaceError('historyEntryNotFound')
    const entry = toDetails(document)
    const facts = await readFacts(context, entry, transaction)
    const present = await toPersons(context, facts.persons, transaction)
    const plan = planUndo(entry, {
      persons: new Map(
        present.map((person, i) => [
          person.id,
          withStoredCover(person, facts.persons[i] as PersonDocument),
        ]),
      ),
      faces: new Map(facts.faces.map((face) => [face._id, face.personId])),
      kept: new Set(facts.kept.map(({ _id }) => _id)),
      aside: new Map(
        facts.kept
          .filter(({ record, personId }) => record === 'setAside' && facts.owners.has(personId))
          .map(({ _id, personId }) => [_id, personId]),
      ),
      asideCounts: facts.asideCounts,
    })
    await assertNotThere(context, { plan, facts }, transaction)
    const changed = plan.changedPersons.map(({ person }) => person.id)
    const undoing = await appendEntry(context, collectionId, {
      kind: 'undone',
      transitions: undoable
        ? plan.transitions
        : withoutPersons(plan.transitions, new Set([...plan.removedPersons, ...changed])),
      undoes: entryId,
      transaction,
    })
    if (undoing === undefined) throw refuseUndo('It changed nothing.')
    // Of two who undo it at once, one conflicts here and is refused when it is run again.
    const undone = { $set: { undoneBy: undoing.id } }
    await tables.history.updateOne({ _id: entryId }, undone, { session })
    // As every change that is not kept: earlier entries have what the persons were called, too.
    const scrubbed = new Set(undoable ? [] : changed)
    await scrubHistory(context, collectionId, { personIds: scrubbed, transaction })
    const removal = { collectionId, ...(undoable ? { entryId: undoing.id } : {}), transaction }

    const entries = { entryId, undoingId: undoing.id }
    await followUndo(context, { plan, ...entries }, { collectionId, transaction })
    const removedFaces = new Set(plan.removedFaces.map(({ id }) => id))
    await removeFaces(
      context,
      removal,
      facts.faces.filter(({ _id }) => removedFaces.has(_id)),
    )
    await addToFaceCounts(
      context,
      plan.removedFaces.map(({ personId }) => ({ personId, faces: -1 })),
      transaction,
    )
    const again = new Set(plan.setAsideFaces.map(({ id }) => id))
    await removeFaces(
      context,
      { collectionId, entryId: undoing.id, record: 'setAside', transaction },
      facts.faces.filter(({ _id }) => again.has(_id)),
    )
    await addToFaceCounts(
      context,
      plan.setAsideFaces.map(({ personId }) => ({ personId, faces: -1 })),
      transaction,
    )
    await giveAside(context, plan.movedAside, transaction)
    await giveFaces(context, plan.movedFaces, transaction)
    const removedPersons = new Set(plan.removedPersons)
    await removePersons(
      context,
      removal,
      facts.persons.filter(({ _id }) => removedPersons.has(_id)),
    )
    await changePersons(plan, { pick: (patch) => splitCover(patch).fields, transaction })
    await restorePersons(context, removal, plan.restoredPersons)
    await giveFaces(context, plan.returnedFaces, transaction)
    const back = [...plan.restoredFaces, ...plan.takenBack]
    const backIds = new Set(back.map(({ id }) => id))
    const kept = facts.kept.filter(({ _id }) => backIds.has(_id))
    await restoreFaces(context, removal, { collection, kept })
    await addToFaceCounts(
      context,
      back.map(({ personId }) => ({ personId, faces: 1 })),
      transaction,
    )
    await restoreRevoked(context, entryId, { collectionId, transaction })
    const given = [...plan.movedFaces, ...plan.returnedFaces, ...back]
    await revokeOwnRejections(context, removal, [
      ...given.map(({ personId }) => personId),
      ...(await findSaidOf(context, [...backIds], transaction)),
    ])
    await changePersons(plan, { pick: (patch) => splitCover(patch).cover, transaction })
    await addToCounts(context, collectionId, {
      transaction,
      persons: plan.restoredPersons.length - plan.removedPersons.length,
      faces: back.length - plan.removedFaces.length - plan.setAsideFaces.length,
    })
    return { undoing, plan }
  }

  const { undoing, plan } = await context
    .transact(run, entryId)
    .catch((error: unknown) => Promise.reject(toUndoRefusal(error)))
  const goneFaces = [...plan.removedFaces, ...plan.setAsideFaces].map(({ id }) => id)
  const gone = [...plan.removedPersons, ...goneFaces]
  if (gone.length > 0) await forgetLateAnswers(context, gone)
  const moved = [...plan.movedFaces, ...plan.returnedFaces]
  await moveAnswers(context, { faces: moved, persons: [] })
  const changed = plan.changedPersons.map(({ person }) => person.id)
  const persons = await tables.persons.find({ _id: { $in: changed } }).toArray()
  for (const person of await toPersons(context, persons)) await retellAnswers(context, person)
  return undoing
}

async function readFacts(
  context: MongoContext,
  { personIds, transitions }: HistoryDetails,
  transaction: Transaction,
): Promise<Facts> {
  const { tables } = context
  const { session } = transaction
  const ids = [...new Set([...personIds, ...transitions.map(({ id }) => id)])]
  const those = { _id: { $in: ids } }
  const kept = await tables.trash.find(those, { session }).toArray()
  const persons = await tables.persons.find(those, { session }).toArray()
  const faces = await tables.faces.find(those, { session }).toArray()
  const found = persons.map(({ _id }) => _id)
  const asideCounts = countBy(
    (await readAside(context, found, transaction)).map((aside) => aside.personId),
  )
  const owners = await readOwners(context, kept, transaction)
  return { persons, faces, kept, owners, asideCounts }
}

/** Ids of the persons, who are there, of faces that are set aside. */
async function readOwners(
  { tables }: MongoContext,
  kept: readonly TrashDocument[],
  { session }: Transaction,
): Promise<ReadonlySet<string>> {
  const ids = kept.filter(({ record }) => record === 'setAside').map(({ personId }) => personId)
  if (ids.length === 0) return new Set()
  const found = await tables.persons
    .find({ _id: { $in: ids } }, { session, projection: { _id: 1 } })
    .toArray()
  return new Set(found.map(({ _id }) => _id))
}

/** @throws {FaceError} `undoRefused` when a person has another face of the same place in the same image */
async function assertNotThere(
  context: MongoContext,
  { plan, facts }: { readonly plan: UndoPlan; readonly facts: Facts },
  transaction: Transaction,
): Promise<void> {
  const documents = new Map(facts.faces.map((face) => [face._id, face]))
  for (const { face } of facts.kept) if (face) documents.set(face._id, face)
  const moved = [...plan.movedFaces, ...plan.returnedFaces]
  const coming = [...moved, ...plan.restoredFaces, ...plan.takenBack].flatMap(
    ({ id, personId }) => {
      const face = documents.get(id)
      return face ? [{ ...face, personId }] : []
    },
  )
  if (coming.length === 0) return
  const going = [...plan.removedFaces, ...plan.setAsideFaces, ...moved]
  const leaving = new Set(going.map(({ id }) => id))
  const there = await findBySource(context, coming, transaction)
  for (const face of coming) {
    const same = there.get(toSource(face))
    if (same === undefined || same._id === face._id || leaving.has(same._id)) continue
    throw refuseUndo('The person has another face of the same photograph by now.', {
      personId: face.personId,
    })
  }
}
