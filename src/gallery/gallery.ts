import type { CallContext } from '../core/actor.ts'
import { FaceError } from '../core/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type {
  IndexStatus,
  Neighbour,
  VectorIndex,
  VectorIndexProvider,
} from '../search/vector-index.ts'
import type { Database } from '../storage/database.ts'
import type { Collection, GalleryTotals } from '../storage/ports/collections.ts'
import type { ProtectedDatabase } from '../storage/protection/protected-store.ts'
import { createDifficultyMeter, type DifficultyMeter } from './difficulty.ts'
import { type SearchedIndex, searchFaces } from './face-search.ts'
import { type ProbeResult, searchPersons } from './person-search.ts'
import { limitCollections } from './reach.ts'
import { type IndexAgreement, readAgreements } from './sync/index-agreement.ts'
import {
  checkIndex,
  type IndexDifferences,
  type LongOptions,
  rebuildIndex,
} from './sync/index-check.ts'
import { indexesOf } from './sync/index-target.ts'
import type { IndexFailureCounts } from './sync/open-indexes.ts'
import { createIndexSync } from './sync/sync.ts'

export type { DifficultyMeasurement } from './difficulty.ts'
export type { ProbeResult, RankedPerson, SuppressedPerson } from './person-search.ts'
export type { IndexDifferences, LongOptions } from './sync/index-check.ts'

export interface GalleryOptions {
  readonly store: Database & Partial<Pick<ProtectedDatabase, 'stored' | 'toStored'>>
  /** The gallery closes it; the store is its owner's. */
  readonly provider: VectorIndexProvider
  readonly logger?: Logger | undefined
  /** How often other processes' writes are looked for, default 250. */
  readonly pollMs?: number
  /** Which indexes are loaded, as in `IndexSyncOptions`. */
  readonly load?: 'all' | 'used' | undefined
  /** Called while an index is filled from the store because it had no usable snapshot. */
  readonly onRebuild?: (collectionId: string, done: number, total: number) => void
}

/** Whether the gallery can answer. */
export interface GalleryHealth {
  /** Changes read from the feed and not yet in the indexes. */
  readonly changeLag: number
  /** Milliseconds since the indexes had everything that the store had. */
  readonly indexBehindMs: number
  readonly failureCounts: IndexFailureCounts
  /** Every index is loaded. */
  readonly ready: boolean
  /** Why an index could not be loaded, when the last attempt failed. */
  readonly failure?: unknown
}

export type GalleryStats = GalleryHealth & GalleryTotals

export interface SearchOptions {
  /** How many persons for each probe, at least 1. */
  readonly persons: number
  /** The model of the probes; checked when given. */
  readonly modelId?: string
  /** Persons at least as similar, cosine, are answered with the embedding of their nearest face. */
  readonly embeddingsFrom?: number | undefined
}

/** The store's ports that the index follows. */
export type GalleryPorts = Pick<
  Database,
  | 'collections'
  | 'persons'
  | 'faces'
  | 'setAside'
  | 'statements'
  | 'history'
  | 'secondModels'
  | 'strangers'
>

export interface GalleryCaller extends CallContext {
  /** Ids of the only collections that the caller reaches; absent: all. */
  readonly collectionIds?: readonly string[] | undefined
}

/**
 * Everybody who is known: the store and the indexes, kept in step. Collections, persons and faces are
 * those of the store; methods that change faces resolve when the change is durable and a search sees it.
 */
export interface Gallery extends GalleryPorts, Pick<Database, 'ping'> {
  /** The ports for a caller; see {@link Database.as}. */
  as(caller: GalleryCaller): GalleryPorts
  /**
   * The persons nearest to each probe, each with their nearest face, and how alike the rest of the
   * gallery is (see [Note: Probe shift] in probe-shift.ts). Waits while the index is being
   * loaded. Finds every face whose enrolment was acknowledged here, never one whose deletion was;
   * other processes' additions are found after the poll interval.
   *
   * @param probes  n x dimension, row-major, unit rows
   * @returns n results
   * @throws {FaceError} `collectionNotFound`, `dimensionMismatch`, `modelMismatch`, `invalidOption`, `workerFailed`, `notReady`
   */
  search(
    collection: Collection,
    probes: Float32Array,
    options: SearchOptions,
  ): Promise<readonly ProbeResult[]>
  /**
   * The faces nearest to each probe, whoever they are of. What was said of faces and persons is not
   * looked at, nor whether the faces are still there.
   *
   * @param probes  n x dimension, row-major, unit rows
   * @param k       how many of each
   * @returns n lists, similarity descending
   */
  searchFaces(
    collection: Collection,
    probes: Float32Array,
    k: number,
  ): Promise<readonly (readonly Neighbour[])[]>
  /**
   * How alike the people of a collection are; see [Note: Gallery shift] in gallery-difficulty.ts.
   */
  readonly difficulty: Pick<DifficultyMeter, 'latest' | 'measure'>
  /** How the collection's faces are searched. */
  indexStatus(collection: Collection): Promise<IndexStatus & { readonly kind: string }>
  /** How well searches agree with exact ones; of collections whose index is loaded and tells. */
  indexAgreements(): Promise<readonly IndexAgreement[]>
  /** Compares index and store, ids and vectors. */
  verifyIndex(collection: Collection, options?: LongOptions): Promise<IndexDifferences>
  /** Makes the index equal to the store again; it stays searchable meanwhile. */
  rebuildIndex(collection: Collection, options?: LongOptions): Promise<void>
  /** Resolves when every index is loaded and has what the store has now. */
  catchUp(): Promise<void>
  /**
   * Asks the store for a sign of life and counts nothing, so that it costs the same for every gallery.
   * @throws what the store answers when it cannot be read
   */
  health(): Promise<GalleryHealth>
  /** Does the same as {@link health}, and counts collections, persons and faces. */
  stats(): Promise<GalleryStats>
  /** Writes the snapshots and closes the indexes, not the store. */
  close(): Promise<void>
}

/**
 * Creates the gallery. Indexes are loaded in the background: `stats().ready` tells, and what needs
 * one waits for it.
 *
 * @throws {FaceError} what the store answers when it cannot serve
 */
export async function createGallery(options: GalleryOptions): Promise<Gallery> {
  const { store, provider } = options
  // Indexes are made of the embeddings as they are stored, see [Note: Protected templates].
  const { stored = store, toStored = (_: Collection, vectors: Float32Array) => vectors } = store
  await store.ping()
  const sync = createIndexSync({ ...options, store: stored })
  const difficulty = createDifficultyMeter({ ...options, store: stored })
  let closing: Promise<void> | undefined

  /** An index that is searched with probes as they come from the model. */
  function forProbes(collection: Collection, index: VectorIndex): SearchedIndex {
    return {
      lossy: index.lossy ?? false,
      search: (probes, k, more) => index.search(toStored(collection, probes), k, more),
    }
  }

  /** A write and then the index; not begun at all after the end. */
  async function write<T>(body: () => Promise<T>): Promise<T> {
    if (closing) throw new FaceError('notReady', { detail: 'The gallery is closed.' })
    const result = await body()
    await sync.catchUp()
    return result
  }

  /** A write that may remove faces. */
  async function erase<T>(collectionId: string, body: () => Promise<T>): Promise<T> {
    const result = await write(body)
    await sync.reachKept(collectionId)
    return result
  }

  function toHealth(): GalleryHealth {
    const failure = sync.failure()
    return {
      changeLag: sync.lag(),
      indexBehindMs: sync.behindMs(),
      failureCounts: sync.failureCounts(),
      ready: sync.ready(),
      ...(failure === undefined ? {} : { failure }),
    }
  }

  async function close(): Promise<void> {
    try {
      await difficulty.close()
      await sync.close()
    } finally {
      await provider.close()
    }
  }

  /** The store's ports, followed by the index where faces change. */
  function toPorts({
    collections,
    persons,
    faces,
    setAside,
    statements,
    history,
    secondModels,
    strangers,
  }: GalleryPorts): GalleryPorts {
    return {
      statements,
      strangers,
      secondModels: {
        ...secondModels,
        begin: (collectionId, model) => write(() => secondModels.begin(collectionId, model)),
        fill: (set, embeddings) => write(() => secondModels.fill(set, embeddings)),
        end: (was) =>
          write(async () => {
            const ended = await secondModels.end(was)
            if (ended && was.second) await sync.drop({ ...was.second, id: was.id })
            return ended
          }),
      },
      collections: {
        ...collections,
        create: (input) => write(() => collections.create(input)),
        delete: (name) =>
          write(async () => {
            const collection = await collections.get(name)
            await sync.remove(collection, () => collections.delete(name))
            for (const { indexId } of indexesOf(collection)) difficulty.forget(indexId)
          }),
      },
      persons: {
        ...persons,
        delete: (collectionId, id, how) =>
          erase(collectionId, () => persons.delete(collectionId, id, how)),
        merge: (collectionId, input, how) =>
          erase(collectionId, () => persons.merge(collectionId, input, how)),
      },
      faces: {
        ...faces,
        add: (collectionId, person, added) => write(() => faces.add(collectionId, person, added)),
        delete: (collectionId, faceId, how) =>
          erase(collectionId, () => faces.delete(collectionId, faceId, how)),
      },
      setAside: {
        ...setAside,
        add: (collectionId, personId, faceIds, how) =>
          erase(collectionId, () => setAside.add(collectionId, personId, faceIds, how)),
        restore: (collectionId, personId, faceIds) =>
          write(() => setAside.restore(collectionId, personId, faceIds)),
      },
      history: {
        ...history,
        undo: (collectionId, entryId, how) =>
          erase(collectionId, () => history.undo(collectionId, entryId, how)),
      },
    }
  }

  return {
    ...toPorts(store),
    as({ collectionIds, ...context }) {
      const ports = toPorts(store.as(context))
      if (collectionIds === undefined) return ports
      return { ...ports, collections: limitCollections(ports.collections, collectionIds) }
    },
    ping: () => store.ping(),

    async search(collection, probes, { persons, modelId, embeddingsFrom }) {
      assertProbes(collection, probes, modelId)
      if (!Number.isInteger(persons) || persons < 1) {
        throw new FaceError('invalidOption', { detail: 'persons must be a whole number from 1.' })
      }
      if (probes.length === 0) return []
      return sync.use(collection, (index) =>
        searchPersons({ store, index: forProbes(collection, index) }, collection, {
          ...{ probes, persons, embeddingsFrom },
        }),
      )
    },

    searchFaces: (collection, probes, k) =>
      sync.use(collection, (index) =>
        searchFaces({ store, index: forProbes(collection, index) }, collection, { probes, k }),
      ),
    difficulty,
    indexStatus: (collection) =>
      sync.use(collection, async (index) => ({ kind: index.kind, ...(await index.status()) })),
    indexAgreements: () => readAgreements(store, sync.peek),
    verifyIndex: (collection, options) => checkIndex({ store: stored, sync }, collection, options),
    rebuildIndex: (collection, options) =>
      rebuildIndex({ store: stored, sync }, collection, options),
    catchUp: () => sync.catchUp(),
    async health() {
      await store.ping()
      return toHealth()
    },
    stats: async () => ({ ...(await store.collections.totals()), ...toHealth() }),
    close: () => (closing ??= close()),
  }
}

function assertProbes(
  { dimension, modelId: expected }: Collection,
  probes: Float32Array,
  modelId: string | undefined,
): void {
  if (modelId !== undefined && modelId !== expected) {
    throw new FaceError('modelMismatch', {
      detail: `The probe is of ${modelId}, the collection of ${expected}.`,
      info: { expected, actual: modelId },
    })
  }
  if (probes.length % dimension !== 0) {
    throw new FaceError('dimensionMismatch', {
      detail: `Expected rows of ${dimension} values, got ${probes.length} values.`,
      info: { expected: dimension, actual: probes.length },
    })
  }
}
