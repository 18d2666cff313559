import { setTimeout as sleep } from 'node:timers/promises'
import { isFaceError } from '../../core/errors.ts'
import { createHurry } from '../../platform/concurrency/hurry.ts'
import { createUlidSource } from '../../platform/ulid.ts'
import type { NewSighting, StrangerStore } from '../../storage/ports/strangers.ts'

/** Sightings that wait to be written; with crops some tens of megabytes. */
const maxQueued = 1000
/** Sightings that are written together. */
const maxWritten = 100
/**
 * After a write further sightings are gathered for so long, unless somebody waits for them: written one
 * by one, a hundred a second take a tenth of a processor.
 */
const gatherMs = 500
/** Between two attempts at a database that cannot be reached. */
const retryMs = 1000

/** What became of sightings since the start. */
export interface RecorderStats {
  readonly queued: number
  readonly recorded: number
  /** Not kept because the queue was full, or the database refused them. */
  readonly dropped: number
}

/** Writes sightings after the answer they come from has been given. */
export interface SightingRecorder {
  /**
   * Never waits and never throws; what the queue has no room for is dropped and counted.
   *
   * @returns for each sighting the id that it will have; `undefined` where it was dropped
   */
  note(collectionId: string, sightings: readonly NewSighting[]): readonly (string | undefined)[]
  /** Resolves when a sighting noted here is written or dropped; at once for any other. */
  written(sightingId: string): Promise<void>
  /** Resolves when everything noted so far is written or dropped. */
  flush(): Promise<void>
  stats(): RecorderStats
  /** Writes what is left, if the database can be reached. */
  close(): Promise<void>
}

export interface RecorderOptions {
  readonly store: Pick<StrangerStore, 'record'>
  /** Told of collections whose sightings were written. */
  readonly onRecorded: (collectionId: string) => void
}

interface Queued {
  readonly collectionId: string
  readonly sighting: NewSighting
}

/** Creates a recorder with an empty queue. */
export function createSightingRecorder({ store, onRecorded }: RecorderOptions): SightingRecorder {
  const queue: Queued[] = []
  const newId = createUlidSource()
  let writing: Promise<void> | undefined
  /** What is being done: sightings are written together, or gathered. */
  let step: Promise<void> = Promise.resolve()
  /** Of those who wait for what is in the queue. */
  const hurry = createHurry()
  let closing = false
  let recorded = 0
  let dropped = 0

  /** The next sightings of one collection, which stay in the queue. */
  function next(): readonly Queued[] {
    const [first] = queue
    const end = queue.findIndex(({ collectionId }) => collectionId !== first?.collectionId)
    return queue.slice(0, Math.min(maxWritten, end === -1 ? queue.length : end))
  }

  async function writePart(part: readonly Queued[]): Promise<void> {
    const [{ collectionId }] = part as [Queued]
    try {
      await store.record(
        collectionId,
        part.map(({ sighting }) => sighting),
      )
      recorded += part.length
      onRecorded(collectionId)
    } catch (error) {
      // What the database will take another time is kept for then.
      if (isFaceError(error) && error.kind === 'capacity' && !closing) {
        await sleep(retryMs, undefined, { ref: false })
        return
      }
      dropped += part.length
    }
    queue.splice(0, part.length)
  }

  async function write(): Promise<void> {
    for (let part = next(); part.length > 0; part = next()) {
      step = writePart(part)
      await step
      if (hurry.isWanted() || queue.length >= maxWritten) continue
      step = hurry.pause(gatherMs)
      await step
    }
  }

  function begin(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined
    })
    return writing
  }

  function flush(): Promise<void> {
    return hurry.during(async () => {
      while (queue.length > 0) await begin()
    })
  }

  return {
    note(collectionId, sightings) {
      const room = closing ? 0 : Math.max(0, maxQueued - queue.length)
      dropped += Math.max(0, sightings.length - room)
      const ids = sightings.map((sighting, i) => {
        if (i >= room) return undefined
        const id = newId()
        queue.push({ collectionId, sighting: { ...sighting, id } })
        return id
      })
      if (queue.length > 0) void begin()
      if (queue.length >= maxWritten) hurry.endPause()
      return ids
    },
    written: (sightingId) =>
      hurry.during(async () => {
        while (queue.some(({ sighting }) => sighting.id === sightingId)) await step
      }),
    flush,
    stats: () => ({ queued: queue.length, recorded, dropped }),
    async close() {
      closing = true
      await flush()
    },
  }
}
