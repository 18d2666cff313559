import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FaceError, fromErrorRecord } from '../../core/errors.ts'
import { syncFolder } from '../../platform/disk.ts'
import type { Outcome } from '../../platform/workers/outcome.ts'
import { createThreadPool, endThreadPool } from '../../platform/workers/thread-pool.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import type { CopyOptions, DatabaseCopy } from '../ports/copies.ts'
import type { CopyTask, FileFacts } from './copy-worker.ts'
import type { ConnectionOptions } from './libsql.ts'

/** Name of the database in the data folder, and in a copy. */
export const sqliteFile = 'gallery.sqlite'

const watchEveryMs = 500

/** As {@link import('../database.ts').Database.copyInto} says. */
export async function copySqlite(
  source: ConnectionOptions,
  directory: string,
  { signal, onProgress }: CopyOptions = {},
): Promise<DatabaseCopy> {
  signal?.throwIfAborted()
  const target = join(directory, sqliteFile)
  const takenAt = new Date().toISOString()
  const { size } = await stat(source.file)
  const timer = setInterval(async () => {
    const written = await stat(target).catch(() => undefined)
    if (written !== undefined) onProgress?.(Math.min(written.size, size), size)
  }, watchEveryMs)
  try {
    // The thread cannot be ended while SQLite copies; a signal is obeyed after that.
    const facts = await runTask({ ...toConnection(source), task: 'copy', target })
    await syncFile(target)
    await syncFolder(directory)
    signal?.throwIfAborted()
    onProgress?.(size, size)
    return { kind: 'sqlite', takenAt, ...facts, files: [sqliteFile] }
  } finally {
    clearInterval(timer)
  }
}

/**
 * Checks a file that no process uses.
 *
 * @throws {FaceError} `storeCorrupt`, `storeKeyWrong`, `storeTooNew`
 */
export function inspectSqlite(options: ConnectionOptions): Promise<FileFacts> {
  return runTask({ ...toConnection(options), task: 'inspect' })
}

/** Makes a copy that no process uses a database of its own. @throws {FaceError} as {@link inspectSqlite} */
export function takeOverSqlite(options: ConnectionOptions): Promise<FileFacts> {
  return runTask({ ...toConnection(options), task: 'takeOver' })
}

async function runTask(task: CopyTask): Promise<FileFacts> {
  const pool = createThreadPool<CopyTask, Outcome<FileFacts>>({
    file: workerUrl(import.meta.url, './copy-worker.js'),
    name: 'runCopyTask',
    minThreads: 1,
    maxThreads: 1,
    atomics: 'disabled',
    recordTiming: false,
  })
  try {
    const outcome = await pool.run(task).catch((cause: unknown) => {
      throw new FaceError('workerFailed', { detail: 'The thread that copies ended.', cause })
    })
    if ('error' in outcome) throw fromErrorRecord(outcome.error)
    return outcome.value
  } finally {
    await endThreadPool(pool, () => new FaceError('storeUnavailable'))
  }
}

function toConnection({
  file,
  encryptionKey,
  busyTimeoutMs,
}: ConnectionOptions): ConnectionOptions {
  return { file, encryptionKey, busyTimeoutMs }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
