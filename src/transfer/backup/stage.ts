import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import { FaceError } from '../../core/errors.ts'
import { guardDisk } from './archive.ts'

/** Begins the name of a folder in the data folder in which a backup is prepared or looked at. */
const stagePrefix = '.backup-'
/** What is locked, by a folder beside it: the library knows locks by what they are of. */
const lockedName = '.backup'
// The lock of a process that was killed is free again after this.
const lockStaleMs = 20_000

/**
 * An empty folder within the data folder, for a backup, which is gone afterwards.
 *
 * [Note: Where a backup is prepared] The content of a backup lies in the data folder, beside its
 * original, until it is in the archive: a folder of backups may be another machine's, to be trusted
 * with what is encrypted only. What a process leaves there that is killed may hold what is erased
 * later; the next server that starts on the data folder removes it, as does the next backup.
 *
 * @throws {FaceError} `dataInUse` while another process works with a backup of the data folder
 */
export function withStage<T>(dataDir: string, work: (stage: string) => Promise<T>): Promise<T> {
  return exclusively(dataDir, async () => {
    const stage = join(dataDir, `${stagePrefix}${randomBytes(6).toString('hex')}`)
    try {
      await guardDisk(() => mkdir(stage, { mode: 0o700 }))
      return await work(stage)
    } finally {
      await rm(stage, { recursive: true, force: true })
    }
  })
}

/** Removes what was prepared in a data folder by processes that were killed. */
export async function removeStages(dataDir: string): Promise<void> {
  // Where another process works with one, it has removed the rest.
  await exclusively(dataDir, async () => {}).catch(() => {})
}

async function exclusively<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const release = await lock(join(dataDir, lockedName), {
    realpath: false,
    stale: lockStaleMs,
    // Lost, it is the turn of another process, whose folder has another name.
    onCompromised: () => {},
  }).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ELOCKED') throw cause
    throw new FaceError('dataInUse', {
      detail: 'Another backup of the data folder is being made, verified or restored.',
      cause,
    })
  })
  try {
    for (const name of await readdir(dataDir)) {
      if (!name.startsWith(stagePrefix)) continue
      await rm(join(dataDir, name), { recursive: true, force: true })
    }
    return await work()
  } finally {
    await release().catch(() => {})
  }
}
