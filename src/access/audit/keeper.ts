import type { Logger } from '../../platform/logger.ts'
import type { Database } from '../../storage/database.ts'
import { appendAnchor, createAnchor, toSealText } from './anchors.ts'
import type { SigningKey } from './signing-key.ts'
import { toHeadCode } from './verification.ts'

export interface AuditKeeperOptions {
  readonly store: Pick<Database, 'audit'>
  readonly key: SigningKey
  /** Where anchors are added. */
  readonly anchorFile: string
  /** How often; 0: never. */
  readonly anchorMs: number
  /** How long entries are kept. */
  readonly keepMs: number
  readonly logger?: Logger | undefined
}

export interface AuditKeeper {
  /** Makes an anchor, if there is a new entry. */
  anchor(): Promise<void>
  /** Removes entries whose time is over, and enters seals for them. */
  expire(): Promise<void>
  close(): Promise<void>
}

const expireEveryMs = 3_600_000
/** Entries that are removed in one transaction. */
const removedAtOnce = 500

/** Writes anchors and removes what is too old, from time to time. Any number of nodes may do so. */
export function createAuditKeeper(options: AuditKeeperOptions): AuditKeeper {
  const { store, key, anchorFile, anchorMs, keepMs, logger } = options
  let anchored = ''
  let closed = false
  let running: Promise<void> = Promise.resolve()

  async function anchor(): Promise<void> {
    const heads = await store.audit.heads()
    if (heads.length === 0 || JSON.stringify(heads) === anchored) return
    const at = new Date().toISOString()
    const made = createAnchor(key, heads, at)
    appendAnchor(anchorFile, made)
    logger?.info({ audit: made }, 'an anchor of the audit log')
    const event = { kind: 'auditAnchored', details: { heads: heads.map(toHeadCode) } } as const
    const actor = { kind: 'library', id: 'audit', name: 'audit log' } as const
    await store.audit.append([{ event, at, context: { actor } }])
    // Its own entry makes no other one.
    anchored = JSON.stringify(await store.audit.heads())
  }

  async function expire(): Promise<void> {
    const before = new Date(Date.now() - keepMs).toISOString()
    while (!closed) {
      const seal = await store.audit.sealable(before, removedAtOnce)
      if (!seal) return
      const signature = key.sign(toSealText(seal))
      const removed = await store.audit.seal(seal, { key: key.id, signature })
      // Another node does it.
      if (removed === 0) return
    }
  }

  function start(work: () => Promise<void>): void {
    if (closed) return
    running = running.then(work).catch((err: unknown) => {
      if (!closed) logger?.warn({ err }, 'the audit log is not taken care of; tried again')
    })
  }

  const timers = [
    ...(anchorMs > 0 ? [setInterval(() => start(anchor), anchorMs)] : []),
    setInterval(() => start(expire), expireEveryMs),
  ]
  for (const timer of timers) timer.unref()
  start(expire)
  if (anchorMs > 0) start(anchor)
  return {
    anchor,
    expire,
    async close() {
      for (const timer of timers) clearInterval(timer)
      if (anchorMs > 0) start(anchor)
      closed = true
      await running
    },
  }
}
