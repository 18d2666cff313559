import { setImmediate } from 'node:timers/promises'
import { isFaceError } from '../core/errors.ts'
import { computeGalleryDifficulty, type GalleryDifficulty } from '../core/gallery-difficulty.ts'
import type { FmrCurve } from '../core/types.ts'
import { createSerialQueue } from '../platform/concurrency/serial-queue.ts'
import type { Logger } from '../platform/logger.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { comparePairsOf, type ReadStore, samplePersons } from './person-sample.ts'

/** Result of comparing a collection with its model's curve. */
export interface DifficultyMeasurement {
  /** Faces that the collection had; one of each of `persons` was taken. */
  readonly faces: number
  readonly persons: number
  /** Pairs of different people. */
  readonly pairs: number
  /** How hard the gallery is; absent when there were too few pairs to say anything. */
  readonly difficulty?: GalleryDifficulty
}

export interface DifficultyInput {
  readonly curve: FmrCurve
  /** How many the collection has now. */
  readonly faces: number
}

/** Measures how alike the people of each collection are, in the background. */
export interface DifficultyMeter {
  /**
   * The last measurement of a collection, if there is one. Begins the next where there is none or
   * the number of faces has changed by a tenth since; a failure is logged and tried again.
   */
  latest(collection: Collection, input: DifficultyInput): DifficultyMeasurement | undefined
  /**
   * The same, but waits for the measurement that is due.
   * @returns `undefined` when it failed or the meter was closed
   */
  measure(
    collection: Collection,
    input: DifficultyInput,
  ): Promise<DifficultyMeasurement | undefined>
  forget(indexId: string): void
  /** Ends what is running, which lasts as long as one read of the store. */
  close(): Promise<void>
}

/** Share of the faces that have to be new or gone before a collection is measured again. */
const outdatedShare = 0.1

interface Entry {
  latest?: DifficultyMeasurement
  running?: Promise<DifficultyMeasurement | undefined>
}

/** Creates a meter. One collection is measured at a time, in small steps on this thread. */
export function createDifficultyMeter({
  store,
  logger,
}: {
  readonly store: ReadStore
  readonly logger?: Logger | undefined
}): DifficultyMeter {
  const entries = new Map<string, Entry>()
  const queue = createSerialQueue()
  const closing = new AbortController()

  function refresh(collection: Collection, input: DifficultyInput): Entry {
    const entry = entries.get(collection.indexId) ?? {}
    entries.set(collection.indexId, entry)
    if (closing.signal.aborted || entry.running || !isOutdated(entry.latest, input.faces)) {
      return entry
    }
    entry.running = queue
      .run(() => measureNow(collection, input))
      .then((measured) => {
        entry.latest = measured
        return measured
      })
      .catch((error: unknown) => {
        const isExpected = closing.signal.aborted || isFaceError(error, 'collectionNotFound')
        if (!isExpected) {
          logger?.warn(
            { err: error, collection: collection.name },
            'the collection could not be compared with the curve of its model',
          )
        }
        return undefined
      })
      .finally(() => {
        delete entry.running
      })
    return entry
  }

  async function measureNow(
    collection: Collection,
    { curve, faces }: DifficultyInput,
  ): Promise<DifficultyMeasurement> {
    const { signal } = closing
    signal.throwIfAborted()
    const { dimension } = collection
    const embeddings = await samplePersons(store, collection, signal)
    const similarities = await comparePairsOf(embeddings, { dimension, signal })
    // A sort of what lies above a threshold: a turn of its own.
    await setImmediate()
    const difficulty = computeGalleryDifficulty(curve, similarities)
    return {
      faces,
      persons: embeddings.length / dimension,
      pairs: similarities.length,
      ...(difficulty === undefined ? {} : { difficulty }),
    }
  }

  return {
    latest: (collection, input) => refresh(collection, input).latest,
    async measure(collection, input) {
      const entry = refresh(collection, input)
      return entry.running ?? entry.latest
    },
    forget(indexId) {
      entries.delete(indexId)
    },
    async close() {
      closing.abort()
      // What waits in the queue ends at once.
      await queue.run(async () => entries.clear())
    },
  }
}

function isOutdated(latest: DifficultyMeasurement | undefined, faces: number): boolean {
  if (latest === undefined) return true
  const changed = Math.abs(faces - latest.faces)
  return changed > 0 && changed >= outdatedShare * latest.faces
}
