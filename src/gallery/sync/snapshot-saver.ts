import type { Cursor } from '../../core/types.ts'
import type { VectorIndex } from '../../search/vector-index.ts'

// A snapshot is as large as the index. Writing one when a quarter of it is new keeps the bytes
// written over a bulk enrolment at about five times the final size; replaying is cheap (tens of
// thousands of changes a second).
const minChanges = 1000
const minShare = 0.25
/** A quiet index is saved this long after its first change. */
const saveAfterMs = 300_000
/**
 * After an erasure the snapshot is written again this much later at the latest, or after so many
 * times what the last writing took, which keeps steady erasures from writing all the time.
 */
const saveAfterRemovalMs = { least: 1000, timesLastSave: 10, most: 30_000 }

export interface NoteOptions {
  /** The snapshot may hold an embedding that was erased. */
  readonly removal: boolean
  /** It may have held it for long already: it is written as soon as possible. */
  readonly overdue?: boolean
}

/** Decides when one index's snapshot is written, and writes it. */
export interface SnapshotSaver {
  /** The index has changes that its snapshot does not. */
  note(changes: number, options?: NoteOptions): void
  /** Begins to write when it is time; what is applied meanwhile may be in the snapshot, too, and is replayed. */
  saveWhenDue(index: VectorIndex, cursor: Cursor): Promise<void>
  /** Writes now, if there is anything new; a failure is reported, not thrown. */
  save(index: VectorIndex, cursor: Cursor): Promise<void>
  /** Resolves when nothing is being written. */
  idle(): Promise<void>
}

/** Creates the saver of an index that equals its snapshot. @param onError a snapshot was not written */
export function createSnapshotSaver(onError: (error: unknown) => void): SnapshotSaver {
  let changes = 0
  let since: number | undefined
  let removedSince: number | undefined
  let lastSaveMs = 0
  let saving: Promise<void> | undefined

  function note(count: number, { removal, overdue }: NoteOptions = { removal: false }): void {
    if (count === 0) return
    changes += count
    since ??= performance.now()
    if (overdue) removedSince = Number.NEGATIVE_INFINITY
    else if (removal) removedSince ??= performance.now()
  }

  async function save(index: VectorIndex, cursor: Cursor): Promise<void> {
    await saving
    if (changes === 0) return
    changes = 0
    since = undefined
    const removal = removedSince !== undefined
    removedSince = undefined
    const begun = performance.now()
    saving = index
      .save(cursor)
      .catch((error: unknown) => {
        onError(error)
        // One change left over: tried again later, not with the next change, as a full disk stays full.
        note(1, { removal })
        return saveAfterRemovalMs.most
      })
      .then((failedMs) => {
        lastSaveMs = failedMs ?? performance.now() - begun
        saving = undefined
      })
    await saving
  }

  function removalDelayMs(): number {
    const { least, timesLastSave, most } = saveAfterRemovalMs
    return Math.min(most, Math.max(least, timesLastSave * lastSaveMs))
  }

  async function isDue(index: VectorIndex): Promise<boolean> {
    const now = performance.now()
    if (since !== undefined && now - since >= saveAfterMs) return true
    if (removedSince !== undefined && now - removedSince >= removalDelayMs()) return true
    return changes >= minChanges && changes >= minShare * (await index.size().catch(() => 0))
  }

  return {
    note,
    save,
    async saveWhenDue(index, cursor) {
      if (!saving && (await isDue(index))) void save(index, cursor)
    },
    async idle() {
      await saving
    },
  }
}
