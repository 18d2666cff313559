import { workerUrl } from '../../core/worker-url.ts'
import { createKernelLoader } from '../vectors/kernel.ts'
import { createRowTable } from '../vectors/rows.ts'
import type { VectorTable } from '../vectors/table.ts'
import { createTableWorker, type TableAnswer, type TableTask } from '../vectors/table-worker.ts'

const loadKernel = createKernelLoader(workerUrl(import.meta.url, '../../kernels/scan-f32.wasm'))

/** Runs one task; the state is this thread's tables. */
export const run: (task: TableTask) => Promise<TableAnswer> = createTableWorker(
  'exact',
  async (dimension) => createExactTable(await loadKernel(), dimension),
)

function createExactTable(kernel: WebAssembly.Module, dimension: number): VectorTable {
  const rows = createRowTable(kernel, dimension)
  return {
    dimension,
    get count() {
      return rows.count
    },
    upsert: rows.upsert,
    remove: rows.remove,
    search: rows.search,
    faceIds: rows.faceIds,
    vectors: rows.vectors,
    freeze: rows.freeze,
    attach: () => undefined,
    restore: ({ faceIds, vectors }) => rows.upsert(faceIds, vectors),
    optimize: async () => undefined,
    status: () => ({ faces: rows.count }),
    dispose: () => undefined,
  }
}
