import type { Logger } from '../platform/logger.ts'
import type { Keys } from './keys.ts'

const dayMs = 86_400_000

export interface KeyExpiryOptions {
  readonly keys: Pick<Keys, 'endingSoon'>
  readonly logger: Logger
  /** Default a day. */
  readonly everyMs?: number
}

/**
 * Warns in the log of keys that end soon, at once and every day, until it is closed. Their names may
 * be people's, so the log has their ids and first characters.
 */
export function createKeyExpiryWarner(options: KeyExpiryOptions): { close(): Promise<void> } {
  const { keys, logger, everyMs = dayMs } = options
  let closed = false
  let running: Promise<void> = Promise.resolve()

  async function warn(): Promise<void> {
    try {
      for (const { id, prefix, expiresAt } of await keys.endingSoon()) {
        if (closed) return
        logger.warn({ key: id, prefix, expiresAt }, 'an API key ends soon; rotate it')
      }
    } catch (err) {
      if (!closed) logger.warn({ err }, 'it is not known whether API keys end soon')
    }
  }

  const start = () => {
    running = warn()
  }
  start()
  const timer = setInterval(start, everyMs).unref()
  return {
    async close() {
      closed = true
      clearInterval(timer)
      await running
    },
  }
}
