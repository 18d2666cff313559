import type { HistoryDetails, RemovalOptions, Transition } from '../ports/history.ts'
import type { PersonPatch } from '../ports/persons.ts'
import { refuseUndo, withoutPersons } from '../rules/history.ts'
import { planUndo, splitCover, toUndoRefusal, type UndoFacts } from '../rules/undo.ts'
import { countAside, giveAside } from './aside-faces.ts'
import type { StoreContext } from './context.ts'
import { appendEntry, scrubHistory } from './history-rows.ts'
import { findPersons } from './merges.ts'
import { giveFaces } from './moves.ts'
import { assertFreeExternalId, changePerson, findPerson, withStoredCover } from './persons.ts'
import { readText } from './rows.ts'
import { followUndo } from './stranger-persons.ts'
import {
  readKeptExternalId,
  removeFaces,
  removePersons,
  restoreFace,
  restorePerson,
} from './trash.ts'
import { findSaidOf, restoreRevoked, revokeOwnRejections } from './trashed-statements.ts'

/**
 * Takes an entry back, as {@link import('../ports/history.ts').HistoryStore.undo} says.
 *
 * @returns the new entry
 * @throws {FaceError} `undoRefused`
 */
export function undoEntry(
  context: StoreContext,
  { collectionId, entry }: { readonly collectionId: string; readonly entry: HistoryDetails },
  { undoable = false }: RemovalOptions,
): HistoryDetails {
  const { db } = context
  const plan = planUndo(entry, readFacts(context, collectionId, entry))
  const changed = plan.changedPersons.map(({ person }) => person.id)
  const undoing = appendEntry(context, collectionId, {
    kind: 'undone',
    transitions: undoable
      ? plan.transitions
      : withoutPersons(plan.transitions, new Set([...plan.removedPersons, ...changed])),
    undoes: entry.id,
  })
  if (undoing === undefined) throw refuseUndo('It changed nothing.')
  db.run('UPDATE history SET undone_by = ? WHERE id = ?', [undoing.id, entry.id])
  // As every change that is not kept: earlier entries have what the persons were called, too.
  if (!undoable) scrubHistory(db, new Set(changed))
  const removal = { collectionId, ...(undoable ? { entryId: undoing.id } : {}) }

  followUndo(context, collectionId, { plan, entryId: entry.id, undoingId: undoing.id })
  removeFaces(
    context,
    removal,
    plan.removedFaces.map(({ id }) => id),
  )
  removeFaces(
    context,
    { collectionId, entryId: undoing.id, record: 'setAside' },
    plan.setAsideFaces.map(({ id }) => id),
  )
  giveAside(context, plan.movedAside)
  for (const face of plan.movedFaces) assertNotThere(context, { ...face, table: 'faces' })
  giveFaces(context, plan.movedFaces)
  removePersons(context, removal, plan.removedPersons)
  const change = (pick: (patch: PersonPatch) => PersonPatch): void => {
    for (const { person, fields } of plan.changedPersons) {
      const patch = pick(fields)
      if (Object.keys(patch).length === 0) continue
      const present = findPerson(context, collectionId, person.id)
      changePerson(context, collectionId, { person: present, patch, isUndo: true })
    }
  }
  try {
    change((patch) => splitCover(patch).fields)
    for (const id of plan.restoredPersons) {
      const externalId = readKeptExternalId(context, id)
      assertFreeExternalId(context, collectionId, { id, externalId })
      restorePerson(context, removal, id)
    }
  } catch (error) {
    throw toUndoRefusal(error)
  }
  for (const face of plan.returnedFaces) assertNotThere(context, { ...face, table: 'faces' })
  giveFaces(context, plan.returnedFaces)
  const back = [...plan.restoredFaces, ...plan.takenBack]
  for (const { id, personId } of back) {
    assertNotThere(context, { id, personId, table: 'trash' })
    restoreFace(context, removal, id)
  }
  restoreRevoked(context, entry.id)
  const given = [...plan.movedFaces, ...plan.returnedFaces, ...back]
  const backIds = back.map(({ id }) => id)
  revokeOwnRejections(context, removal, [
    ...given.map(({ personId }) => personId),
    ...findSaidOf(context, backIds),
  ])
  try {
    change((patch) => splitCover(patch).cover)
  } catch (error) {
    throw toUndoRefusal(error)
  }
  return undoing
}

/** Another face of the person may be of the same place in the same image. */
function assertNotThere(
  { db }: StoreContext,
  {
    id,
    personId,
    table,
  }: { readonly id: string; readonly personId: string; readonly table: 'faces' | 'trash' },
): void {
  const source =
    table === 'faces'
      ? 'SELECT image_hash, box FROM faces WHERE id = ?'
      : "SELECT stored ->> 'image_hash' AS image_hash, stored ->> 'box' AS box FROM trash WHERE id = ?"
  const same = db.get(
    `SELECT f.id FROM (${source}) s JOIN faces f ON f.image_hash = s.image_hash AND f.box = s.box ` +
      'WHERE f.person_id = ? AND f.id <> ?',
    [id, personId, id],
  )
  if (same !== undefined) {
    throw refuseUndo('The person has another face of the same photograph by now.', { personId })
  }
}

function readFacts(
  context: StoreContext,
  collectionId: string,
  { transitions, personIds }: HistoryDetails,
): UndoFacts {
  const { db } = context
  const faces = new Map<string, string>()
  const kept = new Set<string>()
  for (const id of new Set([...personIds, ...transitions.map((transition) => transition.id)])) {
    if (db.get('SELECT 1 FROM trash WHERE id = ?', [id])) kept.add(id)
  }
  for (const { record, id } of transitions) {
    const row = record === 'face' && db.get('SELECT person_id FROM faces WHERE id = ?', [id])
    if (row) faces.set(id, readText(row, 'person_id'))
  }
  const found = [...findPersons(context, collectionId, personIds).values()]
  const persons = new Map(found.map((person) => [person.id, withStoredCover(context, person)]))
  return {
    ...{ persons, faces, kept, aside: readAsideOf(context, transitions) },
    asideCounts: countAside(context, [...persons.keys()]),
  }
}

/** The persons, who are there, of those of an entry's faces that are set aside. */
function readAsideOf(
  { db }: StoreContext,
  transitions: readonly Transition[],
): ReadonlyMap<string, string> {
  const ids = transitions.flatMap(({ record, id }) => (record === 'face' ? [id] : []))
  const rows = db.all(
    "SELECT t.id, t.person_id FROM trash t WHERE t.record = 'setAside' " +
      'AND t.id IN (SELECT value FROM json_each(?)) ' +
      'AND EXISTS (SELECT 1 FROM persons p WHERE p.id = t.person_id)',
    [JSON.stringify(ids)],
  )
  return new Map(rows.map((row) => [readText(row, 'id'), readText(row, 'person_id')]))
}
