import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaceError, isFaceError } from '../../core/errors.ts'
import type { OnProgress } from '../../core/progress.ts'
import type { DatabaseCopy } from '../../storage/ports/copies.ts'
import type { BackupKey } from './age/keys.ts'
import { assertDigests, computeDigest, readArchive } from './archive.ts'
import { type Backup, noteVerified, readBackup } from './backups.ts'
import {
  type ContentManifest,
  formatManifest,
  manifestFile,
  parseContentManifest,
} from './manifest.ts'
import { withStage } from './stage.ts'

/** What a database file has in it; adapters know. */
export type InspectCopy = (
  directory: string,
  kind: DatabaseCopy['kind'],
) => Promise<Pick<DatabaseCopy, 'schemaVersion' | 'counts'>>

export interface UnpackOptions {
  /** Of the backup. */
  readonly folder: string
  readonly key?: BackupKey | undefined
  /** An empty folder, or none, that gets the content. */
  readonly directory: string
  readonly inspect: InspectCopy
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/**
 * Unpacks a backup and checks all of it: the archive and each of its files by SHA-256, that it is what
 * its folder says, and the database by SQLite's own check.
 *
 * @throws what the signal was aborted with
 * @throws {FaceError} `backupNotFound`, `backupInvalid`, `backupKeyWrong`, `storeKeyWrong`,
 *   `storeTooNew`, `storeFull`
 */
export async function unpackBackup(options: UnpackOptions): Promise<Backup> {
  const { folder, directory, key, signal, onProgress } = options
  const backup = await assertArchive(options)
  const { archive, content } = backup
  const paths = new Set([manifestFile, ...content.files.map(({ path }) => path)])
  let done = 0
  const onBytes = (bytes: number) => {
    done += bytes
    onProgress?.({ stage: 'unpack', done, total: archive.bytes })
  }
  const file = join(folder, archive.file)
  const isExpected = (path: string) => paths.delete(path)
  await readArchive({ file, key }, { directory, isExpected }, { signal, onBytes })
  await assertSameManifest(directory, content)
  await assertDigests(directory, content.files, { signal })
  await assertDatabase(options, content)
  return backup
}

/** The backup, whose archive is as its folder says. @throws {FaceError} `backupNotFound`, `backupInvalid` */
async function assertArchive({ folder, signal, onProgress }: UnpackOptions): Promise<Backup> {
  const backup = await readBackup(folder)
  const { archive } = backup
  let done = 0
  const onBytes = (bytes: number) => {
    done += bytes
    onProgress?.({ stage: 'compare', done, total: archive.bytes })
  }
  const found = await computeDigest(join(folder, archive.file), { signal, onBytes })
  if (found.bytes === archive.bytes && found.sha256 === archive.sha256) return backup
  throw new FaceError('backupInvalid', { detail: 'Its archive is not as its manifest says.' })
}

/** The one beside an archive can be exchanged by whoever may write there; the one within it cannot. */
async function assertSameManifest(directory: string, content: ContentManifest): Promise<void> {
  const text = await readFile(join(directory, manifestFile), 'utf8').catch((cause: unknown) => {
    throw new FaceError('backupInvalid', { detail: 'Its archive has no manifest.', cause })
  })
  if (formatManifest(parseContentManifest(text)) === formatManifest(content)) return
  throw new FaceError('backupInvalid', {
    detail: 'What its folder says is not what its archive says.',
  })
}

async function assertDatabase(
  { inspect, directory }: UnpackOptions,
  { counts, store }: ContentManifest,
): Promise<void> {
  const found = await inspect(directory, store.kind).catch((cause: unknown) => {
    if (!isFaceError(cause, 'storeCorrupt')) throw cause
    throw new FaceError('backupInvalid', { detail: 'Its database is damaged.', cause })
  })
  const isSame =
    found.schemaVersion === store.schemaVersion &&
    found.counts.collections === counts.collections &&
    found.counts.persons === counts.persons &&
    found.counts.faces === counts.faces
  if (isSame) return
  throw new FaceError('backupInvalid', { detail: 'Its database is not as its manifest says.' })
}

/**
 * Verifies a backup as a restore would, and notes it. Without the key of an encrypted one its archive
 * alone is compared.
 *
 * @throws {FaceError} as {@link unpackBackup}
 */
export async function verifyBackup({
  dataDir,
  ...options
}: Omit<UnpackOptions, 'directory'> & { readonly dataDir: string }): Promise<Backup> {
  const at = new Date().toISOString()
  return withStage(dataDir, async (directory) => {
    const { archive } = await readBackup(options.folder)
    const isClosed = archive.encryption !== 'none' && options.key === undefined
    const all = { ...options, directory }
    const backup = isClosed ? await assertArchive(all) : await unpackBackup(all)
    const verified = { at, content: !isClosed }
    await noteVerified(options.folder, backup, verified)
    return { ...backup, verified }
  })
}
