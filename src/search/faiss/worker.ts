import { FaceError, type FaceErrorRecord, toErrorRecord } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import type { RowHits } from '../table/hits.ts'
import { removeSnapshot } from '../table/snapshot-files.ts'
import {
  type FaissTarget,
  readSnapshot,
  type SnapshotRejection,
  writeSnapshot,
} from './snapshot.ts'
import { createFaissTable, type FaissTable } from './table.ts'

/** What `load` did; a rejected snapshot was there and is not used. */
export type FaissLoad =
  | { readonly status: 'loaded'; readonly cursor: Cursor }
  | { readonly status: 'absent' }
  | { readonly status: 'rejected'; readonly reason: SnapshotRejection }

/** What the worker is asked to do; each name has its task and its result. */
export interface FaissOperations {
  /** Makes the table, empty, or empties it. */
  readonly open: { readonly task: { readonly target: FaissTarget }; readonly result: undefined }
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
    readonly task: { readonly probes: Float32Array; readonly k: number }
    readonly result: RowHits
  }
  readonly ids: {
    readonly task: { readonly from: number; readonly limit: number }
    readonly result: readonly string[]
  }
  readonly vectors: {
    readonly task: { readonly faceIds: readonly string[] }
    readonly result: Float32Array
  }
  readonly optimize: { readonly task: object; readonly result: undefined }
  /** The rows are those of the moment when the task arrives; changes wait until they are written. */
  readonly save: {
    readonly task: {
      readonly path: string
      readonly target: FaissTarget
      readonly cursor: Cursor
    }
    readonly result: undefined
  }
  /** Replaces the table by the snapshot's, or by an empty one. */
  readonly load: {
    readonly task: { readonly path: string; readonly target: FaissTarget }
    readonly result: FaissLoad
  }
  readonly drop: { readonly task: { readonly path?: string }; readonly result: undefined }
  /** Ends what goes on by itself. */
  readonly stop: { readonly task: object; readonly result: undefined }
}

export type FaissOperation = keyof FaissOperations

export type FaissTask = {
  [O in FaissOperation]: {
    readonly operation: O
    readonly collectionId: string
  } & FaissOperations[O]['task']
}[FaissOperation]

export type FaissAnswer = { readonly value: unknown } | { readonly error: FaceErrorRecord }

/**
 * Runs one task; the state is this thread's tables. Native work is done on libuv's threads, so many
 * tasks are under way at once; the tables see to their order.
 */
export const run: (task: FaissTask) => Promise<FaissAnswer> = createFaissWorker()

function createFaissWorker(): (task: FaissTask) => Promise<FaissAnswer> {
  const tables = new Map<string, FaissTable>()

  function tableOf(collectionId: string): FaissTable {
    const table = tables.get(collectionId)
    if (table !== undefined) return table
    // This worker took the place of one that died, and nobody has called `load` or `clear` since.
    throw new FaceError('workerFailed', { detail: 'The index was lost and must be rebuilt.' })
  }

  function replace(collectionId: string, table: FaissTable | undefined): void {
    tables.get(collectionId)?.dispose()
    if (table) tables.set(collectionId, table)
    else tables.delete(collectionId)
  }

  async function load(
    collectionId: string,
    { path, target }: FaissOperations['load']['task'],
  ): Promise<FaissLoad> {
    const result = await readSnapshot(path, target)
    const rows = result.status === 'loaded' ? result.rows : undefined
    replace(collectionId, createFaissTable(target.dimension, target, rows))
    return result.status === 'loaded' ? { status: 'loaded', cursor: result.cursor } : result
  }

  async function save(
    collectionId: string,
    { path, target, cursor }: FaissOperations['save']['task'],
  ): Promise<void> {
    const written = await tableOf(collectionId).read((rows) =>
      writeSnapshot(path, rows, { target, cursor }),
    )
    await written.commit()
  }

  async function perform(task: FaissTask): Promise<unknown> {
    const { collectionId } = task
    switch (task.operation) {
      case 'open':
        return replace(collectionId, createFaissTable(task.target.dimension, task.target))
      case 'size':
        return tableOf(collectionId).size()
      case 'upsert':
        return tableOf(collectionId).upsert(task.faceIds, task.vectors)
      case 'remove':
        return tableOf(collectionId).remove(task.faceIds)
      case 'search':
        return tableOf(collectionId).search(task.probes, task.k)
      case 'ids':
        return tableOf(collectionId).faceIds(task.from, task.limit)
      case 'vectors':
        return tableOf(collectionId).vectors(task.faceIds)
      case 'optimize':
        return tableOf(collectionId).optimize()
      case 'save':
        return save(collectionId, task)
      case 'load':
        return load(collectionId, task)
      case 'drop':
        replace(collectionId, undefined)
        if (task.path !== undefined) await removeSnapshot(task.path)
        return
      case 'stop':
        return replace(collectionId, undefined)
    }
  }

  return async (task) => {
    try {
      return { value: await perform(task) }
    } catch (error) {
      return { error: toErrorRecord(error) }
    }
  }
}
