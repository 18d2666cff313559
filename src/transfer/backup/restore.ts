import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lock } from 'proper-lockfile'
import { FaceError } from '../../core/errors.ts'
import { syncFolder, systemCodeOf } from '../../platform/disk.ts'
import { guardDisk } from './archive.ts'

// [Note: A restore that is interrupted]
// What is restored is prepared in a folder of its own. The moment in which it becomes valid is the
// renaming of that folder to `restored`: before it, everything is as it was; after it, whoever opens
// the data folder first puts the parts in their places, which can be done again after each
// interruption. So there is the old state or the new one, and never a database with the write-ahead log
// or the snapshots of another.

const readyName = 'restored'
const planFile = 'plan.json'
const lockedName = '.restore'
const lockName = `${lockedName}.lock`
const lockStaleMs = 20_000
const retryMs = 200
/** Longer than it takes to rename files. */
const waitMs = 60_000
const database = 'gallery.sqlite'

/** What is put in place: `gallery.sqlite` and own models, in a folder on the data folder's disk. */
export interface PreparedRestore {
  readonly stage: string
  /** Name, in the data folder, of the folder that gets what is replaced. */
  readonly replaced: string
}

/**
 * Puts what was prepared in the place of what the data folder has. No process may have its database
 * open. What was there before is kept in a folder beside it.
 *
 * @throws {FaceError} `storeFull`, `invalidOption`
 */
export async function commitRestore(
  dataDir: string,
  { stage, replaced }: PreparedRestore,
): Promise<void> {
  await withRestoreLock(dataDir, async () => {
    await guardDisk(async () => {
      const plan = `${JSON.stringify({ replaced })}\n`
      await writeFile(join(stage, planFile), plan, { mode: 0o600, flush: true })
      await syncFolder(stage)
      await rename(stage, join(dataDir, readyName))
      await syncFolder(dataDir)
    })
    await putInPlace(dataDir)
  })
}

/**
 * Does what is left of a restore that was interrupted; nothing where none was. To be called before the
 * database of a data folder is opened.
 *
 * @throws {FaceError} `dataInUse` when another process does it and does not come to an end
 */
export async function finishRestore(dataDir: string): Promise<void> {
  const isUnderWay = () =>
    existsSync(join(dataDir, readyName)) || existsSync(join(dataDir, lockName))
  if (isUnderWay()) await withRestoreLock(dataDir, () => putInPlace(dataDir))
}

/** Keeps other restores, and those who are about to open the database, waiting. */
async function withRestoreLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMs
  for (;;) {
    let release: (() => Promise<void>) | undefined
    try {
      const options = { realpath: false, stale: lockStaleMs, onCompromised: () => {} }
      release = await lock(join(dataDir, lockedName), options)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ELOCKED') throw cause
      if (Date.now() > deadline) {
        throw new FaceError('dataInUse', { detail: 'A restore of it is under way.', cause })
      }
      await pause(retryMs)
      continue
    }
    try {
      return await work()
    } finally {
      await release().catch(() => {})
    }
  }
}

async function putInPlace(dataDir: string): Promise<void> {
  const ready = join(dataDir, readyName)
  const plan = await readFile(join(ready, planFile), 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (plan === undefined) {
    // All was in place when it was interrupted.
    await rm(ready, { recursive: true, force: true })
    return
  }
  const { replaced } = JSON.parse(plan) as Pick<PreparedRestore, 'replaced'>
  const keep = join(dataDir, basename(replaced))
  await guardDisk(async () => {
    await mkdir(keep, { recursive: true, mode: 0o700 })
    if (existsSync(join(ready, database))) await replaceDatabase(dataDir, { ready, keep })
    // They are of another database, and are made again.
    await rm(join(dataDir, 'indexes'), { recursive: true, force: true })
    await replaceModels(dataDir, { ready, keep })
    await syncFolder(keep)
    await syncFolder(dataDir)
    await rm(join(ready, planFile))
    await rm(ready, { recursive: true, force: true })
    // Nothing was there before.
    if ((await readdir(keep)).length === 0) await rm(keep, { recursive: true })
  })
}

async function replaceDatabase(
  dataDir: string,
  { ready, keep }: { readonly ready: string; readonly keep: string },
): Promise<void> {
  // The log first: with it, the restored file would be changed by what was written to another one.
  for (const suffix of ['-wal', '-shm']) {
    await moveIfThere(join(dataDir, database + suffix), join(keep, database + suffix))
  }
  // A second name instead of a move, so that there is always a database.
  await linkIfThere(join(dataDir, database), join(keep, database))
  await syncFolder(keep)
  await rename(join(ready, database), join(dataDir, database))
}

async function replaceModels(
  dataDir: string,
  { ready, keep }: { readonly ready: string; readonly keep: string },
): Promise<void> {
  const models = join(ready, 'models')
  if (!existsSync(models)) return
  await mkdir(join(dataDir, 'models'), { recursive: true })
  for (const id of await readdir(models)) {
    await moveIfThere(join(dataDir, 'models', id), join(keep, 'models', id))
    await rename(join(models, id), join(dataDir, 'models', id))
  }
}

async function moveIfThere(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await rename(from, to)
}

async function linkIfThere(from: string, to: string): Promise<void> {
  if (!existsSync(from) || existsSync(to)) return
  await link(from, to).catch(async () => {
    // Some file systems have no second names.
    await copyFile(from, `${to}.part`)
    await rename(`${to}.part`, to)
  })
}
