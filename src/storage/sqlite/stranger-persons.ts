import type { GivenStranger } from '../rules/strangers.ts'
import type { UndoPlan } from '../rules/undo.ts'
import type { StoreContext } from './context.ts'
import { readJson, readText } from './rows.ts'
import { nextRevision, removeStranger } from './stranger-rows.ts'

// [Note: Assigned strangers]
// A stranger that was assigned is anchored to the first face that was enrolled for it, or to the person
// where none was, and is whoever has the anchor: a face that comes to another person takes the stranger
// along. When an undo takes the anchor away, the stranger is one again; when it puts the anchor back, the
// stranger is the person again. So assigning is taken back with its entry of the history.
//
// A merge gives the survivor also the strangers whose anchor does not come along: a person who is gone, a
// face that was deleted. Its entry keeps which, so that its undo gives them back, and the undo's own
// entry keeps them for the next undo.

/** Gives strangers to those to whom their anchors come, [Note: Assigned strangers]. */
export function followFaces(
  { db }: StoreContext,
  faces: readonly { readonly id: string; readonly personId: string }[],
): void {
  const owners = new Map(faces.map(({ id, personId }) => [id, personId]))
  const anchored = db.all(
    "SELECT id, anchor_id FROM strangers WHERE status = 'assigned' " +
      'AND anchor_id IN (SELECT value FROM json_each(?))',
    [JSON.stringify([...owners.keys()])],
  )
  for (const row of anchored) {
    const personId = owners.get(readText(row, 'anchor_id')) as string
    db.run('UPDATE strangers SET person_id = ? WHERE id = ?', [personId, readText(row, 'id')])
  }
}

/** Gives the survivor of a merge the strangers of the others, [Note: Assigned strangers]. */
export function mergeStrangers(
  context: StoreContext,
  { entryId, from, to }: MergedStrangers,
): void {
  const given = context.db
    .all(
      "SELECT id, person_id, anchor_id FROM strangers WHERE status = 'assigned' " +
        'AND person_id IN (SELECT value FROM json_each(?))',
      [JSON.stringify(from)],
    )
    .map((row) => ({
      ...{ id: readText(row, 'id'), anchorId: readText(row, 'anchor_id') },
      ...{ from: readText(row, 'person_id'), to },
    }))
  giveStrangers(context, given, entryId)
}

interface MergedStrangers {
  readonly entryId: string
  readonly from: readonly string[]
  readonly to: string
}

/** Writes whose strangers are, and keeps it with the entry that did it. */
function giveStrangers(
  { db }: StoreContext,
  given: readonly GivenStranger[],
  entryId: string,
): void {
  if (given.length === 0) return
  for (const { id, to } of given) {
    db.run('UPDATE strangers SET person_id = ? WHERE id = ?', [to, id])
  }
  db.run('UPDATE history SET strangers = ? WHERE id = ?', [JSON.stringify(given), entryId])
}

/** Those that an entry has given, and who has them still, the other way round. */
function readGivenBack({ db }: StoreContext, entryId: string): readonly GivenStranger[] {
  const row = db.get('SELECT strangers FROM history WHERE id = ? AND strangers IS NOT NULL', [
    entryId,
  ])
  if (!row) return []
  const given: readonly GivenStranger[] = readJson(row, 'strangers')
  return given.flatMap(({ id, anchorId, from, to }) => {
    const sql =
      "SELECT 1 FROM strangers WHERE id = ? AND person_id = ? AND anchor_id = ? AND status = 'assigned'"
    return db.get(sql, [id, to, anchorId]) ? [{ id, anchorId, from: to, to: from }] : []
  })
}

/** Lets strangers follow what an undo does to persons and faces, [Note: Assigned strangers]. */
export function followUndo(
  context: StoreContext,
  collectionId: string,
  {
    plan,
    entryId,
    undoingId,
  }: {
    readonly plan: Pick<
      UndoPlan,
      'removedFaces' | 'removedPersons' | 'restoredFaces' | 'restoredPersons'
    >
    /** The entry that is undone, and the new one. */
    readonly entryId: string
    readonly undoingId: string
  },
): void {
  const { db } = context
  const given = readGivenBack(context, entryId)
  giveStrangers(context, given, undoingId)
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
      "WHERE status = 'assigned' AND anchor_id IN (SELECT value FROM json_each(?)) " +
      'AND id NOT IN (SELECT value FROM json_each(?))',
    [revision, JSON.stringify(removed), JSON.stringify(given.map(({ id }) => id))],
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
