import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaceError } from '../../core/errors.ts'
import type { OnProgress } from '../../core/progress.ts'
import { syncFolder } from '../../platform/disk.ts'
import type { Database } from '../../storage/database.ts'
import type { BackupLock } from './age/keys.ts'
import { computeDigest, type Digest, guardDisk, writeArchive } from './archive.ts'
import {
  type Backup,
  type KeepRules,
  listBackups,
  noteVerified,
  readBackup,
  removeBackup,
  selectExpired,
  unfinishedPrefix,
} from './backups.ts'
import {
  type BackupManifest,
  backupVersion,
  type ContentManifest,
  formatManifest,
  manifestFile,
} from './manifest.ts'
import { withStage } from './stage.ts'

export interface CreateBackupOptions {
  readonly store: Pick<Database, 'copyInto'>
  readonly dataDir: string
  /** Of backups; it is made when it is not there. */
  readonly directory: string
  /** Version of this program. */
  readonly program: string
  /** Default: the archive is not encrypted. */
  readonly lock?: BackupLock | undefined
  /** Whether the store's own files are. */
  readonly storeEncrypted: boolean
  /** Ids of the models that the user brought. */
  readonly ownModels: readonly string[]
  readonly keep: KeepRules
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/** What was made, and what had to go for it. */
export interface CreatedBackup {
  readonly backup: Backup
  /** Ids of backups that no rule keeps any more. */
  readonly removed: readonly string[]
}

/**
 * Makes a backup while others read and write: a copy of the database as of one moment, which was
 * checked, and the models that cannot be fetched again. It is there whole, or not at all.
 * See [Note: Where a backup is prepared] in stage.ts.
 *
 * @throws what the signal was aborted with
 * @throws {FaceError} `dataInUse` while another one is made of this data folder; `storeFull`,
 *   `storeCorrupt`, `invalidOption` when a folder cannot be written
 */
export async function createBackup(options: CreateBackupOptions): Promise<CreatedBackup> {
  const { dataDir, directory, keep } = options
  await guardDisk(() => mkdir(directory, { recursive: true, mode: 0o700 }))
  return withStage(dataDir, async (stage) => {
    const unfinished = join(directory, `${unfinishedPrefix}${randomBytes(6).toString('hex')}`)
    try {
      await guardDisk(() => mkdir(unfinished, { mode: 0o700 }))
      const content = await stageContent(options, stage)
      const backup = await pack(options, { stage, unfinished, content })
      const { backups } = await listBackups(directory)
      const removed = selectExpired(backups, keep)
      for (const id of removed) await removeBackup(directory, id)
      return { backup, removed }
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  })
}

async function stageContent(
  { store, dataDir, program, storeEncrypted, ownModels, signal, onProgress }: CreateBackupOptions,
  stage: string,
): Promise<ContentManifest> {
  const copy = await store.copyInto(stage, {
    ...(signal === undefined ? {} : { signal }),
    onProgress: (done, total) => onProgress?.({ stage: 'copy', done, total }),
  })
  const paths = [...copy.files]
  for (const id of ownModels) {
    const folder = join(dataDir, 'models', id)
    await guardDisk(() => mkdir(join(stage, 'models', id), { recursive: true, mode: 0o700 }))
    for (const name of (await readdir(folder)).sort()) {
      const path = `models/${id}/${name}`
      await guardDisk(() => copyFile(join(dataDir, path), join(stage, path)))
      paths.push(path)
    }
  }
  const files: (Digest & { readonly path: string })[] = []
  for (const path of paths) files.push({ path, ...(await computeDigest(join(stage, path))) })
  const { kind, schemaVersion, takenAt, counts } = copy
  return {
    ...{ format: 'face-watcher-backup', version: backupVersion, id: toId(takenAt), takenAt },
    program,
    store: { kind, schemaVersion, encrypted: storeEncrypted },
    ...{ counts, models: [...ownModels], files },
  }
}

async function pack(
  { directory, lock, signal, onProgress }: CreateBackupOptions,
  {
    stage,
    unfinished,
    content,
  }: { readonly stage: string; readonly unfinished: string; readonly content: ContentManifest },
): Promise<Backup> {
  const total = content.files.reduce((sum, { bytes }) => sum + bytes, 0)
  const progressOf = (name: string) => {
    let done = 0
    return (bytes: number) => {
      done += bytes
      onProgress?.({ stage: name, done: Math.min(done, total), total })
    }
  }
  await guardDisk(() => writeFile(join(stage, manifestFile), formatManifest(content)))
  const file = lock === undefined ? 'archive.tar' : 'archive.tar.age'
  const path = join(unfinished, file)
  const paths = [manifestFile, ...content.files.map((each) => each.path)]
  const digest = await writeArchive(
    { directory: stage, paths },
    { file: path, lock },
    { signal, onBytes: progressOf('pack') },
  )
  // As the disk gives it back.
  const written = await computeDigest(path, { signal, onBytes: progressOf('compare') })
  if (written.sha256 !== digest.sha256) {
    throw new FaceError('backupInvalid', { detail: 'The disk gave back what was not written.' })
  }
  const encryption = lock?.kind ?? 'none'
  const manifest: BackupManifest = { content, archive: { file, ...digest, encryption } }
  const folder = join(directory, content.id)
  await guardDisk(async () => {
    await writeFile(join(unfinished, manifestFile), formatManifest(manifest), {
      ...{ mode: 0o600, flush: true },
    })
    await noteVerified(unfinished, manifest, { at: new Date().toISOString(), content: false })
    await syncFolder(unfinished)
    await rename(unfinished, folder)
    await syncFolder(directory)
  })
  return readBackup(folder)
}

/** Sorts by time; two of the same second differ. */
function toId(takenAt: string): string {
  const second = takenAt.slice(0, 19).replaceAll(/[-:]/g, '')
  return `${second}Z-${randomBytes(3).toString('hex')}`
}
