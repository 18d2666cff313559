import { FaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import { createSerialQueue, type SerialQueue } from '../../platform/concurrency/serial-queue.ts'
import { type Outcome, toOutcomeLater } from '../../platform/workers/outcome.ts'
import type { IndexStatus } from '../vector-index.ts'
import type { RowNeighbours } from './neighbours.ts'
import { readSnapshot, type SnapshotResult, writeSnapshot } from './snapshot.ts'
import { removeSnapshot } from './snapshot-files.ts'
import type { VectorTable } from './table.ts'

/** What the worker is asked to do; each name has its task and its result. */
export interface TableOperations {
  /** Makes the table, empty, or empties it. */
  readonly open: {
    readonly task: { readonly dimension: number }
    /** Whether vectors are kept at a loss. */
    readonly result: boolean
  }
  readonly size: { readonly task: object; readonly result: number }
  readonly upsert: {
    readonly task: { readonly faceIds: readonly string[]; readonly vectors: Float32Array }
    readonly result: undefined
  }
  readonly remove: {
    readonly task: { readonly faceIds: readonly string[] }
    readonly result: undefined
  }
  readonly search: {
    readonly task: { readonly probes: Float32Array; readonly k: number; readonly more: number }
    readonly result: RowNeighbours
  }
  readonly ids: {
    readonly task: { readonly from: number; readonly limit: number }
    readonly result: readonly string[]
  }
  readonly vectors: {
    readonly task: { readonly faceIds: readonly string[] }
    readonly result: Float32Array
  }
  /** The content is that of the moment when the task arrives; searches go on meanwhile. */
  readonly save: {
    readonly task: { readonly path: string; readonly cursor: Cursor }
    readonly result: undefined
  }
  /** Replaces the table by the snapshot's, or by an empty one. */
  readonly load: {
    readonly task: { readonly path: string; readonly dimension: number }
    readonly result: SnapshotResult
  }
  readonly optimize: { readonly task: object; readonly result: undefined }
  readonly status: { readonly task: object; readonly result: IndexStatus }
  readonly drop: { readonly task: { readonly path?: string }; readonly result: undefined }
}

export type TableOperation = keyof TableOperations

export type TableTask = {
  [O in TableOperation]: {
    readonly operation: O
    readonly collectionId: string
  } & TableOperations[O]['task']
}[TableOperation]

export type TableAnswer = Outcome<unknown>

/**
 * Makes what an index worker runs: the tasks of the tables of its kind. A search never sees half a
 * change; `load`, `save` and `optimize` let others in.
 *
 * @param createTable  makes an empty table
 * @param concurrency  `turns`: searches and changes come one after the other, those of all tables;
 *   `own`: a table is called at once and orders its work by itself
 */
export function createTableWorker(
  createTable: (dimension: number) => Promise<VectorTable>,
  concurrency: 'turns' | 'own' = 'turns',
): (task: TableTask) => Promise<TableAnswer> {
  const tables = new Map<string, VectorTable>()
  const inTurn: SerialQueue['run'] =
    concurrency === 'turns' ? createSerialQueue().run : (task) => task()

  function tableOf(collectionId: string): VectorTable {
    const table = tables.get(collectionId)
    if (table !== undefined) return table
    // This worker took the place of one that died, and nobody has called `load` or `clear` since.
    throw new FaceError('workerFailed', { detail: 'The index was lost and must be rebuilt.' })
  }

  function put(collectionId: string, table: VectorTable): void {
    tables.get(collectionId)?.dispose()
    tables.set(collectionId, table)
  }

  async function load(
    collectionId: string,
    { path, dimension }: TableOperations['load']['task'],
  ): Promise<SnapshotResult> {
    const table = await createTable(dimension)
    const result = await readSnapshot(path, table.restore)
    if (result.status === 'loaded') {
      put(collectionId, table)
    } else {
      table.dispose()
      put(collectionId, await createTable(dimension))
    }
    return result
  }

  async function save(
    collectionId: string,
    { path, cursor }: TableOperations['save']['task'],
  ): Promise<void> {
    const body = tableOf(collectionId).freeze()
    try {
      await writeSnapshot(path, (file) => body.write(file, cursor))
    } finally {
      body.release()
    }
  }

  async function perform(task: TableTask): Promise<unknown> {
    const { collectionId } = task
    switch (task.operation) {
      case 'open': {
        const table = await createTable(task.dimension)
        put(collectionId, table)
        return table.lossy === true
      }
      case 'size':
        return tableOf(collectionId).count
      case 'upsert':
        return inTurn(async () => tableOf(collectionId).upsert(task.faceIds, task.vectors))
      case 'remove':
        return inTurn(async () => tableOf(collectionId).remove(task.faceIds))
      case 'search':
        return inTurn(async () => tableOf(collectionId).search(task.probes, task.k, task.more))
      case 'ids':
        return tableOf(collectionId).faceIds(task.from, task.limit)
      case 'vectors':
        return tableOf(collectionId).vectors(task.faceIds)
      case 'save':
        return save(collectionId, task)
      case 'load':
        return load(collectionId, task)
      case 'optimize':
        return tableOf(collectionId).optimize()
      case 'status':
        return tableOf(collectionId).status()
      case 'drop':
        tables.get(collectionId)?.dispose()
        tables.delete(collectionId)
        if (task.path !== undefined) await removeSnapshot(task.path)
        return
    }
  }

  return (task) => toOutcomeLater(() => perform(task))
}
