import { FaceError } from '../../core/errors.ts'
import { createSerialQueue } from '../../platform/concurrency/serial-queue.ts'
import type { Logger } from '../../platform/logger.ts'
import { computeLargestNorm, toLengthError } from '../table/norms.ts'
import type { VectorIndex } from '../vector-index.ts'
import { MilvusCollectionGone } from './client.ts'
import type { MilvusCollection } from './collection.ts'
import { createMilvusOverlay } from './overlay.ts'
import { searchMerged } from './search.ts'
import { createMilvusState } from './state.ts'
import { removeFaces, settleChanges, writeFaces } from './writer.ts'

export interface MilvusIndexOptions {
  readonly dimension: number
  /** How long a write may wait for Milvus to show those before it. */
  readonly timeoutMs: number
  readonly logger: Logger | undefined
  /** Called when the index was destroyed. */
  readonly onEnd: () => void
}

/** An index as its provider sees it. */
export interface MilvusIndex {
  readonly index: VectorIndex
  /** Finishes what was begun; other calls then fail with `notReady`. */
  close(): Promise<void>
}

/** How often Milvus is asked whether it shows the recent changes. */
const settleMs = 1000

/** Creates the index of one collection; nothing is asked of Milvus before the first call. */
export function createMilvusIndex(
  collection: MilvusCollection,
  options: MilvusIndexOptions,
): MilvusIndex {
  const { dimension, timeoutMs, logger, onEnd } = options
  const overlay = createMilvusOverlay()
  const state = createMilvusState(collection, { logger, onChange: () => overlay.clear() })
  const queue = createSerialQueue()
  let lost = false
  let ended: 'notReady' | 'collectionNotFound' | undefined
  let timer: NodeJS.Timeout | undefined

  /** Runs a call that needs what this node knows; rows that are gone make it worthless. */
  async function guard<T>(body: () => Promise<T>): Promise<T> {
    if (ended) throw new FaceError(ended)
    if (lost) throw new FaceError('workerFailed', { detail: 'The Milvus collection was replaced.' })
    const { rows } = state
    try {
      return await body()
    } catch (error) {
      if (!(error instanceof MilvusCollectionGone)) throw error
      // Otherwise this node itself has replaced them meanwhile.
      if (rows === state.rows) lost = true
      throw new FaceError('workerFailed', { detail: error.message, cause: error })
    }
  }

  /** Changes happen one after the other, in the order of the calls. */
  function change<T>(body: () => Promise<T>): Promise<T> {
    return queue.run(() => guard(body)).finally(settleLater)
  }

  /** Runs a change after which this node knows its rows again. */
  function renew<T>(body: () => Promise<T>): Promise<T> {
    return queue.run(() => {
      lost = false
      return guard(body)
    })
  }

  function settleLater(): void {
    if (ended || lost || overlay.size === 0) return
    timer ??= setTimeout(async () => {
      // What cannot be asked now is asked the next time.
      await guard(settle).catch(() => {})
      timer = undefined
      settleLater()
    }, settleMs).unref()
  }

  async function settle(): Promise<void> {
    if (!state.rows) return
    const returned = await settleChanges(state.rows, overlay)
    if (returned.length === 0) return
    // Behind what waits; and not those that were changed meanwhile.
    void change(async () => {
      const due = new Set(overlay.due())
      const faceIds = returned.filter((item) => due.has(item)).map(({ faceId }) => faceId)
      if (state.rows) await removeFaces({ rows: state.rows, overlay }, faceIds)
    }).catch(() => {})
  }

  function end(code: NonNullable<typeof ended>): void {
    ended = code
    clearTimeout(timer)
    overlay.clear()
  }

  const size = (): Promise<number> => guard(async () => state.rows?.count() ?? 0)

  const index: VectorIndex = {
    kind: 'milvus',
    dimension,
    size,
    status: async () => ({ faces: await size(), changesNotShownYet: overlay.size }),

    async upsert(faceIds, vectors) {
      checkVectors(vectors, dimension, faceIds.length)
      await change(async () => {
        if (!state.rows) await state.clear()
        const latest = new Map(
          faceIds.map((id, i) => [id, vectors.slice(i * dimension, (i + 1) * dimension)]),
        )
        await writeFaces({ rows: state.rows!, overlay, timeoutMs }, latest)
      })
    },

    remove: (faceIds) =>
      change(async () => {
        if (state.rows) await removeFaces({ rows: state.rows, overlay }, faceIds)
      }),

    async search(probes, best, more = 0) {
      checkVectors(probes, dimension)
      const k = best + more
      if (!Number.isSafeInteger(k) || k < 0) {
        throw new FaceError('invalidOption', { detail: 'k must be a whole number from 0 on.' })
      }
      return guard(async () => {
        const { rows } = state
        if (k > 0 && rows) return searchMerged({ rows, overlay, dimension }, probes, k)
        return Array.from({ length: probes.length / dimension }, () => [])
      })
    },

    ids: () => change(async () => state.rows?.listIds() ?? []),

    vectors: (faceIds) =>
      guard(async () => {
        const found = await state.rows?.findVectors(faceIds, { strong: true })
        const out = new Float32Array(faceIds.length * dimension).fill(Number.NaN)
        for (const [i, id] of faceIds.entries()) {
          const vector = found?.get(id)
          if (vector) out.set(vector, i * dimension)
        }
        return out
      }),

    optimize: () => change(async () => state.rows?.flush()),
    save: (cursor) => change(() => state.save(cursor)),
    load: () => renew(state.load),
    clear: () => renew(state.clear),

    destroy: () =>
      renew(async () => {
        await state.destroy()
        end('collectionNotFound')
        onEnd()
      }),
  }

  return { index, close: () => queue.run(async () => end('notReady')) }
}

function checkVectors(vectors: Float32Array, dimension: number, rows?: number): void {
  const fits =
    rows === undefined ? vectors.length % dimension === 0 : vectors.length === rows * dimension
  if (!fits) throw toLengthError(vectors.length, dimension)
  computeLargestNorm(vectors, dimension)
}
