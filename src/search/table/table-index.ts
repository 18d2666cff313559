import { FaceError } from '../../core/errors.ts'
import type { Neighbour, VectorIndex } from '../vector-index.ts'
import { toLists } from './neighbours.ts'
import { maxProbes } from './segments.ts'
import type { SnapshotRejection } from './snapshot.ts'
import type { TableOperation, TableOperations, TableTask } from './table-worker.ts'

/** Floats of vectors in one message (2 MiB): the copy is short, and a search gets in after each. */
const batchFloats = 2 ** 19
const idsPerMessage = 8192

/** What an index needs of its provider. */
export interface TableHost {
  readonly kind: string
  call(task: TableTask, transferList?: ArrayBuffer[]): Promise<unknown>
  path(collectionId: string): string | undefined
  rejected(collectionId: string, reason: SnapshotRejection): void
  forget(collectionId: string): void
}

/** An index as its provider sees it. */
export interface TableIndex {
  readonly index: VectorIndex
  /** Resolves when no change and no save is under way. */
  idle(): Promise<void>
}

/**
 * Makes the side of an index that callers see; it checks lengths, cuts work into messages and keeps
 * changes in order. The vectors are with the worker, which must be told to `open` first (`clear`).
 */
export function createTableIndex(
  host: TableHost,
  collectionId: string,
  dimension: number,
): TableIndex {
  const path = host.path(collectionId)
  const rowsPerMessage = Math.max(1, Math.floor(batchFloats / dimension))
  let changes: Promise<unknown> = Promise.resolve()
  let saving: Promise<unknown> = Promise.resolve()
  let lossy = false
  let destroyed = false

  async function call<O extends TableOperation>(
    operation: O,
    task: TableOperations[O]['task'],
    transferList?: ArrayBuffer[],
  ): Promise<TableOperations[O]['result']> {
    if (destroyed) throw new FaceError('collectionNotFound')
    const message = { operation, collectionId, ...task } as unknown as TableTask
    return (await host.call(message, transferList)) as TableOperations[O]['result']
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

  async function open(): Promise<void> {
    lossy = await call('open', { dimension })
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
    kind: host.kind,
    dimension,
    get lossy() {
      return lossy
    },
    size: () => call('size', {}),
    status: () => call('status', {}),

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
      await change(async () => {
        for (let from = 0; from < faceIds.length; from += idsPerMessage) {
          await call('remove', { faceIds: faceIds.slice(from, from + idsPerMessage) })
        }
      })
    },

    async search(probes, k, more = 0) {
      checkLength(probes)
      if (!Number.isSafeInteger(k) || k < 0) {
        throw new FaceError('invalidOption', { detail: 'k must be a whole number from 0 on.' })
      }
      const found: (readonly Neighbour[])[] = []
      for (let from = 0; from < probes.length; from += maxProbes * dimension) {
        const part = probes.slice(from, from + maxProbes * dimension)
        const neighbours = await call('search', { probes: part, k, more }, [part.buffer])
        for (const list of toLists(neighbours)) found.push(list)
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

    clear: () => replace(open),

    // Searches and changes go on meanwhile.
    async optimize() {
      // After the changes before it, but those that follow do not wait for what it learns.
      await change(async () => undefined)
      await call('optimize', {})
    },

    async save(cursor) {
      if (path === undefined) return
      // The worker freezes the table when the message arrives, before the changes that follow.
      const started = change(async () => {
        await saving
        const saved = call('save', { path, cursor })
        saving = saved.catch(() => undefined)
        return { saved }
      })
      await (await started).saved
    },

    load: () =>
      replace(async () => {
        if (path === undefined) {
          await open()
          return undefined
        }
        const result = await call('load', { path, dimension })
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
    idle: async () => {
      await changes
      await saving
    },
  }
}
