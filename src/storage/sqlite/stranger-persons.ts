import type { UndoPlan } from '../rules/undo.ts'
import type { StoreContext } from './context.ts'
import { readText } from './rows.ts'
import { nextRevision, removeStranger } from './stranger-rows.ts'

// [Note: Assigned strangers]
// A stranger that was assigned is anchored to the first face that was enrolled for it, or to the person
// where none was. When an undo takes the anchor away, the stranger is one again; when it puts the anchor
// back, the stranger is the person again. So assigning is taken back with its entry of the history.

/** Lets strangers follow what an undo does to persons and faces, [Note: Assigned strangers]. */
export function followUndo(
  context: StoreContext,
  collectionId: string,
  plan: Pick<UndoPlan, 'removedFaces' | 'removedPersons' | 'restoredFaces' | 'restoredPersons'>,
): void {
  const { db } = context
  const removed = [...plan.removedFaces.map(({ id }) => id), ...plan.removedPersons]
  const restored = [
    ...plan.restoredFaces,
    ...plan.restoredPersons.map((id) => ({ id, personId: id })),
  ]
  const anchored = db.get(
    'SELECT 1 FROM strangers WHERE anchor_id IN (SELECT value FROM json_each(?)) LIMIT 1',
    [JSON.stringify([...removed, ...restored.map(({ id }) => id)])],
  )
  if (!anchored) return
  const revision = nextRevision(context, collectionId)
  db.run(
    "UPDATE strangers SET status = 'shown', person_id = NULL, revision = ? " +
      "WHERE status = 'assigned' AND anchor_id IN (SELECT value FROM json_each(?))",
    [revision, JSON.stringify(removed)],
  )
  for (const { id, personId } of restored) {
    db.run(
      "UPDATE strangers SET status = 'assigned', person_id = ?, like_id = NULL, revision = ? " +
        "WHERE anchor_id = ? AND status <> 'assigned'",
      [personId, revision, id],
    )
  }
}

/** Erases the strangers who turned out to be these persons, with their sightings. */
export function eraseStrangersOf(context: StoreContext, personIds: Iterable<string>): void {
  const rows = context.db.all(
    'SELECT id, collection_id FROM strangers WHERE person_id IN (SELECT value FROM json_each(?))',
    [JSON.stringify([...personIds])],
  )
  for (const row of rows) {
    nextRevision(context, readText(row, 'collection_id'))
    removeStranger(context, readText(row, 'id'))
  }
}
