import { availableParallelism } from 'node:os'
import onnxProto from 'onnx-proto'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { FaceError } from '../../core/errors.ts'

const { ModelProto, NodeProto, ValueInfoProto } = onnxProto.onnx

/** Multiplies rows with probes on all cores. */
export interface Product {
  /**
   * Blocks the calling thread while it runs, but other tasks of it may come before it
   * starts. A product is summed in any order, each addition rounded to float32 or not at all.
   *
   * @param rows     n x length, row-major; not in shared memory, which ONNX Runtime does not take
   * @param columns  length x count, row-major: a probe is a column
   * @returns n x count, row-major; a view that the next call may overwrite
   */
  multiply(
    rows: Float32Array,
    columns: Float32Array,
    size: { readonly length: number; readonly count: number },
  ): Promise<Float32Array>
}

/**
 * Loads the matrix product of ONNX Runtime; once a worker.
 *
 * @throws {FaceError} `internal` when ONNX Runtime cannot be loaded
 */
export async function createProduct(): Promise<Product> {
  let session: InferenceSession
  try {
    session = await InferenceSession.create(makeModel(), {
      intraOpNumThreads: availableParallelism(),
      interOpNumThreads: 1,
      executionMode: 'sequential',
      enableMemPattern: false,
      logSeverityLevel: 3,
      // A thread that waits leaves its core to others.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    })
  } catch (cause) {
    throw new FaceError('internal', { detail: 'The matrix product cannot be loaded.', cause })
  }
  let room = new Float32Array(0)
  return {
    async multiply(rows, columns, { length, count }) {
      const n = rows.length / length
      if (room.length < n * count) room = new Float32Array(n * count)
      const out = room.subarray(0, n * count)
      await session.run(
        {
          rows: new Tensor('float32', rows, [n, length]),
          columns: new Tensor('float32', columns, [length, count]),
        },
        { out: new Tensor('float32', out, [n, count]) },
      )
      return out
    },
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
