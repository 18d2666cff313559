import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKeys, type Keys } from '../access/keys.ts'
import type { Config } from '../config/config.ts'
import { databaseNamePattern, databaseOfUrl } from '../config/mongodb-url.ts'
import { FaceError } from '../core/errors.ts'
import { toSnapshotCursor } from '../gallery/sync/index-loader.ts'
import { systemCodeOf, toDiskRefusal } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { toSnapshotPath } from '../search/table/snapshot-files.ts'
import {
  removeSnapshotsOfOtherCollections,
  removeSnapshotsOfOtherKinds,
} from '../search/table/snapshot-kinds.ts'
import type { VectorIndex, VectorIndexProvider } from '../search/vector-index.ts'
import type { Database } from '../storage/database.ts'
import { eachEmbeddingBatch } from '../storage/iterate.ts'
import {
  createProtectedStore,
  type ProtectedDatabase,
} from '../storage/protection/protected-store.ts'
import { createTemplateSecrets } from '../storage/protection/template-secrets.ts'
import type { SeedDatabaseOptions } from '../transfer/importers/seed/seed-database.ts'
import type { SeedSource } from '../transfer/importers/seed/seed-source.ts'

/** Embeddings read in one go. */

const snapshotDirectory = ({ dataDir }: Config): string => join(dataDir, 'indexes')

/**
 * The configured store. Adapters are loaded when they are chosen, so that nobody pays for the others.
 *
 * @throws {FaceError} `invalidConfig`, `dataDirUnusable`, `storeStandalone`, `storeUnavailable`, and what the
 *   SQLite store throws
 */
export async function openStore(config: Config, logger?: Logger): Promise<ProtectedDatabase> {
  const { kind, encryptionKey, url, database } = config.store
  if (kind === 'sqlite') {
    createDataDir(config.dataDir)
    return openSqlite(join(config.dataDir, 'gallery.sqlite'), config, logger)
  }
  if (encryptionKey !== '') {
    throw new FaceError('invalidConfig', {
      detail:
        'store.encryptionKey encrypts a SQLite file; a MongoDB server encrypts its files itself.',
    })
  }
  return openMongodb({ url, database }, config, logger)
}

/** Creates the data directory, for its owner only, unless it is there. @throws {FaceError} `dataDirUnusable` */
export function createDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const code = systemCodeOf(cause)
    const why =
      toDiskRefusal(cause) === 'readOnly'
        ? 'It may not be created or written here'
        : code === 'ENOTDIR' || code === 'EEXIST'
          ? 'Part of its path is a file'
          : 'It cannot be created'
    throw new FaceError('dataDirUnusable', { detail: `${why} (${code}, dataDir).`, cause })
  }
}

/**
 * A store by its address: `mongodb://HOST/DATABASE` (also `mongodb+srv`), `sqlite:///PATH`, or the
 * path of a SQLite file. An encrypted file is opened with the configured key.
 *
 * @param mustExist  refuses a SQLite file that is not there instead of creating it
 * @throws {FaceError} `invalidOption` when the address is neither, or names a file that is not there or cannot be made
 */
export async function openStoreAt(
  address: string,
  config: Config,
  { mustExist }: { readonly mustExist: boolean },
): Promise<Database> {
  if (/^mongodb(\+srv)?:\/\//.test(address)) {
    const database = databaseOfUrl(address)
    if (database === undefined || !new RegExp(databaseNamePattern).test(database)) {
      throw new FaceError('invalidOption', {
        detail:
          'A MongoDB address ends with the name of the database, 1 to 38 of A-Z, a-z, 0-9, _ and -: mongodb://HOST/DATABASE.',
      })
    }
    return openMongodb({ url: address, database }, config)
  }
  const file = address.startsWith('sqlite:') ? toPath(address) : address
  if (!existsSync(mustExist ? file : dirname(file))) {
    const missing = mustExist ? `There is no file ${file}.` : `There is no directory for ${file}.`
    throw new FaceError('invalidOption', { detail: missing })
  }
  return openSqlite(file, config)
}

function toPath(address: string): string {
  try {
    return fileURLToPath(address.replace(/^sqlite:/, 'file:'))
  } catch (cause) {
    throw new FaceError('invalidOption', {
      detail: 'A SQLite address has three slashes and a whole path: sqlite:///PATH.',
      cause,
    })
  }
}

async function openSqlite(
  file: string,
  { store }: Config,
  logger?: Logger,
): Promise<ProtectedDatabase> {
  const { createSqliteStore } = await import('../storage/sqlite/sqlite-store.ts')
  const opened = await createSqliteStore({
    file,
    busyTimeoutMs: store.busyTimeoutMs,
    encryptionKey: store.encryptionKey === '' ? undefined : store.encryptionKey,
    logger,
  })
  return protect(opened, store.templateSecrets)
}

async function openMongodb(
  where: { readonly url: string; readonly database: string },
  { store }: Config,
  logger?: Logger,
): Promise<ProtectedDatabase> {
  const { createMongodbStore } = await import('../storage/mongodb/mongodb-store.ts')
  const opened = await createMongodbStore({ ...where, timeoutMs: store.timeoutMs, logger })
  return protect(opened, store.templateSecrets)
}

function protect(store: Database, secrets: readonly string[]): ProtectedDatabase {
  return createProtectedStore(
    store,
    secrets.length === 0 ? undefined : createTemplateSecrets(secrets),
  )
}

/**
 * The API keys of the configured database, which is open while `use` runs. Needs neither models nor
 * an index.
 *
 * @throws {FaceError} as {@link openStore}
 */
export async function withKeys<T>(config: Config, use: (keys: Keys) => Promise<T>): Promise<T> {
  const store = await openStore(config)
  try {
    return await use(createKeys({ store }))
  } finally {
    await store.close()
  }
}

/**
 * Checks that everything that the configured kind of index needs is installed. It is called before
 * models are fetched and databases opened, so that the cause is the first thing that is reported.
 *
 * @throws {FaceError} `indexKindUnavailable` naming what to install
 */
export async function assertIndexKind({ index: { kind } }: Config): Promise<void> {
  if (kind === 'faiss') {
    const { loadFaissAddon } = await import('../search/faiss/addon.ts')
    loadFaissAddon()
  } else if (kind === 'milvus') {
    const { loadMilvusSdk } = await import('../search/milvus/client.ts')
    await loadMilvusSdk()
  }
}

export interface IndexOwnership {
  /** `false`: another process may serve from the data directory, and what that one keeps stays. */
  readonly ownsDataDir?: boolean
}

/**
 * The configured kind of index. Snapshots are in the data directory, each node's in its own.
 *
 * @throws {FaceError} `indexKindUnavailable`, `invalidOption`, `storeReadOnly`
 */
export async function openIndexProvider(
  config: Config,
  logger?: Logger,
  { ownsDataDir = true }: IndexOwnership = {},
): Promise<VectorIndexProvider> {
  const { kind, faiss, milvus } = config.index
  // [Note: Encrypted galleries] Snapshots hold embeddings in the clear, so an encrypted gallery has none and its index is read from the database at each start.
  const encrypted = config.store.encryptionKey !== ''
  const snapshots = {
    ...(encrypted ? {} : { directory: snapshotDirectory(config) }),
    onSnapshotRejected: (collectionId: string, reason: string) =>
      logger?.warn(
        { collectionId, reason },
        'an index snapshot was not used; the index is rebuilt',
      ),
  }
  if (ownsDataDir) {
    await removeSnapshotsOfOtherKinds(snapshotDirectory(config), encrypted ? undefined : kind)
  }
  const inDataDir = (provider: VectorIndexProvider): VectorIndexProvider => ({
    ...provider,
    keeps: async (collectionId) =>
      existsSync(toSnapshotPath(snapshotDirectory(config), collectionId, kind)),
    retain: (collectionIds) =>
      removeSnapshotsOfOtherCollections(snapshotDirectory(config), collectionIds),
  })
  if (kind === 'faiss') {
    const { createFaissProvider } = await import('../search/faiss/provider.ts')
    return inDataDir(createFaissProvider({ ...snapshots, factory: faiss.factory }))
  }
  if (kind === 'projected') {
    const { createProjectedProvider } = await import('../search/projected/provider.ts')
    return inDataDir(createProjectedProvider(snapshots))
  }
  if (kind === 'milvus') {
    const { createMilvusProvider } = await import('../search/milvus/provider.ts')
    return createMilvusProvider({
      ...milvus,
      ...(logger === undefined ? {} : { logger }),
    })
  }
  const { createExactProvider } = await import('../search/exact/provider.ts')
  return inDataDir(createExactProvider(snapshots))
}

/** The database of the first face-watcher. @throws {FaceError} `invalidOption`, `storeUnavailable` */
export async function openSeedSource(options: SeedDatabaseOptions): Promise<SeedSource> {
  const { openSeedDatabase } = await import('../transfer/importers/seed/seed-database.ts')
  return openSeedDatabase(options)
}

export interface IndexFileOptions {
  /** Name of the collection. */
  readonly collection: string
  /** The file; `<file>.ids.json` beside it names the faces of its rows. */
  readonly file: string
}

/**
 * Writes a collection's embeddings as a file that FAISS' `read_index` opens, made by the configured
 * `index.faiss.factory`, whichever kind of index is in use.
 *
 * @returns how many faces were written
 * @throws {FaceError} `collectionNotFound`, `indexKindUnavailable`, `invalidOption`
 */
export async function exportIndex(
  config: Config,
  { collection: name, file }: IndexFileOptions,
): Promise<number> {
  const { exportFaissIndex } = await import('../search/faiss/export.ts')
  const store = await openStore(config)
  try {
    const collection = await store.collections.get(name)
    const kind = { factory: config.index.faiss.factory, metric: 'ip' } as const
    return await exportFaissIndex({
      ...{ file, collection, kind },
      batches: eachEmbeddingBatch(store.stored, collection),
    })
  } finally {
    await store.close()
  }
}

/**
 * Makes a file that {@link exportIndex} wrote the snapshot of a collection's index. No process may have the index open. What
 * the store has and the file lacks comes in by `index rebuild`.
 *
 * @returns faces taken over, and faces of the file that the store does not have
 * @throws {FaceError} `collectionNotFound`, `indexFileInvalid`, `indexKindUnavailable`, `modelMismatch`,
 *   `dimensionMismatch`; `invalidOption` when `index.kind` is not `faiss` or no snapshots are kept
 */
export async function importIndex(
  config: Config,
  { collection: name, file }: IndexFileOptions,
): Promise<{ readonly imported: number; readonly leftOut: number }> {
  if (config.index.kind !== 'faiss' || config.store.encryptionKey !== '') {
    throw new FaceError('invalidOption', {
      detail: 'A FAISS file is of use with index.kind "faiss" and a gallery that is not encrypted.',
    })
  }
  const { importFaissIndex } = await import('../search/faiss/export.ts')
  const store = await openStore(config)
  try {
    const collection = await store.collections.get(name)
    return await importFaissIndex({
      ...{ file, collection, directory: snapshotDirectory(config) },
      kind: { factory: config.index.faiss.factory, metric: 'ip' },
      cursor: toSnapshotCursor(collection.indexId, await store.feed.latestCursor()),
      knownFaces: async (faceIds) =>
        (await store.faces.getOwners(collection.id, faceIds)).map((owner) => owner.faceId),
    })
  } finally {
    await store.close()
  }
}

/** An exact index in memory, for evaluations that search as the product does. */
export async function openTrialIndex(
  dimension: number,
): Promise<{ readonly index: VectorIndex; readonly close: () => Promise<void> }> {
  const { createExactProvider } = await import('../search/exact/provider.ts')
  const provider = createExactProvider()
  return { index: await provider.open('trial', dimension), close: () => provider.close() }
}
