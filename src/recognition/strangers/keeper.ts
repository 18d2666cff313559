import type { FmrCurve } from '../../core/types.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Database } from '../../storage/database.ts'
import { findCollectionById } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { ClusterThread } from './cluster-thread.ts'
import { createStrangerPlacer } from './placer.ts'
import { createSightingRecorder, type RecorderStats, type SightingRecorder } from './recorder.ts'
import { expireSightings } from './retention.ts'

/** How often sightings of other processes are looked for that wait, milliseconds. */
const defaultPollMs = 1000
/** How often sightings are looked for whose time is over, milliseconds. */
const defaultExpireMs = 60_000

export interface StrangerKeeperOptions {
  readonly store: Pick<Database, 'strangers' | 'collections'>
  readonly thread: ClusterThread
  readonly curveOf: (modelId: string) => FmrCurve | undefined
  /** Whether images are being analysed. */
  readonly isBusy: () => boolean
  /** `false`: sightings are put to strangers, and erased, when asked only, as in a command that soon ends. Default true. */
  readonly background?: boolean
  readonly pollMs?: number
  readonly expireMs?: number
  readonly logger?: Logger | undefined
}

/** Keeps what collections could not name: writes it, puts it to strangers, and erases it in time. */
export interface StrangerKeeper extends Pick<SightingRecorder, 'note' | 'written'> {
  /** Resolves when all sightings noted here are whose they are, unless another process sees to that. */
  settle(collection: Collection): Promise<void>
  /** Erases what is not to be kept any more. */
  expire(): Promise<void>
  stats(): RecorderStats
  close(): Promise<void>
}

/** Creates a keeper, which looks for sightings at once. */
export function createStrangerKeeper(options: StrangerKeeperOptions): StrangerKeeper {
  const { store, background = true, logger } = options
  const { pollMs = defaultPollMs, expireMs = defaultExpireMs } = options
  const placer = createStrangerPlacer({ ...options, store: store.strangers })
  const recorder = createSightingRecorder({ store: store.strangers, onRecorded: wake })
  let closing = false
  let running: Promise<void> | undefined
  let again = false
  let isFailing = false
  const timers: NodeJS.Timeout[] = []

  async function placeWaiting(): Promise<void> {
    for (const id of await store.strangers.collections({ waiting: true })) {
      const collection = await findCollectionById(store, id)
      if (closing) return
      if (collection !== undefined) await placer.place(collection)
    }
  }

  async function expire(): Promise<void> {
    for (const id of await store.strangers.collections()) {
      const collection = await findCollectionById(store, id)
      if (collection === undefined) {
        await placer.forget(id)
        continue
      }
      const { keepUnknown } = collection
      if (keepUnknown === undefined) await placer.forget(id)
      const isEnding = () => closing
      await expireSightings(store.strangers, id, { keepUnknown, now: Date.now(), isEnding })
    }
  }

  /** A failure is told once, and what was begun is tried again with the next look. */
  async function trying(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      isFailing = false
    } catch (error) {
      if (!isFailing && !closing)
        logger?.warn({ err: error }, 'strangers cannot be kept; tried again')
      isFailing = true
    }
  }

  function wake(): void {
    if (!background || closing) return
    again = true
    running ??= look().finally(() => {
      running = undefined
    })
  }

  async function look(): Promise<void> {
    while (again && !closing) {
      again = false
      await trying(placeWaiting)
    }
  }

  let expiring: Promise<void> | undefined
  function expireSoon(): void {
    expiring ??= trying(expire).finally(() => {
      expiring = undefined
    })
  }

  if (background) {
    timers.push(setInterval(wake, pollMs).unref(), setInterval(expireSoon, expireMs).unref())
  }

  return {
    note: recorder.note,
    written: recorder.written,
    async settle(collection) {
      await recorder.flush()
      await placer.place(collection, { urgent: true })
    },
    expire,
    stats: recorder.stats,
    async close() {
      for (const timer of timers) clearInterval(timer)
      await recorder.close()
      closing = true
      await Promise.all([running, expiring])
      await placer.close()
    },
  }
}
