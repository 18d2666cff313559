import { FaceError, isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import type { Logger } from '../../platform/logger.ts'
import type { VectorIndexProvider } from '../../search/vector-index.ts'
import type { Database } from '../../storage/database.ts'
import { findCollectionById } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Change } from '../../storage/ports/feed.ts'
import {
  applyChanges,
  type LoadedIndex,
  loadIndex,
  selectChanges,
  toSnapshotCursor,
} from './index-loader.ts'
import { type IndexTarget, indexesOf } from './index-target.ts'
import { createSnapshotSaver, type SnapshotSaver } from './snapshot-saver.ts'

/**
 * The indexes of the collections, by `indexId`. All but `get`, `has`, `invalidate` and `ready` are called one at a time: the
 * sync's queue does that.
 */
export interface OpenIndexes {
  /** Undefined while the index is lost or not open, and then nothing is searched. */
  get(indexId: string): LoadedIndex | undefined
  /** Whether an index of the collection was opened, though it may be lost. */
  has(collectionId: string): boolean
  /** Whether no index was opened yet. */
  isEmpty(): boolean
  /** Loads the index unless it is. @throws {FaceError} `notReady` shortly after a failure; what the load throws */
  open(target: IndexTarget): Promise<LoadedIndex>
  /** Applies changes of one collection to its indexes; loads an index again when that fails. Does not throw. */
  apply(collectionId: string, changes: readonly Change[]): Promise<void>
  /** Removes the index and its snapshot. Does not throw. */
  drop(target: IndexTarget): Promise<void>
  /** Removes all indexes of a collection that is gone. Does not throw. */
  dropCollection(collectionId: string): Promise<void>
  /** Opens the indexes of a collection whose models changed, and drops those of other models. Does not throw. */
  follow(collection: Collection): Promise<void>
  /** Drops all other indexes. */
  closeOthers(indexIds: ReadonlySet<string>): Promise<void>
  /** Notes that the index which `get` gave is lost; nothing happens when it was loaded again since. */
  invalidate(indexId: string, loaded: LoadedIndex): void
  invalidateAll(): void
  /** Loads lost indexes again, when it is time for another attempt. Does not throw. */
  reopenInvalid(): Promise<void>
  /** Writes snapshots, as of `cursor`: those that are due, without waiting; or all that have something new. */
  saveWhenDue(cursor: Cursor): Promise<void>
  saveAll(cursor: Cursor): Promise<void>
  /** Writes this index' snapshot in any case. */
  save(indexId: string, cursor: Cursor): Promise<void>
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
  readonly target: IndexTarget
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

  function createEntry({ id, modelId, dimension, indexId }: IndexTarget): Entry {
    const target = { id, modelId, dimension, indexId }
    const snapshots = createSnapshotSaver((error) => {
      snapshotFailures++
      logger?.warn({ ...toLogged(target), err: error }, 'the snapshot of the index was not saved')
    })
    const entry: Entry = {
      ...{ target, loaded: undefined, snapshots },
      ...{ retryAt: 0, failure: undefined },
    }
    entries.set(indexId, entry)
    return entry
  }

  function entriesOf(collectionId: string): readonly Entry[] {
    return [...entries.values()].filter(({ target }) => target.id === collectionId)
  }

  async function open(target: IndexTarget): Promise<LoadedIndex> {
    const entry = entries.get(target.indexId) ?? createEntry(target)
    if (entry.loaded) return entry.loaded
    if (performance.now() < entry.retryAt) throw toStanding(entry.failure)
    return load(entry)
  }

  async function load(entry: Entry): Promise<LoadedIndex> {
    const { target } = entry
    const { id } = target
    try {
      const loaded = await loadIndex(deps, target, (done, total) => {
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
        logger?.info({ ...toLogged(target), faces }, 'the index was built from the store')
      }
      return loaded
    } catch (error) {
      entry.retryAt = performance.now() + retryAfterMs
      entry.failure = error
      // An index that is closed while it is being loaded, as short commands do, needs no warning.
      if (!isFaceError(error, 'notReady')) {
        logger?.warn(
          { ...toLogged(target), err: error },
          `the index could not be loaded${toReason(error)}`,
        )
      }
      throw error
    }
  }

  async function apply(collectionId: string, changes: readonly Change[]): Promise<void> {
    const own = entriesOf(collectionId)
    for (const entry of own) await applyTo(entry, changes)
    // Made by another process. Without a face that still exists there is nothing to index.
    if (own.length > 0 || !changes.some((change) => change.embedding)) return
    const collection = await findCollectionById(deps.store, collectionId).catch(() => undefined)
    if (collection) await follow(collection)
  }

  async function applyTo(entry: Entry, changes: readonly Change[]): Promise<void> {
    // A lost index reads these changes when it is loaded.
    if (!entry.loaded) return
    const applied = selectChanges(changes, entry.target)
    if (applied.length === 0) return
    try {
      await applyChanges(entry.loaded.index, applied)
      const removal = applied.some((change) => change.kind === 'faceRemoved')
      entry.snapshots.note(applied.length, { removal })
    } catch (error) {
      logger?.warn({ ...toLogged(entry.target), err: error }, 'the index was lost')
      entry.loaded = undefined
      // Trying again at once to reach a server that is away would only delay the write that waits.
      if (isFaceError(error, 'indexUnavailable')) {
        entry.retryAt = performance.now() + retryAfterMs
        entry.failure = error
      } else await load(entry).catch(() => {})
    }
  }

  async function follow(collection: Collection): Promise<void> {
    const targets = indexesOf(collection)
    for (const { target } of entriesOf(collection.id)) {
      if (!targets.some(({ indexId }) => indexId === target.indexId)) await drop(target)
    }
    for (const target of targets) await open(target).catch(() => {})
  }

  async function drop({ indexId, ...target }: IndexTarget): Promise<void> {
    const entry = entries.get(indexId)
    entries.delete(indexId)
    await entry?.snapshots.idle()
    try {
      const index = entry?.loaded?.index ?? (await provider.open(indexId, target.dimension))
      await index.destroy()
    } catch (error) {
      logger?.warn({ ...toLogged(target), err: error }, 'the index was not removed')
    }
  }

  return {
    get: (indexId) => entries.get(indexId)?.loaded,
    has: (collectionId) => entriesOf(collectionId).length > 0,
    isEmpty: () => entries.size === 0,
    open,
    apply,
    drop,
    async dropCollection(id) {
      const open = entriesOf(id).map(({ target }) => target)
      // One that is not open here may have left a snapshot; that of a first model has this name.
      const first = { id, modelId: '', dimension: 1, indexId: id }
      for (const target of open.length > 0 ? open : [first]) await drop(target)
    },
    follow,
    async closeOthers(indexIds) {
      for (const [id, { target }] of entries) if (!indexIds.has(id)) await drop(target)
    },
    invalidate(indexId, loaded) {
      const entry = entries.get(indexId)
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
    async save(indexId, cursor) {
      const entry = entries.get(indexId)
      if (!entry?.loaded) return
      entry.snapshots.note(1)
      await entry.snapshots.save(entry.loaded.index, toSnapshotCursor(indexId, cursor))
    },
    ready: () => [...entries.values()].every((entry) => entry.loaded),
    failure: () =>
      [...entries.values()].find(({ loaded, failure }) => !loaded && failure !== undefined)
        ?.failure,
    failureCounts: () => ({ rebuilds, snapshotFailures }),
  }
}

function toLogged({ id, modelId }: Pick<IndexTarget, 'id' | 'modelId'>): object {
  return { collectionId: id, modelId }
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
