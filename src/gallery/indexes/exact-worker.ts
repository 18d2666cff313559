import { readFile } from 'node:fs/promises'
import { FaceError, type FaceErrorRecord, toErrorRecord } from '../../core/errors.ts'
import { workerUrl } from '../../core/worker-url.ts'
import type { Cursor } from '../store.ts'
import { createRowTable, type RowHits, type RowTable } from './exact-rows.ts'
import {
  readSnapshot,
  removeSnapshot,
  type SnapshotResult,
  writeSnapshot,
} from './exact-snapshot.ts'

/** What the worker is asked to do; each name has its task and its result. */
export interface ExactOperations {
  /** Makes the table, empty, or empties it. */
  readonly open: { readonly task: { readonly dimension: number }; readonly result: undefined }
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
  /** The rows are those of the moment when the task arrives; changes and searches go on meanwhile. */
  readonly save: {
    readonly task: { readonly path: string; readonly cursor: Cursor }
    readonly result: undefined
  }
  /** Replaces the table by the snapshot's, or by an empty one. */
  readonly load: {
    readonly task: { readonly path: string; readonly dimension: number }
    readonly result: SnapshotResult
  }
  readonly drop: { readonly task: { readonly path?: string }; readonly result: undefined }
}

export type ExactOperation = keyof ExactOperations

export type ExactTask = {
  [O in ExactOperation]: {
    readonly operation: O
    readonly collectionId: string
  } & ExactOperations[O]['task']
}[ExactOperation]

export type ExactAnswer = { readonly value: unknown } | { readonly error: FaceErrorRecord }

/**
 * Runs one task; the state is this thread's tables. Searches, and changes of a table, finish before
 * the next task starts, so a search never sees half a change; `load` and `save` let others in.
 */
export const run: (task: ExactTask) => Promise<ExactAnswer> = createExactWorker(
  workerUrl(import.meta.url, '../../kernels/scan-f32.wasm'),
)

function createExactWorker(kernelFile: URL): (task: ExactTask) => Promise<ExactAnswer> {
  const tables = new Map<string, RowTable>()
  let compiled: Promise<WebAssembly.Module> | undefined

  function loadKernel(): Promise<WebAssembly.Module> {
    compiled ??= readFile(kernelFile)
      .then((bytes) => WebAssembly.compile(bytes))
      .catch((error: unknown) => {
        compiled = undefined
        throw error
      })
    return compiled
  }

  function tableOf(collectionId: string): RowTable {
    const table = tables.get(collectionId)
    if (table !== undefined) return table
    // This worker took the place of one that died, and nobody has called `load` or `clear` since.
    throw new FaceError('workerFailed', { detail: 'The index was lost and must be rebuilt.' })
  }

  async function load(
    collectionId: string,
    { path, dimension }: ExactOperations['load']['task'],
  ): Promise<SnapshotResult> {
    const kernel = await loadKernel()
    const table = createRowTable(kernel, dimension)
    const result = await readSnapshot(path, dimension, ({ faceIds, vectors }) =>
      table.upsert(faceIds, vectors),
    )
    tables.set(collectionId, result.status === 'loaded' ? table : createRowTable(kernel, dimension))
    return result
  }

  async function save(
    collectionId: string,
    { path, cursor }: ExactOperations['save']['task'],
  ): Promise<void> {
    const table = tableOf(collectionId)
    const rows = table.freeze()
    try {
      await writeSnapshot(path, rows, { dimension: table.dimension, cursor })
    } finally {
      rows.release()
    }
  }

  async function perform(task: ExactTask): Promise<unknown> {
    const { collectionId } = task
    switch (task.operation) {
      case 'open':
        tables.set(collectionId, createRowTable(await loadKernel(), task.dimension))
        return
      case 'size':
        return tableOf(collectionId).count
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
      case 'save':
        return save(collectionId, task)
      case 'load':
        return load(collectionId, task)
      case 'drop':
        tables.delete(collectionId)
        if (task.path !== undefined) await removeSnapshot(task.path)
        return
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
