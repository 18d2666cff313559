import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { FaceError, isFaceError } from '../../core/errors.ts'
import type { FmrCurve } from '../../core/types.ts'
import { createHurry } from '../../platform/concurrency/hurry.ts'
import { createSerialQueue } from '../../platform/concurrency/serial-queue.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Placement, StrangerStore } from '../../storage/ports/strangers.ts'
import type { ClusterThread } from './cluster-thread.ts'

/** Sightings that are put to strangers together. */
const sightingsAtOnce = 50
/** The same while images leave little. */
const sightingsAtOnceWhenBusy = 10
/** Stored strangers that are read together; with five embeddings each, 3 MB at 512 values. */
const recordsAtOnce = 250
/** Another process takes over after so long from one that died. */
const leaseMs = 10_000
/** Share of the machine's processors that this takes at least, however many images there are. */
const leastShare = 0.01
/** What images leave beyond this share is taken; the rest of an answer, and all else, needs that. */
const sparedShare = 0.25

/** Puts sightings that wait to strangers; of all processes one at a time for a collection. */
export interface StrangerPlacer {
  /**
   * Puts all sightings of a collection that wait to strangers, unless another process does.
   *
   * @param urgent  goes on at full speed also while images are being analysed
   * @returns whether it was this process that did
   */
  place(collection: Collection, options?: { readonly urgent?: boolean }): Promise<boolean>
  /** Forgets the strangers of a collection; they are read again when they are needed. */
  forget(collectionId: string): Promise<void>
  close(): Promise<void>
}

export interface PlacerOptions {
  readonly store: StrangerStore
  readonly thread: ClusterThread
  readonly curveOf: (modelId: string) => FmrCurve | undefined
  /** Share of the processors that images have left since it was last asked, 0 to 1. */
  readonly idleShare: () => number
}

/** What the thread knows of a collection's strangers. */
interface Known {
  readonly key: string
  revision: number
  /** Strangers that the thread has otherwise than they are stored. */
  stale: readonly string[]
}

/** Creates a placer that knows no strangers yet. */
export function createStrangerPlacer(options: PlacerOptions): StrangerPlacer {
  const { store, thread, curveOf, idleShare } = options
  const holder = randomUUID()
  const known = new Map<string, Known>()
  const turns = createSerialQueue()
  let closing = false
  /** Of those who wait for sightings to be placed. */
  const hurry = createHurry()
  /** The share of a thread's time that was there last; 0 before that is known. */
  let ofThread = 0

  /** Waits so that what has begun then takes no more than images leave. */
  async function pause(begun: number): Promise<void> {
    if (closing || hurry.isWanted()) return
    const share = Math.max(leastShare, idleShare() - sparedShare)
    // It is one thread of the machine's.
    ofThread = Math.min(1, share * availableParallelism())
    const pauseMs = (performance.now() - begun) * (1 / ofThread - 1)
    if (pauseMs > 0) await hurry.pause(pauseMs, { ref: false })
  }

  /** Makes the thread know what is stored at this revision. */
  async function catchUp(collection: Collection, revision: number): Promise<Known> {
    const { id, modelId, dimension } = collection
    const key = `${id} ${modelId}`
    const curve = curveOf(modelId) as FmrCurve
    let its = known.get(id)
    if (its?.key !== key) {
      await drop(id)
      await thread.call('open', { key, dimension, curve })
      its = { key, revision: 0, stale: [] }
    }
    if (its.stale.length > 0) {
      await thread.call('remove', { key, ids: its.stale })
      await restore(collection, { key, since: 0, ids: its.stale })
    }
    if (its.revision < revision) {
      await restore(collection, { key, since: its.revision })
      await thread.call('retain', { key, ids: await store.ids(collection) })
    }
    const caughtUp = { key, revision, stale: [] }
    known.set(id, caughtUp)
    return caughtUp
  }

  async function restore(
    set: Collection,
    {
      key,
      ...chosen
    }: { readonly key: string; readonly since: number; readonly ids?: readonly string[] },
  ): Promise<void> {
    let after: string | undefined
    do {
      const begun = performance.now()
      const range = { ...chosen, limit: recordsAtOnce, ...(after === undefined ? {} : { after }) }
      const records = await store.records(set, range)
      if (records.length > 0) await thread.call('restore', { key, records })
      after = records.length < recordsAtOnce ? undefined : records.at(-1)?.id
      if (after === undefined) return
      await pause(begun)
      // Nobody else should read them all meanwhile.
      await store.claim(set.id, { holder, leaseMs })
    } while (!closing)
    throw new FaceError('notReady', { detail: 'This process is ending.' })
  }

  /** @returns how many sightings were looked at; `undefined` while another process places them */
  async function placePart(collection: Collection): Promise<number | undefined> {
    const revision = await store.claim(collection.id, { holder, leaseMs })
    if (revision === undefined) return undefined
    const isBusy = !hurry.isWanted() && ofThread < 1
    const atOnce = isBusy ? sightingsAtOnceWhenBusy : sightingsAtOnce
    const sightings = await store.waiting(collection, atOnce)
    if (sightings.length === 0) return 0
    const its = await catchUp(collection, revision)
    const added = await thread.call('add', {
      key: its.key,
      policy: collection.policy,
      sightings: sightings.map(({ id, embedding }) => ({ id, embedding })),
    })
    its.stale = touchedBy(added)
    const placement = { set: { id: collection.id, modelId: collection.modelId }, ...added }
    const next = await store.place({ holder, revision }, placement)
    // Otherwise somebody else has changed the strangers since.
    if (next !== undefined) Object.assign(its, { revision: next, stale: [] })
    return sightings.length
  }

  async function placeAll(collection: Collection): Promise<boolean> {
    let failures = 0
    if ((await store.waiting(collection, 1)).length === 0) return true
    for (;;) {
      if (closing) return false
      const begun = performance.now()
      try {
        const count = await placePart(collection)
        if (count === undefined) return false
        if (count === 0) {
          // Whoever has sightings next goes on at once.
          await store.claim(collection.id, { holder, leaseMs: 0 })
          return true
        }
        failures = 0
      } catch (error) {
        // What the thread knows is not what it was told, or not all of it.
        known.delete(collection.id)
        if (closing) return false
        if (!isFaceError(error, 'workerFailed') || failures++ > 0) throw error
      }
      await pause(begun)
    }
  }

  async function drop(collectionId: string): Promise<void> {
    const its = known.get(collectionId)
    known.delete(collectionId)
    if (its !== undefined && !closing) await thread.call('close', { key: its.key })
  }

  return {
    async place(collection, { urgent = false } = {}) {
      if (curveOf(collection.modelId) === undefined) return true
      const work = () => turns.run(() => placeAll(collection))
      // What is under way has to end first: it hurries as well.
      return urgent ? hurry.during(work) : work()
    },
    forget: (collectionId) => turns.run(() => drop(collectionId)),
    async close() {
      closing = true
      hurry.endPause()
      await turns.run(async () => {})
      await thread.close()
    },
  }
}

function touchedBy({ joined, strangers }: Omit<Placement, 'set'>): readonly string[] {
  return [...joined.map(({ from }) => from), ...strangers.map(({ id }) => id)]
}
