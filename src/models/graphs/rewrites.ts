import { FaceError } from '../../core/errors.ts'
import type { Affine } from './layout.ts'
import {
  attributeInt,
  elementType,
  type Graph,
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  type Node,
  type Tensor,
  tensorDims,
  tensorFloats,
  tensorInts,
} from './onnx.ts'
import { writePrelu } from './prelu.ts'

function findInitializer(graph: Graph, name: string | undefined): Tensor | undefined {
  return graph.initializer.find((tensor) => tensor.name === name) as Tensor | undefined
}

function consumersOf(graph: Graph, name: string): Node[] {
  return graph.node.filter((node) => node.input?.includes(name)) as Node[]
}

/**
 * Leaves of the graph's declared inputs those that it is fed with. Old exporters list weights too: an
 * input can be overridden at run time, so ONNX Runtime would neither fold nor fuse it. Quantisers
 * leave the names of weights that they have replaced, which no node reads.
 */
export function removeIdleInputsInPlace(graph: Graph): void {
  const names = new Set(graph.initializer.map((tensor) => tensor.name))
  graph.input = graph.input.filter(
    ({ name }) => !names.has(name) && consumersOf(graph, name ?? '').length > 0,
  )
}

/** Renames a value wherever it occurs: declared inputs and outputs, and nodes. */
export function renameValueInPlace(graph: Graph, from: string, to: string): void {
  const rename = (name: string) => (name === from ? to : name)
  for (const info of [...graph.input, ...graph.output]) {
    if (info.name === from) info.name = to
  }
  for (const node of graph.node) {
    node.input = (node.input ?? []).map(rename)
    node.output = (node.output ?? []).map(rename)
  }
}

/**
 * Replaces every PRelu of constant slope by faster nodes; see [Note: PRelu is slow] in prelu.ts.
 * Equal up to rounding.
 *
 * @returns how many were replaced
 */
export function rewritePreluInPlace(graph: Graph): number {
  let count = 0
  graph.node = (graph.node as Node[]).flatMap((node) => {
    const tensor = findInitializer(graph, node.input[1])
    if (node.opType !== 'PRelu' || !tensor) return [node]
    count++
    const slope = tensorFloats(tensor)
    const [input, output] = [node.input[0]!, node.output[0]!]
    const prelu = writePrelu({ input, output, slope, dims: tensorDims(tensor) })
    graph.initializer.push(...prelu.initializers)
    return prelu.nodes
  })
  return count
}

/**
 * Lets a graph of batch size 1 take any batch: constant Reshape shapes that begin with 1 copy the
 * input's first dimension instead (0 in ONNX). Declared shapes are for the caller to set.
 *
 * @throws {FaceError} `modelImportFailed` when a Reshape's shape is computed, so that this cannot be told
 */
export function freeBatchInPlace(graph: Graph): void {
  for (const node of graph.node as Node[]) {
    if (node.opType !== 'Reshape') continue
    const shape = findInitializer(graph, node.input[1])
    if (!shape) {
      throw new FaceError('modelImportFailed', {
        detail: `Its node ${node.name} reshapes to a computed shape; export it with a dynamic batch.`,
      })
    }
    const values = tensorInts(shape)
    if (values[0] !== 1) continue
    const name = `${node.output[0]}.shape`
    graph.initializer.push(makeInt64Tensor(name, [0, ...values.slice(1)]))
    node.input[1] = name
  }
}

/**
 * Weights closer to zero than this become zero. Next to activations of the order of 1 they are far
 * below what float32 can add (6e-8), so no output bit changes.
 */
const TINY_WEIGHT = 1e-15

/**
 * Sets weights that are too small to matter to zero.
 *
 * [Note: denormal weights] Weight decay drives unused channels towards zero without reaching it.
 * Their products are denormal numbers, which the processor handles in microcode: MobileFaceNet's
 * 190,805 such weights took 51 ms to multiply where the whole network otherwise takes 3.5.
 *
 * @returns how many weights were changed
 */
export function flushTinyWeightsInPlace(graph: Graph): number {
  let count = 0
  graph.initializer = (graph.initializer as Tensor[]).map((tensor) => {
    if (tensor.dataType !== elementType.float32) return tensor
    const values = tensorFloats(tensor)
    const before = count
    for (let k = 0; k < values.length; k++) {
      const value = values[k]!
      if (value === 0 || Math.abs(value) >= TINY_WEIGHT) continue
      values[k] = 0
      count++
    }
    return count === before ? tensor : makeFloatTensor(tensor.name, tensorDims(tensor), values)
  })
  return count
}

/** How the pixels that a network was trained on differ from RGB 0..255. */
export interface PixelFormat {
  readonly channelOrder: 'rgb' | 'bgr'
  readonly affine?: Affine
}

/** Reverses the three input channels of a kernel [outputs, 3, h, w] and divides each by its std. */
function toRawKernel(kernel: Float32Array, area: number, format: PixelFormat): Float32Array {
  const out = new Float32Array(kernel.length)
  for (let k = 0; k < kernel.length; k++) {
    const channel = Math.floor(k / area) % 3
    const rgb = format.channelOrder === 'bgr' ? 2 - channel : channel
    const target = k + (rgb - channel) * area
    out[target] = kernel[k]! / (format.affine?.std[channel] ?? 1)
  }
  return out
}

function toRgb(values: readonly number[], format: PixelFormat): number[] {
  return format.channelOrder === 'bgr' ? [...values].reverse() : [...values]
}

/** The first convolution when it alone reads `input` with constant weights of three channels. */
function firstConv(graph: Graph, input: string): { node: Node; kernel: Tensor } | undefined {
  const consumers = consumersOf(graph, input)
  const node = consumers[0]
  if (consumers.length !== 1 || node?.opType !== 'Conv' || attributeInt(node, 'group', 1) !== 1) {
    return undefined
  }
  const kernel = findInitializer(graph, node.input[1])
  const shared = kernel && consumersOf(graph, kernel.name).length > 1
  return kernel && !shared && tensorDims(kernel)[1] === 3 ? { node, kernel } : undefined
}

function foldIntoConv(
  graph: Graph,
  input: string,
  { conv, format }: { conv: { node: Node; kernel: Tensor }; format: PixelFormat },
): Node[] {
  const dims = tensorDims(conv.kernel)
  const kernel = toRawKernel(tensorFloats(conv.kernel), dims[2]! * dims[3]!, format)
  const folded = makeFloatTensor(conv.kernel.name, dims, kernel)
  graph.initializer[graph.initializer.indexOf(conv.kernel)] = folded
  if (!format.affine || format.affine.mean.every((mean) => mean === 0)) return []
  const mean = toRgb(format.affine.mean, format)
  graph.initializer.push(makeFloatTensor('pixel.mean', [3, 1, 1], mean))
  conv.node.input[0] = 'pixel.centred'
  return [makeNode('Sub', { inputs: [input, 'pixel.mean'], outputs: ['pixel.centred'] })]
}

function prependOps(graph: Graph, input: string, format: PixelFormat): Node[] {
  const nodes: Node[] = []
  let current = input
  const consumers = consumersOf(graph, input)
  const add = (opType: string, second: string, output: string) => {
    const attributes: Record<string, number> = opType === 'Gather' ? { axis: 1 } : {}
    nodes.push(makeNode(opType, { inputs: [current, second], outputs: [output] }, attributes))
    current = output
  }
  if (format.channelOrder === 'bgr') {
    graph.initializer.push(makeInt64Tensor('pixel.order', [2, 1, 0]))
    add('Gather', 'pixel.order', 'pixel.bgr')
  }
  if (format.affine) {
    const { mean, std } = format.affine
    const scale = std.map((value) => 1 / value)
    graph.initializer.push(makeFloatTensor('pixel.mean', [3, 1, 1], mean))
    graph.initializer.push(makeFloatTensor('pixel.scale', [3, 1, 1], scale))
    add('Sub', 'pixel.mean', 'pixel.centred')
    add('Mul', 'pixel.scale', 'pixel.scaled')
  }
  for (const node of consumers) {
    node.input = node.input.map((name) => (name === input ? current : name))
  }
  return nodes
}

/**
 * Makes the graph take RGB 0..255 where it was trained on `format`.
 *
 * Channel order and scale are folded into the first convolution where that is possible. The mean is
 * subtracted by a node of its own, also there: [Note: padded mean] a convolution that pads with zero
 * pads with the mean colour, which a folded mean would turn into black at the crop's border. The
 * subtraction is one pass over the crop and does not show in the time.
 *
 * @param input  name of the graph's pixel input, [N, 3, h, w]
 */
export function takeRawPixelsInPlace(graph: Graph, input: string, format: PixelFormat): void {
  if (format.channelOrder === 'rgb' && !format.affine) return
  const conv = firstConv(graph, input)
  const nodes = conv
    ? foldIntoConv(graph, input, { conv, format })
    : prependOps(graph, input, format)
  graph.node = [...nodes, ...graph.node]
}
