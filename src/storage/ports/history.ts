import type { Actor } from '../../core/actor.ts'
import type { Page, PageOptions } from './pages.ts'

// [Note: Trash]
// What is deleted leaves the tables that everybody reads, at once and with everything that follows a
// deletion: counts, kept answers, the change feed. It is kept apart, as it was, with the entry of the
// history that can put it back; nothing but an undo reads it. So no list, search or export has to know
// of the trash, and what is put back is bit for bit what was removed, with its ids.

/** What was done, in the words of the use cases. */
export const historyKinds = [
  'personCreated',
  'personUpdated',
  'personDeleted',
  'personsMerged',
  'facesAdded',
  'facesMoved',
  'faceDeleted',
  'facesSetAside',
  'facesRestored',
  'undone',
] as const
/** What an entry's call did. */
export type HistoryKind = (typeof historyKinds)[number]

/** What kinds of records an entry tells of. */
export const historyRecords = ['person', 'face'] as const
/** A kind of record that an entry tells of. */
export type HistoryRecord = (typeof historyRecords)[number]

/**
 * What of a record matters to an entry: of a person those fields that changed, `null` for one that has
 * no value; of a face its `personId`, and `setAside` where it is. `null` where the record was not there. Of a person who was made or
 * deleted it has the name alone, and nothing once the person was erased.
 */
export type RecordState = Readonly<Record<string, unknown>> | null

/** How a record was, and what it became. */
export interface Transition {
  readonly record: HistoryRecord
  readonly id: string
  readonly before: RecordState
  readonly after: RecordState
}

/** One change of persons and faces: what one call did, as a whole. */
export interface HistoryEntry {
  /** ULID; later entries have greater ones, as far as the clocks of several nodes agree. */
  readonly id: string
  readonly kind: HistoryKind
  /** ISO 8601, UTC. */
  readonly at: string
  readonly actor: Actor
  /** Whose records, or faces, were changed. */
  readonly personIds: readonly string[]
  /** How many faces were added, moved or removed. */
  readonly faceCount: number
  /** The entry that this one takes back. */
  readonly undoes?: string
  /** The entry that takes this one back. */
  readonly undoneBy?: string
}

/** An entry with everything that it changed. */
export interface HistoryDetails extends HistoryEntry {
  readonly transitions: readonly Transition[]
}

/** How a removal is done. */
export interface RemovalOptions {
  /**
   * What is removed is kept with its history entry, out of every search and list, so that it can be put
   * back until `HistoryStore.eraseTrash` ends that. Default: it is erased at once, with what the
   * history says of it beyond ids and times.
   */
  readonly undoable?: boolean
}

/** What the history has of a removal. */
export interface Recorded {
  /** Its entry; absent where only what was removed before is erased. */
  readonly entryId?: string | undefined
}

/**
 * The changes of persons and faces, each written in the transaction of its change. What a transfer
 * restores is not a change: it begins a gallery's history.
 */
export interface HistoryStore {
  /** Newest first. `personId`: only entries about this person, who need not be there any more. */
  list(
    collectionId: string,
    options?: PageOptions & { readonly personId?: string },
  ): Promise<Page<HistoryEntry>>
  /** @throws {FaceError} `historyEntryNotFound` */
  get(collectionId: string, entryId: string): Promise<HistoryDetails>
  /**
   * Takes an entry back, as a whole or not at all, which is an entry of its own: taking that one back
   * does again what was undone. Fields that others changed since stay as they are, where the entry did
   * not change them.
   *
   * @returns the new entry
   * @throws {FaceError} `historyEntryNotFound`; `undoRefused` with the reason when the entry was undone,
   *   or what it needs is not as the entry left it
   */
  undo(collectionId: string, entryId: string, options?: RemovalOptions): Promise<HistoryDetails>
  /**
   * Erases what was removed before a time, with what the history says of it beyond ids and times.
   *
   * @returns how many persons and faces were erased, at most `limit`; fewer when there are no more
   */
  eraseTrash(removedBefore: string, limit: number): Promise<number>
  /**
   * Removes entries of before a time that keep nothing for an undo.
   *
   * @returns how many, at most `limit`; fewer when there are no more
   */
  expire(before: string, limit: number): Promise<number>
}
