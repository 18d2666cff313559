import type { FmrCurve } from '../../core/types.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Database } from '../../storage/database.ts'
import { findCollectionById } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { ClusterThread } from './cluster-thread.ts'
import { createStrangerPlacer } from './placer.ts'
import { createSightingRecorder, type RecorderStats, type SightingRecorder } from './recorder.ts'
import { expireSightings } from './retention.ts'

/** How often sightings of other processes are looked for that wait, milliseconds, while somebody keeps some. */
const defaultPollMs = 1000
/** How often sightings are looked for whose time is over, milliseconds. */
const defaultExpireMs = 60_000

export interface StrangerKeeperOptions {
  readonly store: Pick<Database, 'strangers' | 'collections'>
  readonly thread: ClusterThread
  readonly curveOf: (modelId: string) => FmrCurve | undefined
  /** Share of the processors that images have left since it was last asked, 0 to 1. */
  readonly idleShare: () => number
  /** `false`: sightings are put to strangers, and erased, when asked only, as in a command that soon ends. Default true. */
  readonly background?: boolean
  readonly pollMs?: number
  readonly expireMs?: number
  readonly logger?: Logger | undefined
}

/** Keeps what collections could not name: writes it, puts it to strangers, and erases it in time. */
export interface StrangerKeeper extends Pick<SightingRecorder, 'written'> {
  /** As {@link SightingRecorder.note}; also without sightings it tells that the collection keeps some. */
  note: SightingRecorder['note']
  /** Resolves when all sightings noted here are whose they are, unless another process sees to that. */
  settle(collection: Collection): Promise<void>
  /** Erases what is not to be kept any more. */
  expire(): Promise<void>
  stats(): RecorderStats
  close(): Promise<void>
}

/** Creates a keeper, which soon looks whether anybody keeps sightings. */
export function createStrangerKeeper(options: StrangerKeeperOptions): StrangerKeeper {
  const { store, background = true, logger } = options
  const { pollMs = defaultPollMs, expireMs = defaultExpireMs } = options
  const placer = createStrangerPlacer({ ...options, store: store.strangers })
  const recorder = createSightingRecorder({ store: store.strangers, onRecorded: wake })
  /**
   * Ids of collections that keep sightings, as far as this process knows: of those that it answers for at
   * once, of the others when it looks for what to erase. Who records sightings puts them to strangers, so the
   * others need not know sooner.
   */
  const keeping = new Set<string>()
  let isInformed = false
  let closing = false
  let running: Promise<void> | undefined
  let again = false
  let isFailing = false
  const timers: NodeJS.Timeout[] = []

  /** @returns all collections that have, or had, sightings; no collection where it is gone */
  async function inform(): Promise<ReadonlyMap<string, Collection | undefined>> {
    const found = new Map<string, Collection | undefined>()
    for (const id of new Set([...(await store.strangers.collections()), ...keeping])) {
      const collection = await findCollectionById(store, id)
      found.set(id, collection)
      if (collection?.keepUnknown === undefined) keeping.delete(id)
      else keeping.add(id)
    }
    isInformed = true
    return found
  }

  async function placeWaiting(): Promise<void> {
    if (!isInformed) await inform()
    if (keeping.size === 0) return
    for (const id of await store.strangers.collections({ waiting: true })) {
      const collection = await findCollectionById(store, id)
      if (closing) return
      if (collection !== undefined) await placer.place(collection)
    }
  }

  async function expire(): Promise<void> {
    for (const [id, collection] of await inform()) {
      const keepUnknown = collection?.keepUnknown
      if (keepUnknown === undefined) await placer.forget(id)
      if (collection === undefined) continue
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
    const poll = () => {
      if (!isInformed || keeping.size > 0) wake()
    }
    timers.push(setInterval(poll, pollMs).unref(), setInterval(expireSoon, expireMs).unref())
  }

  return {
    note(collectionId, sightings) {
      keeping.add(collectionId)
      return recorder.note(collectionId, sightings)
    },
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
      await Promise.all([placer.close(), running, expiring])
    },
  }
}
