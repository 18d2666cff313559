import { FaceError, isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import type { Logger } from '../../platform/logger.ts'
import type { VectorIndexProvider } from '../../search/vector-index.ts'
import type { Database } from '../../storage/database.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Change } from '../../storage/ports/feed.ts'
import { applyChanges, type LoadedIndex, loadIndex, toSnapshotCursor } from './index-loader.ts'
import { createSnapshotSaver, type SnapshotSaver } from './snapshot-saver.ts'

/** The part of a collection that its index needs. */
export type IndexedCollection = Pick<Collection, 'id' | 'dimension'>

/**
 * The indexes of the collections. All but `get`, `has`, `invalidate` and `ready` are called one at a time: the
 * sync's queue does that.
 */
export interface OpenIndexes {
  /** Undefined while the index is lost or not open, and then nothing is searched. */
  get(collectionId: string): LoadedIndex | undefined
  /** Whether it was opened, though it may be lost. */
  has(collectionId: string): boolean
  /** Whether no index was opened yet. */
  isEmpty(): boolean
  /** Loads the index unless it is. @throws {FaceError} `notReady` shortly after a failure; what the load throws */
  open(collection: IndexedCollection): Promise<LoadedIndex>
  /** Applies changes of one collection; loads the index again when that fails. Does not throw. */
  apply(collectionId: string, changes: readonly Change[]): Promise<void>
  /** Removes the index and its snapshot. Does not throw. */
  drop(collection: IndexedCollection): Promise<void>
  /** Drops the indexes of all other collections. */
  closeOthers(collectionIds: ReadonlySet<string>): Promise<void>
  /** Notes that the index which `get` gave is lost; nothing happens when it was loaded again since. */
  invalidate(collectionId: string, loaded: LoadedIndex): void
  invalidateAll(): void
  /** Loads lost indexes again, when it is time for another attempt. Does not throw. */
  reopenInvalid(): Promise<void>
  /** Writes snapshots, as of `cursor`: those that are due, without waiting; or all that have something new. */
  saveWhenDue(cursor: Cursor): Promise<void>
  saveAll(cursor: Cursor): Promise<void>
  /** Writes this collection's snapshot in any case. */
  save(collectionId: string, cursor: Cursor): Promise<void>
  ready(): boolean
  /** Why an index that is not loaded could not be; undefined while it is being loaded. */
  failure(): unknown
  failureCounts(): IndexFailureCounts
}

/** Counted since the start. */
export interface IndexFailureCounts {
  /** Indexes that were built from the store, as their snapshot was missing, damaged or outdated. */
  readonly rebuilds: number
  /** Snapshots that could not be written. */
  readonly snapshotFailures: number
}

interface Entry {
  readonly collection: IndexedCollection
  /** A new object with every load. */
  loaded: LoadedIndex | undefined
  readonly snapshots: SnapshotSaver
  /** Time of the next attempt after a failed one; milliseconds of a clock that never jumps. */
  retryAt: number
  /** Error of the last attempt to load it. */
  failure: unknown
}

const retryAfterMs = 5000

/** Creates an empty set of indexes. @param onRebuild as in `IndexSyncOptions`; what it throws ends the load */
export function createOpenIndexes(deps: {
  readonly store: Database
  readonly provider: VectorIndexProvider
  readonly logger: Logger | undefined
  readonly onRebuild: (collectionId: string, done: number, total: number) => void
}): OpenIndexes {
  const { provider, logger } = deps
  const entries = new Map<string, Entry>()
  let rebuilds = 0
  let snapshotFailures = 0

  function createEntry({ id, dimension }: IndexedCollection): Entry {
    const snapshots = createSnapshotSaver((error) => {
      snapshotFailures++
      logger?.warn({ collectionId: id, err: error }, 'the snapshot of the index was not saved')
    })
    const entry: Entry = {
      ...{ collection: { id, dimension }, loaded: undefined, snapshots },
      ...{ retryAt: 0, failure: undefined },
    }
    entries.set(id, entry)
    return entry
  }

  async function open(collection: IndexedCollection): Promise<LoadedIndex> {
    const entry = entries.get(collection.id) ?? createEntry(collection)
    if (entry.loaded) return entry.loaded
    if (performance.now() < entry.retryAt) throw toStanding(entry.failure)
    return load(entry)
  }

  async function load(entry: Entry): Promise<LoadedIndex> {
    const { id } = entry.collection
    try {
      const loaded = await loadIndex(deps, entry.collection, (done, total) => {
        deps.onRebuild(id, done, total)
      })
      entry.loaded = loaded
      entry.retryAt = 0
      entry.failure = undefined
      const overdue = loaded.snapshotHoldsErased
      entry.snapshots.note(loaded.unsaved, { removal: overdue, overdue })
      const { faces } = loaded
      if (loaded.rebuilt && faces > 0) {
        rebuilds++
        logger?.info({ collectionId: id, faces }, 'the index was built from the store')
      }
      return loaded
    } catch (error) {
      entry.retryAt = performance.now() + retryAfterMs
      entry.failure = error
      // An index that is closed while it is being loaded, as short commands do, needs no warning.
      if (!isFaceError(error, 'notReady')) {
        logger?.warn(
          { collectionId: id, err: error },
          `the index could not be loaded${toReason(error)}`,
        )
      }
      throw error
    }
  }

  async function apply(collectionId: string, changes: readonly Change[]): Promise<void> {
    const entry = entries.get(collectionId)
    if (!entry) {
      // Made by another process. Without a face that still exists there is nothing to index; a face
      // of a collection that was deleted meanwhile may exist for a while.
      const dimension = changes.find((change) => change.embedding)?.embedding?.length
      if (dimension === undefined) return
      const { faces } = await deps.store.collections
        .counts(collectionId)
        .catch(() => ({ faces: 1 }))
      if (faces > 0) await open({ id: collectionId, dimension }).catch(() => {})
      return
    }
    // A lost index reads these changes when it is loaded.
    if (!entry.loaded) return
    try {
      await applyChanges(entry.loaded.index, changes)
      const removal = changes.some((change) => change.kind === 'faceRemoved')
      entry.snapshots.note(changes.length, { removal })
    } catch (error) {
      logger?.warn({ collectionId, err: error }, 'the index was lost')
      entry.loaded = undefined
      // Trying again at once to reach a server that is away would only delay the write that waits.
      if (isFaceError(error, 'indexUnavailable')) {
        entry.retryAt = performance.now() + retryAfterMs
        entry.failure = error
      } else await load(entry).catch(() => {})
    }
  }

  async function drop({ id, dimension }: IndexedCollection): Promise<void> {
    const entry = entries.get(id)
    entries.delete(id)
    await entry?.snapshots.idle()
    try {
      const index =
        entry?.loaded?.index ?? (await provider.open(id, entry?.collection.dimension ?? dimension))
      await index.destroy()
    } catch (error) {
      logger?.warn({ collectionId: id, err: error }, 'the index was not removed')
    }
  }

  return {
    get: (collectionId) => entries.get(collectionId)?.loaded,
    has: (collectionId) => entries.has(collectionId),
    isEmpty: () => entries.size === 0,
    open,
    apply,
    drop,
    async closeOthers(collectionIds) {
      for (const [id, { collection }] of entries) if (!collectionIds.has(id)) await drop(collection)
    },
    invalidate(collectionId, loaded) {
      const entry = entries.get(collectionId)
      if (entry?.loaded === loaded) entry.loaded = undefined
    },
    invalidateAll() {
      for (const entry of entries.values()) entry.loaded = undefined
    },
    async reopenInvalid() {
      for (const entry of entries.values()) {
        if (!entry.loaded && performance.now() >= entry.retryAt) await load(entry).catch(() => {})
      }
    },
    async saveWhenDue(cursor) {
      for (const [id, { loaded, snapshots }] of entries) {
        if (loaded) await snapshots.saveWhenDue(loaded.index, toSnapshotCursor(id, cursor))
      }
    },
    async saveAll(cursor) {
      for (const [id, { loaded, snapshots }] of entries) {
        if (loaded) await snapshots.save(loaded.index, toSnapshotCursor(id, cursor))
        await snapshots.idle()
      }
    },
    async save(collectionId, cursor) {
      const entry = entries.get(collectionId)
      if (!entry?.loaded) return
      entry.snapshots.note(1)
      await entry.snapshots.save(entry.loaded.index, toSnapshotCursor(collectionId, cursor))
    },
    ready: () => [...entries.values()].every((entry) => entry.loaded),
    failure: () =>
      [...entries.values()].find(({ loaded, failure }) => !loaded && failure !== undefined)
        ?.failure,
    failureCounts: () => ({ rebuilds, snapshotFailures }),
  }
}

function toReason(error: unknown): string {
  return isFaceError(error) ? `: ${error.message}` : ''
}

/** The error between attempts to load an index: the cause, where it is one that people understand. */
function toStanding(failure: unknown): FaceError {
  if (isFaceError(failure, 'indexUnavailable') || isFaceError(failure, 'indexKindUnavailable')) {
    const { code, detail, cause } = failure
    return new FaceError(code, { ...(detail === undefined ? {} : { detail }), cause })
  }
  const why = isFaceError(failure) && failure.kind !== 'fault' ? toReason(failure) : ''
  return new FaceError('notReady', { detail: `The collection's index is not loaded${why || '.'}` })
}
