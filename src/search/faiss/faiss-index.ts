import { FaceError } from '../../core/errors.ts'
import { toLists } from '../table/hits.ts'
import type { SearchCandidate, VectorIndex } from '../vector-index.ts'
import type { FaissTarget, SnapshotRejection } from './snapshot.ts'
import type { FaissOperation, FaissOperations, FaissTask } from './worker.ts'

/** Floats of vectors in one message (2 MiB). */
const batchFloats = 2 ** 19
const idsPerMessage = 16_384
const probesPerMessage = 64

/** What an index needs of its provider. */
export interface FaissHost {
  call(task: FaissTask, transferList?: ArrayBuffer[]): Promise<unknown>
  path(collectionId: string): string | undefined
  rejected(collectionId: string, reason: SnapshotRejection): void
  forget(collectionId: string): void
}

/** An index as its provider sees it. */
export interface FaissIndex {
  readonly index: VectorIndex
  /** Resolves when no change and no save is under way, and ends a rebuild. */
  stop(): Promise<void>
}

/**
 * Makes the side of an index that callers see; it checks lengths, cuts work into messages and keeps
 * changes in order. The vectors are with the worker, which must be told to `open` first (`clear`).
 */
export function createFaissIndex(
  host: FaissHost,
  collectionId: string,
  { target, lossy }: { readonly target: FaissTarget; readonly lossy: boolean },
): FaissIndex {
  const { dimension } = target
  const path = host.path(collectionId)
  const rowsPerMessage = Math.max(1, Math.floor(batchFloats / dimension))
  let changes: Promise<unknown> = Promise.resolve()
  let saving: Promise<unknown> = Promise.resolve()
  let destroyed = false

  async function call<O extends FaissOperation>(
    operation: O,
    task: FaissOperations[O]['task'],
    transferList?: ArrayBuffer[],
  ): Promise<FaissOperations[O]['result']> {
    if (destroyed) throw new FaceError('collectionNotFound')
    const message = { operation, collectionId, ...task } as unknown as FaissTask
    return (await host.call(message, transferList)) as FaissOperations[O]['result']
  }

  /** Changes happen one after the other, in the order of the calls. */
  function change<T>(action: () => Promise<T>): Promise<T> {
    const result = changes.then(action)
    changes = result.catch(() => undefined)
    return result
  }

  /** Changes that replace everything also wait for a save. */
  function replace<T>(action: () => Promise<T>): Promise<T> {
    return change(async () => {
      await saving
      return action()
    })
  }

  function checkLength(vectors: Float32Array, rows?: number): void {
    const fits =
      rows === undefined ? vectors.length % dimension === 0 : vectors.length === rows * dimension
    if (fits) return
    throw new FaceError('dimensionMismatch', {
      detail: `Expected vectors of ${dimension} numbers, got ${vectors.length} numbers.`,
      info: { expected: dimension },
    })
  }

  const index: VectorIndex = {
    kind: 'faiss',
    dimension,
    lossy,
    size: () => call('size', {}),
    status: async () => ({ faces: await call('size', {}), factory: target.factory, lossy }),

    async upsert(faceIds, vectors) {
      checkLength(vectors, faceIds.length)
      await change(async () => {
        for (let from = 0; from < faceIds.length; from += rowsPerMessage) {
          const to = from + rowsPerMessage
          const part = vectors.slice(from * dimension, to * dimension)
          const task = { faceIds: faceIds.slice(from, to), vectors: part }
          await call('upsert', task, [part.buffer])
        }
      })
    },

    async remove(faceIds) {
      await change(() => call('remove', { faceIds }))
    },

    async search(probes, best, more = 0) {
      checkLength(probes)
      const k = best + more
      if (!Number.isSafeInteger(k) || k < 0) {
        throw new FaceError('invalidOption', { detail: 'k must be a whole number from 0 on.' })
      }
      const found: (readonly SearchCandidate[])[] = []
      for (let from = 0; from < probes.length; from += probesPerMessage * dimension) {
        const part = probes.slice(from, from + probesPerMessage * dimension)
        const hits = await call('search', { probes: part, k }, [part.buffer])
        for (const list of toLists(hits)) found.push(list)
      }
      return found
    },

    // No change comes between the pages.
    ids: () =>
      change(async () => {
        const ids: string[] = []
        for (;;) {
          const page = await call('ids', { from: ids.length, limit: idsPerMessage })
          for (const id of page) ids.push(id)
          if (page.length < idsPerMessage) return ids
        }
      }),

    async vectors(faceIds) {
      const out = new Float32Array(faceIds.length * dimension)
      for (let from = 0; from < faceIds.length; from += rowsPerMessage) {
        const part = faceIds.slice(from, from + rowsPerMessage)
        out.set(await call('vectors', { faceIds: part }), from * dimension)
      }
      return out
    },

    clear: () => replace(() => call('open', { target })),

    async optimize() {
      // After the changes before it, but those that follow do not wait for the training.
      await change(async () => undefined)
      await call('optimize', {})
    },

    async save(cursor) {
      if (path === undefined) return
      // The worker writes the rows as they are when the message arrives; later changes come behind.
      const started = change(async () => {
        await saving
        const saved = call('save', { path, target, cursor })
        saving = saved.catch(() => undefined)
        return { saved }
      })
      await (await started).saved
    },

    load: () =>
      replace(async () => {
        if (path === undefined) {
          await call('open', { target })
          return undefined
        }
        const result = await call('load', { path, target })
        if (result.status === 'rejected') host.rejected(collectionId, result.reason)
        return result.status === 'loaded' ? result.cursor : undefined
      }),

    destroy: () =>
      replace(async () => {
        // Posted before the flag, so that no call comes behind it.
        const dropped = call('drop', path === undefined ? {} : { path })
        destroyed = true
        await dropped.finally(() => host.forget(collectionId))
      }),
  }

  return {
    index,
    async stop() {
      await replace(async () => call('stop', {})).catch(() => undefined)
    },
  }
}
