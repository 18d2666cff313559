import { FaceError, isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import { createSerialQueue } from '../../platform/concurrency/serial-queue.ts'
import type { Logger } from '../../platform/logger.ts'
import type { VectorIndex, VectorIndexProvider } from '../../search/vector-index.ts'
import type { Database } from '../../storage/database.ts'
import { changesPerPage, eachCollection, findCollectionById } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Change } from '../../storage/ports/feed.ts'
import type { LoadedIndex } from './index-loader.ts'
import { type IndexTarget, indexesOf } from './index-target.ts'
import { createOpenIndexes, type IndexFailureCounts } from './open-indexes.ts'

export interface IndexSyncOptions {
  readonly store: Database
  readonly provider: VectorIndexProvider
  /** How often other processes' writes are looked for, default 250. */
  readonly pollMs?: number
  /**
   * Which indexes are loaded: `all` (default), at once and in the background, for a process that
   * serves; `used`, each with its first use, for one that ends soon.
   */
  readonly load?: 'all' | 'used' | undefined
  readonly logger?: Logger | undefined
  /** Called while an index is filled from the store because it had no usable snapshot. */
  readonly onRebuild?: (collectionId: string, done: number, total: number) => void
}

/** Keeps the collections' indexes in step with the store. */
export interface IndexSync {
  /**
   * Applies everything that the store has when it is called; after a write that was awaited, a
   * search finds (or no longer finds) what was written. The first call loads the indexes.
   */
  catchUp(): Promise<void>
  /**
   * Runs `body` with the collection's index, which is loaded first where needed; when the index's
   * worker died, it is loaded again and `body` is run once more, or twice.
   *
   * @throws {FaceError} `collectionNotFound` when the collection is gone, `modelMismatch` when it has the
   *   model no more
   */
  use<T>(collection: Collection, body: (index: VectorIndex) => Promise<T>): Promise<T>
  /** An index, where it is loaded; it may be lost at any time. */
  peek(indexId: string): VectorIndex | undefined
  /** Like `use` but once, and while nothing is applied to any index. `body` must not wait for the sync. */
  exclusive<T>(collection: Collection, body: (index: VectorIndex) => Promise<T>): Promise<T>
  /**
   * Removes what was deleted from the kept snapshots of indexes that are not loaded here, too. A failure
   * is logged.
   */
  reachKept(collectionId: string): Promise<void>
  /** Writes the collection's snapshot now; a failure is logged. */
  save(collection: Collection): Promise<void>
  /**
   * Removes the collection's indexes and snapshots, then runs `remove`, which removes it from the
   * store. In this order a crash in between leaves no snapshot of a collection that is gone; the
   * index of one that is still there is built from the store again.
   */
  remove(collection: Collection, remove: () => Promise<void>): Promise<void>
  /** Removes the index of a model that the collection has no more. */
  drop(target: IndexTarget): Promise<void>
  /** Changes read from the feed and not applied yet. */
  lag(): number
  /**
   * Milliseconds since the indexes had everything that the store had; at most about `pollMs` while
   * the feed can be followed.
   */
  behindMs(): number
  /** Whether every index that is to be loaded is. */
  ready(): boolean
  /** Why an index could not be loaded; undefined while all are, or are being loaded. */
  failure(): unknown
  failureCounts(): IndexFailureCounts
  /** Stops and writes the snapshots that have something new; the provider stays open. */
  close(): Promise<void>
}

const maxAttempts = 3

// [Note: Index and store in step]
// The feed is followed from one place for all collections, in one serial queue: pages are read and
// applied in order, loads, rebuild steps and checks wait in the same queue, so no two of them mix.
// Searches do not queue. At start the newest cursor is taken first, then each index is loaded and
// replayed from its own snapshot's cursor to the end; following on from the first cursor applies
// some changes twice, which is harmless (see applyChanges). A crash between store and index
// therefore loses nothing: the snapshot's cursor is older than the change.

/** Creates the sync. Where all indexes are loaded, that begins at once, in the background. */
export function createIndexSync(options: IndexSyncOptions): IndexSync {
  const { store, provider, logger } = options
  const loadsAll = options.load !== 'used'
  const pollMs = options.pollMs ?? 250
  const queue = createSerialQueue()
  /** Applied up to here; undefined until what is to be loaded at the start is loaded. */
  let cursor: Cursor | undefined
  let pending = 0
  let caughtUpAt = performance.now()
  let next: Promise<void> | undefined
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let closing: Promise<void> | undefined
  let unsubscribe: (() => void) | undefined

  const indexes = createOpenIndexes({
    store,
    provider,
    logger,
    onRebuild(collectionId, done, total) {
      if (closing) throw new FaceError('notReady', { detail: 'It is closed.' })
      options.onRebuild?.(collectionId, done, total)
    },
  })

  function catchUp(): Promise<void> {
    if (closing) return Promise.reject(new FaceError('notReady', { detail: 'It is closed.' }))
    // No index is in use yet; each reads the store when it is loaded.
    if (!loadsAll && indexes.isEmpty()) return Promise.resolve()
    // A pull that waits in the queue has not read yet and serves every caller until it starts.
    next ??= queue.run(() => {
      next = undefined
      return pull()
    })
    return next
  }

  async function pull(): Promise<void> {
    const begun = performance.now()
    await begin()
    // A failure is logged; searches of the collection answer it.
    await indexes.reopenInvalid()
    for (;;) {
      const page = await readFeed()
      pending = page.length
      await applyPage(page)
      cursor = page.at(-1)?.cursor ?? cursor
      pending = 0
      if (page.length < changesPerPage) break
    }
    caughtUpAt = begun
    if (cursor !== undefined) await indexes.saveWhenDue(cursor)
  }

  /** Loads what is to be loaded at the start; nothing the second time. */
  async function begin(): Promise<void> {
    if (cursor !== undefined) return
    if (loadsAll) return loadAll()
    // Taken before an index is loaded; following on from it repeats some changes, which is harmless.
    cursor = await store.feed.latestCursor()
    follow()
  }

  async function readFeed(): Promise<readonly Change[]> {
    try {
      return await store.feed.changes(cursor, changesPerPage)
    } catch (error) {
      if (!isFaceError(error, 'invalidCursor')) throw error
      // The database was replaced, for instance by a backup.
      logger?.warn({}, 'the change feed is another one; all indexes are loaded again')
      cursor = undefined
      indexes.invalidateAll()
      await begin()
      return []
    }
  }

  async function loadAll(): Promise<void> {
    const base = await store.feed.latestCursor()
    const seen = new Set<string>()
    for await (const collection of eachCollection(store)) {
      if (closing) throw new FaceError('notReady', { detail: 'It is closed.' })
      for (const target of indexesOf(collection)) {
        seen.add(target.indexId)
        // One index that cannot be loaded does not hold up the others; see pull.
        await indexes.open(target).catch(() => {})
      }
    }
    await indexes.closeOthers(seen)
    // A collection may have been deleted by another process while none followed the feed here.
    await provider.retain?.(seen).catch((error: unknown) => {
      logger?.warn({ err: error }, 'snapshots of deleted collections were not removed')
    })
    cursor = base
  }

  async function applyPage(page: readonly Change[]): Promise<void> {
    for (const [id, changes] of groupByCollection(page)) {
      if (changes.some((change) => change.kind === 'collectionRemoved')) {
        await indexes.dropCollection(id)
        continue
      }
      if (!loadsAll && !indexes.has(id)) continue
      if (changes.some((change) => change.kind === 'modelsChanged')) {
        const collection = await findCollectionById(store, id)
        if (collection) await indexes.follow(collection)
      }
      await indexes.apply(id, changes)
    }
  }

  async function getOrOpen(collection: Collection): Promise<LoadedIndex> {
    const loaded = indexes.get(collection.indexId)
    if (loaded) return loaded
    await begin()
    const current = await findCollectionById(store, collection.id)
    if (current === undefined) throw new FaceError('collectionNotFound')
    const { indexId, modelId } = collection
    const target = indexesOf(current).find((one) => one.indexId === indexId)
    if (target !== undefined) return indexes.open(target)
    throw new FaceError('modelMismatch', {
      detail: `The collection has no embeddings of ${modelId} any more.`,
      info: { expected: current.modelId, actual: modelId },
    })
  }

  async function use<T>(
    collection: Collection,
    body: (index: VectorIndex) => Promise<T>,
  ): Promise<T> {
    if (closing) throw new FaceError('notReady', { detail: 'It is closed.' })
    if (cursor === undefined) await catchUp()
    const { indexId: id } = collection
    for (let attempt = 1; ; attempt++) {
      const loaded = indexes.get(id) ?? (await queue.run(() => getOrOpen(collection)))
      try {
        const result = await body(loaded.index)
        // Otherwise it was loaded again meanwhile, and `body` may have seen half of it.
        if (indexes.get(id) === loaded) return result
        if (attempt === maxAttempts) throw new FaceError('workerFailed')
      } catch (error) {
        if (!isFaceError(error, 'workerFailed') || attempt === maxAttempts) throw error
        indexes.invalidate(id, loaded)
      }
    }
  }

  async function exclusive<T>(
    collection: Collection,
    body: (index: VectorIndex) => Promise<T>,
  ): Promise<T> {
    if (cursor === undefined) await catchUp()
    return queue.run(async () => body((await getOrOpen(collection)).index))
  }

  async function reachKept(collectionId: string): Promise<void> {
    if (loadsAll) return
    const collection = await findCollectionById(store, collectionId)
    if (collection === undefined) return
    for (const target of indexesOf(collection)) {
      if (indexes.get(target.indexId)) continue
      const isKept = (await provider.keeps?.(target.indexId)) ?? true
      // Loading it reads the deletion from the feed, and closing it writes it.
      if (isKept) await exclusive({ ...collection, ...target }, async () => {}).catch(() => {})
    }
  }

  function follow(): void {
    // The poll reports failures.
    unsubscribe ??= store.onChange?.(() => void catchUp().catch(() => {}))
  }

  async function poll(): Promise<void> {
    try {
      await catchUp()
      failing = false
    } catch (error) {
      if (!failing && !closing) logger?.warn({ err: error }, 'the index cannot follow the store')
      failing = true
    }
    if (!closing) timer = setTimeout(() => void poll(), pollMs).unref()
  }

  async function close(): Promise<void> {
    clearTimeout(timer)
    unsubscribe?.()
    await queue.run(async () => {
      if (cursor !== undefined) await indexes.saveAll(cursor)
    })
  }

  void poll()
  if (loadsAll) follow()

  return {
    catchUp,
    use,
    peek: (indexId) => indexes.get(indexId)?.index,
    exclusive,
    reachKept,
    save: (collection) =>
      exclusive(collection, async () => {
        if (cursor !== undefined) await indexes.save(collection.indexId, cursor)
      }),
    async remove(collection, remove) {
      if (cursor === undefined) await catchUp()
      await queue.run(async () => {
        for (const target of indexesOf(collection)) await indexes.drop(target)
        await remove()
      })
    },
    async drop(target) {
      if (cursor === undefined) await catchUp()
      await queue.run(() => indexes.drop(target))
    },
    lag: () => pending,
    behindMs: () => Math.round(performance.now() - caughtUpAt),
    ready: () => (cursor !== undefined || !loadsAll) && indexes.ready(),
    failure: () => indexes.failure(),
    failureCounts: () => indexes.failureCounts(),
    close: () => (closing ??= close()),
  }
}

function groupByCollection(page: readonly Change[]): Map<string, Change[]> {
  const groups = new Map<string, Change[]>()
  for (const change of page) {
    const group = groups.get(change.collectionId)
    if (group) group.push(change)
    else groups.set(change.collectionId, [change])
  }
  return groups
}
