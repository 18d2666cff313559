import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { FaceError } from '../core/errors.ts'
import type { OnProgress } from '../core/progress.ts'
import { readOwnRecords } from '../models/own-record.ts'
import type { Database } from '../storage/database.ts'
import type { Backup } from '../transfer/backup/backups.ts'
import { type CreatedBackup, createBackup } from '../transfer/backup/create.ts'
import {
  addErasures,
  applyErasures,
  collectErasures,
  type Erasure,
  type Erasures,
  ledgerFile,
  mergeErasures,
  readErasures,
} from '../transfer/backup/erasures.ts'
import { manifestFile } from '../transfer/backup/manifest.ts'
import { commitRestore, finishRestore } from '../transfer/backup/restore.ts'
import { withStage } from '../transfer/backup/stage.ts'
import { type InspectCopy, unpackBackup, verifyBackup } from '../transfer/backup/verify.ts'
import { version } from '../version.ts'
import { readKey, readLock } from './backup-keys.ts'
import { toBackupDirectory, writeErasures } from './erasures.ts'
import { createDataDir, openStore, openStoreAt } from './storage.ts'

export interface BackupObservers {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/** Makes a backup of the configured database. @throws {FaceError} as {@link createBackup} */
export async function createConfiguredBackup(
  config: Config,
  store: Database,
  observers: BackupObservers = {},
): Promise<CreatedBackup> {
  createDataDir(config.dataDir)
  const records = await readOwnRecords(config.dataDir)
  const made = await createBackup({
    ownModels: records.map(({ id }) => id),
    ...{ ...observers, store, dataDir: config.dataDir },
    directory: toBackupDirectory(config),
    program: version(),
    lock: readLock(config.backup),
    storeEncrypted: config.store.encryptionKey !== '',
    keep: {
      last: config.backup.keepLast,
      daily: config.backup.keepDaily,
      weekly: config.backup.keepWeekly,
      monthly: config.backup.keepMonthly,
    },
  })
  await writeErasures(config, store)
  return made
}

/** Verifies a backup. @throws {FaceError} as {@link verifyBackup} */
export async function verifyConfiguredBackup(
  config: Config,
  folder: string,
  observers: BackupObservers = {},
): Promise<Backup> {
  createDataDir(config.dataDir)
  return verifyBackup({
    ...{ ...observers, folder, dataDir: config.dataDir, key: readKey(config.backup) },
    inspect: createInspector(config),
  })
}

export interface RestoreOptions extends BackupObservers {
  /** Of the backup. */
  readonly folder: string
  /** Whether a database that is there makes way. */
  readonly replace: boolean
  /** Further files that say who was erased. */
  readonly erasures: readonly string[]
}

/** What was restored. */
export interface Restored {
  readonly backup: Backup
  /** Folder, within the data folder, with what was there before. */
  readonly replaced?: string
  /** How many persons of the backup were deleted since, and are erased from what was restored. */
  readonly erased: number
}

/**
 * Puts a backup in the place of the configured database, which no process may use.
 *
 * @throws {FaceError} `dataInUse`, and as {@link unpackBackup}
 */
export async function restoreBackup(config: Config, options: RestoreOptions): Promise<Restored> {
  createDataDir(config.dataDir)
  return config.store.kind === 'sqlite'
    ? restoreSqlite(config, options)
    : restoreMongo(config, options)
}

async function restoreSqlite(config: Config, options: RestoreOptions): Promise<Restored> {
  const { dataDir } = config
  const { takeOverSqlite } = await import('../storage/sqlite/copies.ts')
  const { holdExclusively } = await import('../storage/sqlite/exclusive.ts')
  await finishRestore(dataDir)
  const erasures = await gatherErasures(config, options)
  return withStage(dataDir, async (stage) => {
    const held = holdExclusively(toSqlite(config, dataDir))
    try {
      if (held !== undefined && !options.replace) {
        throw new FaceError('dataInUse', {
          detail: 'The data folder has a database; choose an empty one, or let it make way.',
        })
      }
      const backup = await unpack(config, stage, options)
      await takeOverSqlite(toSqlite(config, stage))
      const staged = await openStoreAt(join(stage, 'gallery.sqlite'), config, { mustExist: true })
      const erased = await applyErasures(staged, erasures).finally(() => staged.close())
      await rm(join(stage, manifestFile))
      await addErasures(join(dataDir, ledgerFile), erasures.values())
      const replaced = `replaced-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
      await commitRestore(dataDir, { stage, replaced })
      return {
        backup,
        erased,
        ...(held === undefined ? {} : { replaced: join(dataDir, replaced) }),
      }
    } finally {
      held?.release()
    }
  })
}

async function restoreMongo(config: Config, options: RestoreOptions): Promise<Restored> {
  const { dataDir, store } = config
  const { assertFree, restoreMongodb } = await import('../storage/mongodb/restored-copy.ts')
  const target = { url: store.url, database: store.database, timeoutMs: store.timeoutMs }
  return withStage(dataDir, async (stage) => {
    await assertFree(target)
    const erasures = await gatherErasures(config, options)
    const backup = await unpack(config, stage, options)
    let done = 0
    await restoreMongodb(target, stage, (documents) => {
      options.signal?.throwIfAborted()
      done += documents
      options.onProgress?.({ stage: 'restore', done })
    })
    const restored = await openStore(config)
    const erased = await applyErasures(restored, erasures).finally(() => restored.close())
    await addErasures(join(dataDir, ledgerFile), erasures.values())
    return { backup, erased }
  })
}

/** Who was deleted, by all that says so: files, and the database that makes way. */
async function gatherErasures(config: Config, options: RestoreOptions): Promise<Erasures> {
  const beside = join(dirname(options.folder), ledgerFile)
  const files = [join(config.dataDir, ledgerFile), beside, ...options.erasures]
  const lists = await Promise.all(files.map(readErasures))
  if (options.replace && existsSync(join(config.dataDir, 'gallery.sqlite'))) {
    lists.push(await collectFromOld(config))
  }
  return mergeErasures(lists)
}

/** Of a database that cannot be opened, files alone say it. */
async function collectFromOld(config: Config): Promise<readonly Erasure[]> {
  const old = await openStore(config).catch(() => undefined)
  if (old === undefined) return []
  return collectErasures(old).finally(() => old.close())
}

async function unpack(
  config: Config,
  stage: string,
  { folder, signal, onProgress }: RestoreOptions,
): Promise<Backup> {
  const backup = await unpackBackup({
    ...{ folder, directory: stage, key: readKey(config.backup), signal, onProgress },
    inspect: createInspector(config),
  })
  const { kind } = backup.content.store
  if (kind === config.store.kind) return backup
  throw new FaceError('invalidOption', {
    detail: `It is of a database of the kind ${kind}; store.kind is ${config.store.kind}.`,
  })
}

/** Looks into the database of a backup, by its kind. */
function createInspector(config: Config): InspectCopy {
  return async (directory, kind) => {
    if (kind === 'mongodb') {
      const { inspectMongodbCopy } = await import('../storage/mongodb/restored-copy.ts')
      return inspectMongodbCopy(directory)
    }
    const { inspectSqlite } = await import('../storage/sqlite/copies.ts')
    return inspectSqlite(toSqlite(config, directory))
  }
}

function toSqlite({ store }: Config, directory: string) {
  return {
    file: join(directory, 'gallery.sqlite'),
    busyTimeoutMs: store.busyTimeoutMs,
    encryptionKey: store.encryptionKey === '' ? undefined : store.encryptionKey,
  }
}
