import type { HistoryDetails, HistoryEntry, Transition } from '../ports/history.ts'
import { toHistoryEvent } from '../rules/audit.ts'
import { summarizeTransitions, withoutPersons } from '../rules/history.ts'
import type { MongoContext } from './context.ts'
import { toPlain } from './documents.ts'
import type { HistoryDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

export function toEntry({
  _id: id,
  collectionId: _collectionId,
  transitions: _transitions,
  strangers: _strangers,
  ...rest
}: HistoryDocument): HistoryEntry {
  return { id, ...rest }
}

export function toDetails(document: HistoryDocument): HistoryDetails {
  return { ...toEntry(document), transitions: JSON.parse(document.transitions) }
}

/**
 * Writes an entry; part of the transaction of the change that it tells of, which also writes the counts:
 * that keeps entries from being added to a collection that was deleted, see [Note: Counters] in
 * counters.ts.
 *
 * @returns the entry; `undefined` when nothing was changed
 */
export async function appendEntry(
  { tables, ...context }: MongoContext,
  collectionId: string,
  {
    kind,
    transitions,
    undoes,
    transaction,
  }: {
    readonly kind: HistoryEntry['kind']
    readonly transitions: readonly Transition[]
    readonly undoes?: string
    readonly transaction: Transaction
  },
): Promise<HistoryDetails | undefined> {
  if (transitions.length === 0) return undefined
  const document: HistoryDocument = {
    ...{ _id: context.newId(), collectionId, kind, at: context.now() },
    actor: toPlain(context.caller.actor),
    ...summarizeTransitions(transitions),
    ...(undoes === undefined ? {} : { undoes }),
    transitions: JSON.stringify(transitions),
  }
  await tables.history.insertOne(document, { session: transaction.session })
  const entry = { ...toEntry(document), transitions }
  transaction.notes.push(toHistoryEvent(collectionId, entry))
  return entry
}

/** Removes what the history says of persons who are erased, beyond ids and times. */
export async function scrubHistory(
  { tables }: Pick<MongoContext, 'tables'>,
  collectionId: string,
  {
    personIds,
    transaction: { session },
  }: { readonly personIds: ReadonlySet<string>; readonly transaction: Transaction },
): Promise<void> {
  if (personIds.size === 0) return
  const entries = tables.history.find(
    { collectionId, personIds: { $in: [...personIds] } },
    { session, projection: { transitions: 1 } },
  )
  for await (const { _id, transitions: text } of entries) {
    const transitions = JSON.stringify(withoutPersons(JSON.parse(text), personIds))
    if (transitions === text) continue
    await tables.history.updateOne({ _id }, { $set: { transitions } }, { session })
  }
}
