import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { create, ReadEntry, Unpack } from 'tar'
import { FaceError, isFaceError } from '../../core/errors.ts'
import { systemCodeOf, toDiskRefusal } from '../../platform/disk.ts'
import { isAgeHeader } from './age/header.ts'
import type { BackupKey, BackupLock } from './age/keys.ts'
import { decrypt, encrypt } from './age/stream.ts'

/** Size and SHA-256 of a file. */
export interface Digest {
  readonly bytes: number
  readonly sha256: string
}

/** Told how many bytes were read or written since the last time. */
export type OnBytes = (bytes: number) => void

export interface ArchiveOptions {
  readonly signal?: AbortSignal | undefined
  readonly onBytes?: OnBytes | undefined
}

/**
 * Writes files of a folder as one archive, durable when the promise resolves.
 *
 * @param paths  within the folder, in the order of the archive
 * @throws what the signal was aborted with
 * @throws {FaceError} `storeFull`, `invalidOption` when it cannot be written
 */
export async function writeArchive(
  { directory, paths }: { readonly directory: string; readonly paths: readonly string[] },
  { file, lock }: { readonly file: string; readonly lock: BackupLock | undefined },
  { signal, onBytes }: ArchiveOptions = {},
): Promise<Digest> {
  const packed = create({ cwd: directory, portable: true, strict: true }, [...paths])
  const content: AsyncIterable<Uint8Array> = packed as unknown as AsyncIterable<Buffer>
  const hash = createHash('sha256')
  let bytes = 0
  return guardDisk(async () => {
    const out = await open(file, 'wx', 0o600)
    try {
      for await (const piece of lock === undefined ? content : encrypt(content, lock)) {
        signal?.throwIfAborted()
        hash.update(piece)
        bytes += piece.length
        await out.appendFile(piece)
        onBytes?.(piece.length)
      }
      await out.sync()
      return { bytes, sha256: hash.digest('hex') }
    } finally {
      await out.close()
    }
  })
}

/**
 * Unpacks an archive into an empty folder, for its owner only.
 *
 * @param isExpected  which paths it may have; whatever else it has, it is no backup
 * @throws {FaceError} `backupInvalid`, `backupKeyWrong`
 */
export async function readArchive(
  { file, key }: { readonly file: string; readonly key: BackupKey | undefined },
  { directory, isExpected }: { readonly directory: string; isExpected(path: string): boolean },
  { signal, onBytes }: ArchiveOptions = {},
): Promise<void> {
  const content = await openContent(file, key, { signal, onBytes })
  let unexpected: string | undefined
  const unpack = new Unpack({
    cwd: directory,
    strict: true,
    dmode: 0o700,
    // Neither the times nor the modes of another machine.
    noMtime: true,
    filter(path, entry) {
      const isFile = entry instanceof ReadEntry && entry.type === 'File'
      if (!isFile || !isExpected(path)) {
        unexpected ??= path
        return false
      }
      entry.mode = 0o600
      return true
    },
  })
  await guardDisk(async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await pipeline(Readable.from(content), unpack as unknown as NodeJS.WritableStream)
  }).catch((cause: unknown) => {
    if (signal?.aborted || isFaceError(cause)) throw cause
    throw new FaceError('backupInvalid', { detail: 'Its archive cannot be read.', cause })
  })
  if (unexpected === undefined) return
  throw new FaceError('backupInvalid', { detail: 'Its archive has a file that no backup has.' })
}

async function openContent(
  file: string,
  key: BackupKey | undefined,
  options: ArchiveOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const isEncrypted = isAgeHeader(await readBeginning(file))
  if (!isEncrypted) return readPieces(file, options)
  if (key !== undefined) return decrypt(readPieces(file, options), key)
  throw new FaceError('backupKeyWrong', {
    detail: 'It is encrypted; name the file with its key, or with its passphrase.',
  })
}

async function readBeginning(path: string): Promise<Buffer> {
  const file = await guardDisk(() => open(path, 'r'))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function* readPieces(
  file: string,
  { signal, onBytes }: ArchiveOptions,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 18 })) {
    signal?.throwIfAborted()
    onBytes?.(piece.length)
    yield piece
  }
}

/** Size and SHA-256 of a file as it is on the disk. @throws {FaceError} `backupInvalid` when it is not there */
export async function computeDigest(path: string, options: ArchiveOptions = {}): Promise<Digest> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const piece of readPieces(path, options)) {
      hash.update(piece)
      bytes += piece.length
    }
  } catch (cause) {
    if (systemCodeOf(cause) !== 'ENOENT') throw cause
    throw new FaceError('backupInvalid', { detail: 'A file of it is not there.', cause })
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** @throws {FaceError} `backupInvalid` when a file is not as the manifest says */
export async function assertDigests(
  directory: string,
  files: readonly (Digest & { readonly path: string })[],
  options: ArchiveOptions = {},
): Promise<void> {
  for (const { path, bytes, sha256 } of files) {
    const found = await computeDigest(join(directory, path), options)
    if (found.bytes === bytes && found.sha256 === sha256) continue
    throw new FaceError('backupInvalid', { detail: `${path} is not as its manifest says.` })
  }
}

/** Runs `body` and turns the disk's errors into those of the catalogue. */
export async function guardDisk<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (cause) {
    const code = systemCodeOf(cause)
    if (code === undefined) throw cause
    if (toDiskRefusal(cause) === 'full') throw new FaceError('storeFull', { cause })
    throw new FaceError('invalidOption', {
      detail: `A folder or file of backups cannot be used (${code}).`,
      cause,
    })
  }
}
