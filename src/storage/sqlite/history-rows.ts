import type { HistoryDetails, HistoryEntry, Transition } from '../ports/history.ts'
import { toHistoryEvent } from '../rules/audit.ts'
import { maxDepth } from '../rules/depth.ts'
import { summarizeTransitions, withoutPersons } from '../rules/history.ts'
import type { StoreContext } from './context.ts'
import type { Connection, SqlRow } from './libsql.ts'
import { readJson, readNumber, readText } from './rows.ts'

/** Where removed rows go; without an entry they are erased. */
export interface Removal {
  readonly collectionId: string
  readonly entryId?: string | undefined
  /**
   * What a face is in the trash, see [Note: Set-aside] in ports/set-aside.ts; default `face`. What was
   * said of one that is set aside is kept as long as the face.
   */
  readonly record?: 'face' | 'setAside'
}

export const entryColumns: string =
  'id, collection_id, kind, at, actor, person_ids, faces, undoes, undone_by'

export function readEntry(row: SqlRow): HistoryEntry {
  return {
    id: readText(row, 'id'),
    kind: readText(row, 'kind') as HistoryEntry['kind'],
    at: readText(row, 'at'),
    actor: readJson(row, 'actor'),
    personIds: readJson(row, 'person_ids'),
    faceCount: readNumber(row, 'faces'),
    ...(row.undoes === null ? {} : { undoes: readText(row, 'undoes') }),
    ...(row.undone_by === null ? {} : { undoneBy: readText(row, 'undone_by') }),
  }
}

/** The values of a person's fields have as many levels as metadata may have, and are three levels deep. */
export function readTransitions(row: SqlRow): readonly Transition[] {
  return readJson(row, 'transitions', maxDepth + 3)
}

/**
 * Writes an entry; part of the transaction of the change that it tells of.
 *
 * @returns the entry; `undefined` when nothing was changed
 */
export function appendEntry(
  context: StoreContext,
  collectionId: string,
  {
    kind,
    transitions,
    undoes,
  }: Pick<HistoryDetails, 'kind' | 'transitions'> & { readonly undoes?: string },
): HistoryDetails | undefined {
  if (transitions.length === 0) return undefined
  const { db } = context
  const { personIds, faceCount } = summarizeTransitions(transitions)
  const entry: HistoryDetails = {
    ...{ id: context.newId(), kind, at: context.now(), actor: context.caller().actor },
    ...{ personIds, faceCount },
    ...(undoes === undefined ? {} : { undoes }),
    transitions,
  }
  db.run(
    `INSERT INTO history (${entryColumns}, transitions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)`,
    [
      ...[entry.id, collectionId, kind, entry.at, JSON.stringify(entry.actor)],
      ...[JSON.stringify(personIds), faceCount, undoes ?? null, JSON.stringify(transitions)],
    ],
  )
  for (const personId of personIds) {
    db.run('INSERT INTO history_persons (person_id, entry_id) VALUES (?, ?)', [personId, entry.id])
  }
  context.note(toHistoryEvent(collectionId, entry))
  return entry
}

/** Removes what the history says of persons who are erased, beyond ids and times. */
export function scrubHistory(
  db: Pick<Connection, 'all' | 'run'>,
  personIds: ReadonlySet<string>,
): void {
  for (const personId of personIds) {
    const rows = db.all(
      'SELECT h.id, h.transitions FROM history_persons p JOIN history h ON h.id = p.entry_id ' +
        'WHERE p.person_id = ?',
      [personId],
    )
    for (const row of rows) {
      const text = readText(row, 'transitions')
      const transitions = readTransitions(row)
      const scrubbed = JSON.stringify(withoutPersons(transitions, new Set([personId])))
      if (scrubbed === text) continue
      db.run('UPDATE history SET transitions = ? WHERE id = ?', [scrubbed, readText(row, 'id')])
    }
  }
}
