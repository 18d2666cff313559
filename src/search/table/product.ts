import { availableParallelism } from 'node:os'
import onnxProto from 'onnx-proto'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { FaceError } from '../../core/errors.ts'
import type { RunGate } from '../../platform/workers/run-gate.ts'
import { createMemory, maxProbes, productRows, tileRows } from './segments.ts'

const { ModelProto, NodeProto, ValueInfoProto } = onnxProto.onnx

/** Multiplies rows with probes on several cores. */
export interface Product {
  /**
   * Blocks the calling thread while it runs, but other tasks of it may come before it
   * starts. A product is summed in any order, each addition rounded to float32 or not at all.
   *
   * @param rows     n x length, row-major, n at most {@link productRows}; not in shared memory, which
   *   ONNX Runtime does not take
   * @param columns  length x count, row-major: a probe is a column, at most {@link maxProbes}
   */
  multiply(
    rows: Float32Array,
    columns: Float32Array,
    size: { readonly length: number; readonly count: number },
  ): Promise<void>
  /**
   * Reports the products of the last call that reach the bound of their probe; a NaN does not.
   *
   * @param from    first row of that call
   * @param count   1 to {@link tileRows}
   * @param bounds  one a probe
   */
  above(
    from: number,
    count: number,
    options: {
      readonly bounds: ArrayLike<number>
      readonly found: (probe: number, row: number, similarity: number) => void
    },
  ): void
}

/**
 * Loads the matrix product of ONNX Runtime; once a worker.
 *
 * @param kernel  the compiled `scan-f32.wasm`
 * @param options `gate`: of a thread that may be terminated, see [Note: Ending while a network runs] in
 *   run-gate.ts; `threads`: cores that work at once, default all
 * @throws {FaceError} `internal` when ONNX Runtime cannot be loaded, `overloaded` when there is no
 *   memory for results
 */
export async function createProduct(
  kernel: WebAssembly.Module,
  {
    gate = { pass: (run) => run() },
    threads = availableParallelism(),
  }: { readonly gate?: RunGate; readonly threads?: number } = {},
): Promise<Product> {
  let session: InferenceSession
  try {
    session = await gate.pass(() =>
      InferenceSession.create(makeModel(), {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        enableMemPattern: false,
        logSeverityLevel: 3,
        // A thread that waits leaves its core to others.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      }),
    )
  } catch (cause) {
    throw new FaceError('internal', { detail: 'The matrix product cannot be loaded.', cause })
  }
  const { bounds, places, products, selectAbove } = createResults(kernel)
  let width = 0
  return {
    async multiply(rows, columns, { length, count }) {
      const n = rows.length / length
      width = count
      await gate.pass(() =>
        session.run(
          {
            rows: new Tensor('float32', rows, [n, length]),
            columns: new Tensor('float32', columns, [length, count]),
          },
          { out: new Tensor('float32', products.subarray(0, n * count), [n, count]) },
        ),
      )
    },
    above(from, count, { bounds: given, found }) {
      bounds.set(given)
      const first = from * width
      const reached = selectAbove(first, count, width)
      for (let i = 0; i < reached; i++) {
        const place = places[i]!
        const row = Math.floor(place / width)
        found(place - row * width, from + row, products[first + place]!)
      }
    },
  }
}

/** Memory for the products of one call, where the kernel can look through them; used parts only are resident. */
function createResults(kernel: WebAssembly.Module) {
  const places = 4 * maxProbes
  const products = places + 4 * maxProbes * tileRows
  const memory = createMemory(products + 4 * maxProbes * productRows)
  const { exports } = new WebAssembly.Instance(kernel, { env: { memory } })
  const { selectAbove } = exports as unknown as {
    selectAbove(matrix: number, rows: number, columns: number, bounds: number, out: number): number
  }
  return {
    bounds: new Float32Array(memory.buffer, 0, maxProbes),
    places: new Uint32Array(memory.buffer, places, maxProbes * tileRows),
    products: new Float32Array(memory.buffer, products, maxProbes * productRows),
    /** @param first  place of the first product; @returns how many places from there on were found */
    selectAbove: (first: number, rows: number, columns: number) =>
      selectAbove(products + 4 * first, rows, columns, 0, places),
  }
}

/** The bytes of a model that is one MatMul of float32 matrices; operator set 13 is its latest. */
function makeModel(): Uint8Array {
  const matrix = (name: string, dims: readonly string[]) =>
    ValueInfoProto.create({
      name,
      type: {
        tensorType: { elemType: 1, shape: { dim: dims.map((dimParam) => ({ dimParam })) } },
      },
    })
  const model = ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: 'product',
      node: [NodeProto.create({ opType: 'MatMul', input: ['rows', 'columns'], output: ['out'] })],
      input: [matrix('rows', ['n', 'length']), matrix('columns', ['length', 'count'])],
      output: [matrix('out', ['n', 'count'])],
    },
  })
  return Uint8Array.from(ModelProto.encode(model).finish())
}
