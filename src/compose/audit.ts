import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Audit, createAudit } from '../access/audit/audit.ts'
import { type AuditLog, createAuditLog } from '../access/audit/audit-log.ts'
import { createAuditKeeper } from '../access/audit/keeper.ts'
import { loadSigningKey } from '../access/audit/signing-key.ts'
import type { Config } from '../config/config.ts'
import type { Logger } from '../platform/logger.ts'
import type { AuditSink } from '../recognition/audit-sink.ts'
import type { Database } from '../storage/database.ts'
import { createDataDir, openStore } from './storage.ts'

const dayMs = 24 * 3_600_000
const minuteMs = 60_000

/** The audit log of a program. */
export interface ComposedAudit {
  readonly audit: Audit
  readonly log: AuditLog
  readonly sink: AuditSink
  close(): Promise<void>
}

/**
 * The audit log over a database, with the key of the data directory.
 *
 * @param options.shortLived  makes no anchors and removes nothing
 * @throws {FaceError} `dataDirUnusable`, `invalidConfig`
 */
export function composeAudit(
  config: Config,
  store: Database,
  { logger, shortLived }: { readonly logger?: Logger | undefined; readonly shortLived: boolean },
): ComposedAudit {
  const { decisions, keepDays, anchorMinutes } = config.audit
  const files = toFiles(config)
  const key = loadSigningKey(files.key)
  const log = createAuditLog({ audit: store.audit, logger })
  const audit = createAudit({ store, key, anchorFile: files.anchors, hasAnchors: existsSync })
  const keeper = shortLived
    ? undefined
    : createAuditKeeper({
        ...{ store, key, logger, anchorFile: files.anchors },
        anchorMs: anchorMinutes * minuteMs,
        keepMs: keepDays * dayMs,
      })
  return {
    audit,
    log,
    sink: { decisions, note: log.note, tally: log.tally },
    async close() {
      await log.close()
      await keeper?.close()
    },
  }
}

function toFiles({ dataDir, audit }: Config): { readonly key: string; readonly anchors: string } {
  return {
    key: audit.keyFile === '' ? join(dataDir, 'audit-key.pem') : resolve(dataDir, audit.keyFile),
    anchors:
      audit.anchorFile === ''
        ? join(dataDir, 'audit-anchors.jsonl')
        : resolve(dataDir, audit.anchorFile),
  }
}

/**
 * The audit log of the configured store, for commands that need nothing else.
 *
 * @throws {FaceError} as {@link openStore} and {@link composeAudit}
 */
export async function withAudit<T>(config: Config, use: (audit: Audit) => Promise<T>): Promise<T> {
  createDataDir(config.dataDir)
  const store = await openStore(config)
  try {
    const { audit, close } = composeAudit(config, store, { shortLived: true })
    try {
      return await use(audit)
    } finally {
      await close()
    }
  } finally {
    await store.close()
  }
}
