import { workerData } from 'piscina'
import { joinRunGate } from '../../platform/workers/run-gate.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import { createKernelLoader } from '../table/kernel.ts'
import type { Product } from '../table/product.ts'
import { createRowTable } from '../table/rows.ts'
import { readRows, toSnapshotBody } from '../table/snapshot-rows.ts'
import type { VectorTable } from '../table/table.ts'
import { createTableWorker, type TableAnswer, type TableTask } from '../table/table-worker.ts'

/** Options that the provider gives its worker. */
export interface ExactWorkerOptions {
  /**
   * Gate that is passed before each run of a network; see [Note: Ending while a network runs] in
   * run-gate.ts.
   */
  readonly gate: SharedArrayBuffer
}

const { gate } = workerData as ExactWorkerOptions
const loadKernel = createKernelLoader(workerUrl(import.meta.url, '../../kernels/scan-f32.wasm'))

/** Rows from which on all cores compare: fewer are done in the kernel before a thread has woken up. */
const minProductRows = 16_384

const loadProduct = createProductLoader()

/** Runs one task; the state is this thread's tables. */
export const run: (task: TableTask) => Promise<TableAnswer> = createTableWorker(async (dimension) =>
  createExactTable(await loadKernel(), dimension),
)

function createExactTable(kernel: WebAssembly.Module, dimension: number): VectorTable {
  const rows = createRowTable(kernel, dimension)
  const identity = { kind: 'exact', dimension }
  return {
    get count() {
      return rows.count
    },
    upsert: rows.upsert,
    remove: rows.remove,
    async search(probes, k, more) {
      if (rows.count < minProductRows) return rows.search(probes, { k, more })
      return rows.searchOnAllCores(probes, { k, more, product: await loadProduct() })
    },
    faceIds: rows.faceIds,
    vectors: rows.vectors,
    freeze: () => toSnapshotBody(rows.freeze(), identity),
    restore: (file) =>
      readRows(file, identity, {
        attach: () => undefined,
        room: rows.room,
        restore: ({ faceIds, vectors }) => rows.upsert(faceIds, vectors),
      }),
    optimize: async () => undefined,
    status: () => ({ faces: rows.count }),
    dispose: () => undefined,
  }
}

/** Loaded with the first search that wants it; a failure is forgotten. */
function createProductLoader(): () => Promise<Product> {
  let loaded: Promise<Product> | undefined
  return () => {
    loaded ??= import('../table/product.ts')
      .then(async ({ createProduct }) =>
        createProduct(await loadKernel(), { gate: joinRunGate(gate) }),
      )
      .catch((error: unknown) => {
        loaded = undefined
        throw error
      })
    return loaded
  }
}
