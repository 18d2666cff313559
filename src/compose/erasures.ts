import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Logger } from '../platform/logger.ts'
import type { Database } from '../storage/database.ts'
import { addErasures, collectErasures, ledgerFile } from '../transfer/backup/erasures.ts'
import { removeStages } from '../transfer/backup/stage.ts'

/** Folder of backups. */
export function toBackupDirectory({ backup, dataDir }: Config): string {
  return backup.directory === '' ? join(dataDir, 'backups') : backup.directory
}

/**
 * Writes down who was deleted, in the data folder and beside the backups; see [Note: Erasures outlive
 * backups] in erasures.ts.
 */
export async function writeErasures(
  config: Config,
  store: Database,
  since?: string,
): Promise<void> {
  const erasures = await collectErasures(store, since)
  const folders = [config.dataDir, toBackupDirectory(config)].filter((folder) => existsSync(folder))
  for (const folder of folders) await addErasures(join(folder, ledgerFile), erasures)
}

const writeEveryMs = 60_000
/** Clocks of nodes differ, and so do the times of their entries. */
const overlapMs = 600_000

/** Writes down who was deleted, at once and about every minute, and removes what killed backups left. */
export function createErasureWriter(
  config: Config,
  store: Database,
  logger?: Logger,
): { close(): Promise<void> } {
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = removeStages(config.dataDir)
  let isFailing = false
  /** All before was written down. */
  let since: string | undefined

  async function run(): Promise<void> {
    try {
      const until = new Date(Date.now() - overlapMs).toISOString()
      await writeErasures(config, store, since)
      since = until
      isFailing = false
    } catch (err) {
      if (!isFailing && !closed)
        logger?.warn({ err }, 'erasures cannot be written down; tried again')
      isFailing = true
    }
    if (!closed) timer = setTimeout(start, writeEveryMs).unref()
  }

  function start(): void {
    running = running.then(run)
  }

  start()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await running
      await writeErasures(config, store, since).catch(() => {})
    },
  }
}
