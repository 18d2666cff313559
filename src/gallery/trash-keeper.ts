import type { Logger } from '../platform/logger.ts'
import type { HistoryStore } from '../storage/ports/history.ts'

export interface TrashKeeperOptions {
  readonly history: Pick<HistoryStore, 'eraseTrash' | 'expire'>
  /** How long what was deleted can be put back. */
  readonly undoMs: number
  /** How long entries of the history are kept. */
  readonly keepMs: number
  /** How often it is looked for what is to go, default a minute; 0: once. */
  readonly everyMs?: number
  readonly logger?: Logger | undefined
}

/** Records that are erased in one transaction. */
const erasedAtOnce = 100

/**
 * Erases what was deleted when it cannot be put back any more, and old entries of the history: at once,
 * and from time to time. Any number of nodes may do so. A part that fails is tried again the next time.
 */
export function createTrashKeeper(options: TrashKeeperOptions): { close(): Promise<void> } {
  const { history, undoMs, keepMs, everyMs = 60_000, logger } = options
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  const toTime = (ageMs: number) => new Date(Date.now() - ageMs).toISOString()

  async function eraseAll(erase: (limit: number) => Promise<number>): Promise<void> {
    // The last part, which is empty or not full, has looked whether anything is left.
    while (!closed && (await erase(erasedAtOnce)) === erasedAtOnce);
  }

  async function run(): Promise<void> {
    try {
      await eraseAll((limit) => history.eraseTrash(toTime(undoMs), limit))
      await eraseAll((limit) => history.expire(toTime(keepMs), limit))
    } catch (err) {
      if (!closed) logger?.warn({ err }, 'what was deleted is not erased yet; tried again')
    }
    if (!closed && everyMs > 0) timer = setTimeout(start, everyMs).unref()
  }

  function start(): void {
    running = run()
  }

  start()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
