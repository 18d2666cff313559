import {
  type AttributeValue,
  encodeModel,
  makeFloatTensor,
  makeInt64Tensor,
  makeModel,
  makeNode,
  type Node,
  type Tensor,
  type ValueInfo,
} from './onnx.ts'
import { writePrelu } from './prelu.ts'

/** Weights of a convolution in ONNX's order. */
export interface ConvWeights {
  /** [outputs, inputs, kernel height, kernel width] */
  readonly shape: readonly [number, number, number, number]
  readonly kernel: Float32Array
  /** [outputs] */
  readonly bias: Float32Array
}

/** Collects nodes and weights of a graph that is written from scratch. */
export interface GraphWriter {
  /** Adds a node with one output and answers that output's name. */
  op(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string
  /** Adds a float32 weight and answers its name. */
  floats(name: string, dims: readonly number[], data: Float32Array | readonly number[]): string
  /** Adds a one-dimensional int64 constant and answers its name. */
  ints(name: string, values: readonly number[]): string
  /**
   * Adds a convolution and answers its output's name.
   *
   * @param options.pads  [height, width] of zero padding on both sides, pixels
   */
  conv(
    input: string,
    name: string,
    weights: ConvWeights,
    options?: { readonly stride?: number; readonly pads?: readonly [number, number] },
  ): string
  /**
   * Adds max(0, x) + slope * min(0, x); see [Note: PRelu is slow] in prelu.ts.
   *
   * @param slope  one value a channel
   * @param rank   of the input, 4 for [n, c, h, w], 2 for [n, c]
   */
  prelu(input: string, name: string, slope: Float32Array, rank: 2 | 4): string
  /** Bytes of the `.onnx` file. */
  encode(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): Uint8Array
}

/** An empty {@link GraphWriter}. */
export function createGraphWriter(): GraphWriter {
  const nodes: Node[] = []
  const initializers: Tensor[] = []

  const op: GraphWriter['op'] = (opType, inputs, output, attributes = {}) => {
    nodes.push(makeNode(opType, { inputs, outputs: [output] }, attributes))
    return output
  }
  const floats: GraphWriter['floats'] = (name, dims, data) => {
    initializers.push(makeFloatTensor(name, dims, data))
    return name
  }
  return {
    op,
    floats,
    ints(name, values) {
      initializers.push(makeInt64Tensor(name, values))
      return name
    },
    conv(input, name, { shape, kernel, bias }, { stride = 1, pads = [0, 0] } = {}) {
      const weight = floats(`${name}.weight`, shape, kernel)
      const offset = floats(`${name}.bias`, [shape[0]], bias)
      return op('Conv', [input, weight, offset], `${name}.out`, {
        kernel_shape: [shape[2], shape[3]],
        strides: [stride, stride],
        pads: [pads[0], pads[1], pads[0], pads[1]],
      })
    },
    prelu(input, name, slope, rank) {
      const dims = rank === 4 ? [slope.length, 1, 1] : [slope.length]
      const output = `${name}.out`
      const prelu = writePrelu({ input, output, slope, dims })
      nodes.push(...prelu.nodes)
      initializers.push(...prelu.initializers)
      return output
    },
    encode(inputs, outputs) {
      return encodeModel(makeModel({ nodes, initializers, inputs, outputs }))
    },
  }
}
