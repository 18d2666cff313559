import type { EmbedderInput } from '../manifest-types.ts'
import { type NamedArrays, requireArray } from '../weights/named-array.ts'
import { type ConvWeights, createGraphWriter, type GraphWriter } from './graph-writer.ts'
import { foldAffine, toOihw } from './layout.ts'
import { makeValueInfo } from './onnx.ts'
import { EMBEDDER_INPUT, EMBEDDER_OUTPUT } from './onnx-embedder.ts'

/** Residual blocks in order; those with `down` halve the map. */
const BLOCKS = [
  'conv32_1',
  'conv32_2',
  'conv32_3',
  'conv64_down',
  'conv64_1',
  'conv64_2',
  'conv64_3',
  'conv128_down',
  'conv128_1',
  'conv128_2',
  'conv256_down',
  'conv256_1',
  'conv256_2',
  'conv256_down_out',
] as const

interface Context {
  readonly graph: GraphWriter
  readonly weights: NamedArrays
}

/** A feature map: its value's name, side in pixels and channels. */
interface FeatureMap {
  readonly name: string
  readonly side: number
  readonly channels: number
}

/** Side of the output of a convolution or pool without padding. */
function reducedSide(side: number, kernel: number, stride: number): number {
  return Math.floor((side - kernel) / stride) + 1
}

/** Convolution with the scale layer that follows it folded in. */
function loadConv(weights: NamedArrays, name: string): ConvWeights {
  const kernel = requireArray(weights, `${name}/conv/filters`, 4)
  const bias = requireArray(weights, `${name}/conv/bias`, 1).data
  const gain = requireArray(weights, `${name}/scale/weights`, 1).data
  const shift = requireArray(weights, `${name}/scale/biases`, 1).data
  const [height, width, inputs, outputs] = kernel.shape as [number, number, number, number]
  return {
    shape: [outputs, inputs, height, width],
    kernel: toOihw(kernel, gain),
    bias: bias.map((b, c) => b * gain[c]! + shift[c]!),
  }
}

/** Appends zeros after the last channel or at the lower right of the map. */
function padEnd(
  graph: GraphWriter,
  input: string,
  { channels = 0, side = 0 }: { channels?: number; side?: number },
): string {
  if (channels === 0 && side === 0) return input
  const pads = graph.ints(`${input}.pads`, [0, 0, 0, 0, 0, channels, side, side])
  return graph.op('Pad', [input, pads], `${input}.padded`)
}

function addBlock(context: Context, input: FeatureMap, block: string): FeatureMap {
  const { graph, weights } = context
  const halves = block.includes('down')
  const stride = halves ? 2 : 1
  const pad = halves ? 0 : 1
  const first = graph.conv(input.name, `${block}/conv1`, loadConv(weights, `${block}/conv1`), {
    stride,
    pads: [pad, pad],
  })
  const second = loadConv(weights, `${block}/conv2`)
  const relu = graph.op('Relu', [first], `${block}.relu1`)
  let branch = graph.conv(relu, `${block}/conv2`, second, { pads: [1, 1] })
  let shortcut = input.name
  let side = input.side
  const channels = second.shape[0]
  if (halves) {
    shortcut = graph.op('AveragePool', [shortcut], `${block}.pool`, {
      kernel_shape: [2, 2],
      strides: [2, 2],
    })
    // dlib's add layer takes the larger of both sizes and reads zeros outside the smaller one.
    side = reducedSide(input.side, 2, 2)
    branch = padEnd(graph, branch, { side: side - reducedSide(input.side, 3, 2) })
    shortcut = padEnd(graph, shortcut, { channels: channels - input.channels })
  }
  const sum = graph.op('Add', [branch, shortcut], `${block}.sum`)
  return { name: graph.op('Relu', [sum], `${block}.relu2`), side, channels }
}

/**
 * dlib's face recognition ResNet: `input` float32 [N, 3, 150, 150], RGB 0..255 ->
 * `embedding.raw` [N, 128], of length 1 to 1.5, as dlib leaves it.
 *
 * @param weights    face-api's arrays; kernels [h, w, in, out]
 * @param input      its `affine` normalisation is folded into the first convolution, which has no padding
 * @param dimension  of the last layer
 * @throws {FaceError} `modelImportFailed` when a weight is missing
 * @source dlib, examples/dnn_face_recognition_ex.cpp; face-api.js, faceRecognitionNet
 */
export function buildDlibResnet(
  weights: NamedArrays,
  input: EmbedderInput,
  dimension: number,
): Uint8Array {
  const graph = createGraphWriter()
  const context: Context = { graph, weights }
  const plain = loadConv(weights, 'conv32_down')
  const { normalization, sizePx } = input
  const stem = normalization.kind === 'affine' ? foldAffine(plain, normalization) : plain
  const first = graph.conv(EMBEDDER_INPUT, 'conv32_down', stem, { stride: 2 })
  const relu = graph.op('Relu', [first], 'conv32_down.relu')
  const pool = graph.op('MaxPool', [relu], 'conv32_down.pool', {
    kernel_shape: [3, 3],
    strides: [2, 2],
  })
  let map: FeatureMap = {
    name: pool,
    side: reducedSide(reducedSide(sizePx, 7, 2), 3, 2),
    channels: stem.shape[0],
  }
  for (const block of BLOCKS) map = addBlock(context, map, block)
  const pooled = graph.op('GlobalAveragePool', [map.name], 'pooled')
  const flat = graph.op('Flatten', [pooled], 'flat')
  const fc = requireArray(weights, 'fc', 2)
  graph.op('MatMul', [flat, graph.floats('fc', fc.shape, fc.data)], EMBEDDER_OUTPUT)
  return graph.encode(
    [makeValueInfo(EMBEDDER_INPUT, ['N', 3, sizePx, sizePx])],
    [makeValueInfo(EMBEDDER_OUTPUT, ['N', dimension])],
  )
}
