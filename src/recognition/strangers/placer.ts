import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFaceError } from '../../core/errors.ts'
import type { FmrCurve } from '../../core/types.ts'
import { createSerialQueue } from '../../platform/concurrency/serial-queue.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Placement, StrangerStore } from '../../storage/ports/strangers.ts'
import type { ClusterThread } from './cluster-thread.ts'

/** Sightings that are put to strangers together; a third of a second among 20,000 strangers. */
const sightingsAtOnce = 50
/** Stored strangers that are read together; with five embeddings each, 12 MB at 512 values. */
const recordsAtOnce = 1000
/** Another process takes over after so long from one that died. */
const leaseMs = 10_000
/** Share of the machine's processors that comparing takes while images are being analysed. */
const busyShare = 0.02

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
  /** Whether images are being analysed. */
  readonly isBusy: () => boolean
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
  const { store, thread, curveOf, isBusy } = options
  const holder = randomUUID()
  const known = new Map<string, Known>()
  const turns = createSerialQueue()
  let closing = false

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
      const range = { ...chosen, limit: recordsAtOnce, ...(after === undefined ? {} : { after }) }
      const records = await store.records(set, range)
      if (records.length > 0) await thread.call('restore', { key, records })
      after = records.length < recordsAtOnce ? undefined : records.at(-1)?.id
    } while (after !== undefined)
  }

  /** @returns how many sightings were looked at; `undefined` while another process places them */
  async function placePart(collection: Collection): Promise<number | undefined> {
    const revision = await store.claim(collection.id, { holder, leaseMs })
    if (revision === undefined) return undefined
    const sightings = await store.waiting(collection, sightingsAtOnce)
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

  async function placeAll(collection: Collection, urgent: boolean): Promise<boolean> {
    let failures = 0
    if ((await store.waiting(collection, 1)).length === 0) return true
    for (;;) {
      if (closing) return false
      const started = performance.now()
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
        if (!isFaceError(error, 'workerFailed') || failures++ > 0) throw error
      }
      if (urgent || !isBusy()) continue
      const share = Math.min(1, busyShare * availableParallelism())
      await sleep((performance.now() - started) * (1 / share - 1), undefined, { ref: false })
    }
  }

  async function drop(collectionId: string): Promise<void> {
    const its = known.get(collectionId)
    known.delete(collectionId)
    if (its !== undefined) await thread.call('close', { key: its.key })
  }

  return {
    async place(collection, { urgent = false } = {}) {
      if (curveOf(collection.modelId) === undefined) return true
      return turns.run(() => placeAll(collection, urgent))
    },
    forget: (collectionId) => turns.run(() => drop(collectionId)),
    async close() {
      closing = true
      await turns.run(async () => {})
      await thread.close()
    },
  }
}

function touchedBy({ joined, strangers }: Omit<Placement, 'set'>): readonly string[] {
  return [...joined.map(({ from }) => from), ...strangers.map(({ id }) => id)]
}
