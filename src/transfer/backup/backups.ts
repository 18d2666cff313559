import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { FaceError, isFaceError } from '../../core/errors.ts'
import { syncFolder, systemCodeOf } from '../../platform/disk.ts'
import { guardDisk } from './archive.ts'
import { type BackupManifest, manifestFile, parseBackupManifest } from './manifest.ts'

/** Begins the name of a folder that is written, or removed. */
export const unfinishedPrefix = '.unfinished-'
const folderPattern = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/
const verifiedFile = 'verified.json'

/** When a backup was verified last, and how. */
export interface Verified {
  /** ISO 8601, UTC. */
  readonly at: string
  /** Whether it was unpacked and its database looked at, or its archive alone. */
  readonly content: boolean
}

/** A backup that is there. */
export interface Backup extends BackupManifest {
  readonly id: string
  readonly verified?: Verified
}

/** A folder of backups that cannot be read. */
export interface UnreadableBackup {
  readonly id: string
  readonly problem: string
}

/** The backups of a folder, newest first, and what looks like one and cannot be read. */
export async function listBackups(directory: string): Promise<{
  readonly backups: readonly Backup[]
  readonly unreadable: readonly UnreadableBackup[]
}> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return []
    throw error
  })
  const backups: Backup[] = []
  const unreadable: UnreadableBackup[] = []
  for (const id of names
    .filter((name) => folderPattern.test(name))
    .sort()
    .reverse()) {
    try {
      backups.push(await readBackup(join(directory, id)))
    } catch (error) {
      if (!isFaceError(error)) throw error
      unreadable.push({ id, problem: error.message })
    }
  }
  return { backups, unreadable }
}

/**
 * The backup in a folder.
 *
 * @throws {FaceError} `backupNotFound`, `backupInvalid`
 */
export async function readBackup(folder: string): Promise<Backup> {
  const text = await readFile(join(folder, manifestFile), 'utf8').catch((cause: unknown) => {
    const code = systemCodeOf(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new FaceError('backupNotFound', { cause })
    throw new FaceError('backupInvalid', { detail: `It cannot be read (${code}).`, cause })
  })
  const manifest = parseBackupManifest(text)
  const verified = await readVerified(folder, manifest)
  return { id: manifest.content.id, ...manifest, ...(verified && { verified }) }
}

async function readVerified(
  folder: string,
  { archive }: BackupManifest,
): Promise<Verified | undefined> {
  try {
    const value = JSON.parse(await readFile(join(folder, verifiedFile), 'utf8'))
    const { at, content, sha256 } = value as Verified & { readonly sha256: string }
    if (sha256 === archive.sha256 && typeof at === 'string')
      return { at, content: content === true }
  } catch {
    // It was never verified; or that is not known, which comes to the same.
  }
  return undefined
}

/** Notes that a backup was verified. */
export async function noteVerified(
  folder: string,
  { archive }: BackupManifest,
  verified: Verified,
): Promise<void> {
  const text = `${JSON.stringify({ ...verified, sha256: archive.sha256 })}\n`
  // A backup on a disk that cannot be written is verified all the same.
  await writeFileAtomic(join(folder, verifiedFile), text, { mode: 0o600 }).catch(() => {})
}

/** How many backups are kept; 0 where a rule keeps none. */
export interface KeepRules {
  /** The newest ones. */
  readonly last: number
  /** The newest one of each of the last days, weeks and months that have one, by UTC. */
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
}

/**
 * Which backups may go: those that no rule keeps. Without any rule, none; and never the newest one that
 * was verified.
 *
 * @param backups  newest first
 */
export function selectExpired(
  backups: readonly Pick<Backup, 'id' | 'content' | 'verified'>[],
  { last, daily, weekly, monthly }: KeepRules,
): readonly string[] {
  if (last + daily + weekly + monthly === 0) return []
  const kept = new Set(backups.slice(0, last).map(({ id }) => id))
  const keepNewestOf = (periods: number, toPeriod: (takenAt: string) => string) => {
    const seen = new Set<string>()
    for (const { id, content } of backups) {
      const period = toPeriod(content.takenAt)
      if (seen.has(period)) continue
      if (seen.size >= periods) return
      seen.add(period)
      kept.add(id)
    }
  }
  keepNewestOf(daily, (takenAt) => takenAt.slice(0, 10))
  keepNewestOf(weekly, toWeek)
  keepNewestOf(monthly, (takenAt) => takenAt.slice(0, 7))
  const verified = backups.find((backup) => backup.verified !== undefined)
  if (verified !== undefined) kept.add(verified.id)
  return backups.map(({ id }) => id).filter((id) => !kept.has(id))
}

/** The Monday of a time's week. */
function toWeek(time: string): string {
  const date = new Date(time)
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
  return date.toISOString().slice(0, 10)
}

/** Removes a backup: it is there whole, or not at all. */
export async function removeBackup(directory: string, id: string): Promise<void> {
  await guardDisk(async () => {
    const going = join(directory, `${unfinishedPrefix}${id}`)
    await rename(join(directory, id), going)
    await syncFolder(directory)
    await rm(going, { recursive: true })
  })
}
