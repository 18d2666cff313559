import type { FaceStore } from '../ports/faces.ts'
import type { Person } from '../ports/persons.ts'
import { toFaceChange, toPersonRemoved } from '../rules/history.ts'
import { assertFaceIds, type MovableFace, planMove } from '../rules/moves.ts'
import { isUlid } from '../rules/pages.ts'
import { countAside } from './aside-faces.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { appendEntry } from './history-rows.ts'
import { moveAnswers } from './idempotency.ts'
import { moveJobItems } from './job-items.ts'
import { findPerson, obtainPerson } from './persons.ts'
import { readText } from './rows.ts'
import { followFaces } from './stranger-persons.ts'
import { removePersons } from './trash.ts'
import { revokeOwnRejections } from './trashed-statements.ts'

/** The place of a face in the image it came from. */
export const sourceColumn = "image_hash || ' ' || box AS source"

/** Image and place of the faces of a person. */
export function readSources({ db }: StoreContext, personId: string): ReadonlySet<string> {
  const rows = db.all(`SELECT ${sourceColumn} FROM faces WHERE person_id = ?`, [personId])
  return new Set(rows.map((row) => readText(row, 'source')))
}

/** Gives faces to other persons, with what is told of them; the counts follow by themselves. */
export function giveFaces(
  context: StoreContext,
  faces: readonly { readonly id: string; readonly from: string; readonly personId: string }[],
): void {
  for (const { id, personId } of faces) {
    context.db.run('UPDATE faces SET person_id = ? WHERE id = ?', [personId, id])
  }
  followFaces(context, faces)
  moveAnswers(context, { faces, persons: [] })
  moveJobItems(context, faces)
}

/** Moving faces, as {@link FaceStore} says. */
export function createMoveOperations(context: StoreContext): Synchronous<Pick<FaceStore, 'move'>> {
  const { db } = context

  function readFaces(
    collectionId: string,
    faceIds: readonly string[],
    from: string | undefined,
  ): ReadonlyMap<string, MovableFace> {
    const faces = new Map<string, MovableFace>()
    for (const id of faceIds.filter(isUlid)) {
      const row = db.get(
        `SELECT person_id, ${sourceColumn} FROM faces WHERE id = ? AND collection_id = ?`,
        [id, collectionId],
      )
      if (!row) continue
      const face = { personId: readText(row, 'person_id'), source: readText(row, 'source') }
      if (from === undefined || face.personId === from) faces.set(id, face)
    }
    return faces
  }

  return {
    move(collectionId, faceIds, to, { from, removeEmptied = false, undoable = false } = {}) {
      assertFaceIds(faceIds)
      findCollection(context, collectionId)
      const faces = readFaces(collectionId, faceIds, from)
      const target =
        typeof to === 'string' || faces.size === 0
          ? { person: findTarget(context, collectionId, to), isNew: false, transitions: [] }
          : obtainPerson(context, collectionId, to)
      const personId = target.person?.id ?? ''
      const outcomes = planMove(faceIds, faces, {
        personId,
        sources: readSources(context, personId),
      })
      const moved = outcomes
        .filter(({ outcome }) => outcome === 'moved')
        .map(({ faceId: id }) => ({ id, personId, from: faces.get(id)?.personId ?? '' }))
      giveFaces(context, moved)
      const sources = [...new Set(moved.map((face) => face.from))]
      const aside = countAside(context, sources)
      const emptied = sources
        .map((id) => findPerson(context, collectionId, id))
        .filter(({ id, faceCount }) => faceCount === 0 && !aside.has(id))
      const removed: readonly Person[] = removeEmptied ? emptied : []
      const entry = appendEntry(context, collectionId, {
        kind: 'facesMoved',
        transitions: [
          ...target.transitions,
          ...moved.map(({ id, from: was }) => toFaceChange(id, { from: was, to: personId })),
          ...removed.map(toPersonRemoved),
        ],
      })
      const removal = { collectionId, ...(undoable ? { entryId: entry?.id } : {}) }
      if (moved.length > 0) revokeOwnRejections(context, removal, [personId])
      removePersons(
        context,
        removal,
        removed.map(({ id }) => id),
      )
      return {
        person: findPerson(context, collectionId, personId),
        newPerson: target.isNew,
        faces: outcomes,
        emptied: emptied.map(({ id }) => id),
        ...(entry === undefined ? {} : { entryId: entry.id }),
      }
    },
  }
}

/** The person who is named by id; nobody is made for faces that are not there. */
function findTarget(context: StoreContext, collectionId: string, to: unknown): Person | undefined {
  return typeof to === 'string' ? findPerson(context, collectionId, to) : undefined
}
