import { FaceError } from '../../core/errors.ts'
import type { EmbedderInput } from '../manifest-types.ts'
import { type NamedArray, type NamedArrays, requireArray } from '../weights/named-array.ts'
import { type ConvWeights, createGraphWriter, type GraphWriter } from './graph-writer.ts'
import { foldAffine, toOihw } from './layout.ts'
import { makeValueInfo } from './onnx.ts'
import { EMBEDDER_INPUT, EMBEDDER_OUTPUT } from './onnx-embedder.ts'

/** Epsilon of every batch normalisation of the network; they have no gamma. */
const BATCH_NORM_EPSILON = 1e-3

/** How much of each residual branch is added (Szegedy et al. 2017, section 3.3, and the reference code). */
const RESIDUAL_SCALE = { block35: 0.17, block17: 0.1, block8: 0.2, lastBlock8: 1 } as const

interface Context {
  readonly graph: GraphWriter
  readonly weights: NamedArrays
  readonly input: EmbedderInput
}

interface ConvOptions {
  readonly stride?: number
  /** Pads so that the size stays. */
  readonly same?: boolean
}

function foldBatchNorm(
  weights: NamedArrays,
  name: string,
): { gain: Float32Array; bias: Float32Array } {
  const beta = requireArray(weights, `${name}_BatchNorm_beta`, 1).data
  const mean = requireArray(weights, `${name}_BatchNorm_moving_mean`, 1).data
  const variance = requireArray(weights, `${name}_BatchNorm_moving_variance`, 1).data
  const gain = variance.map((v) => 1 / Math.sqrt(v + BATCH_NORM_EPSILON))
  return { gain, bias: beta.map((b, c) => b - mean[c]! * gain[c]!) }
}

function toConvWeights(kernel: NamedArray, gain: Float32Array, bias: Float32Array): ConvWeights {
  const [height, width, inputs, outputs] = kernel.shape as [number, number, number, number]
  return { shape: [outputs, inputs, height, width], kernel: toOihw(kernel, gain), bias }
}

/** Convolution with its batch normalisation folded in, then ReLU. */
function conv(context: Context, input: string, name: string, options: ConvOptions = {}): string {
  const { graph, weights } = context
  const kernel = requireArray(weights, `${name}_kernel`, 4)
  const { gain, bias } = foldBatchNorm(weights, name)
  const plain = toConvWeights(kernel, gain, bias)
  const { normalization } = context.input
  const isFirst = input === EMBEDDER_INPUT && normalization.kind === 'affine'
  const [, , height, width] = plain.shape
  const out = graph.conv(input, name, isFirst ? foldAffine(plain, normalization) : plain, {
    stride: options.stride ?? 1,
    pads: options.same ? [(height - 1) / 2, (width - 1) / 2] : [0, 0],
  })
  return graph.op('Relu', [out], `${name}.relu`)
}

function chain(
  context: Context,
  input: string,
  layers: readonly (readonly [name: string, options?: ConvOptions])[],
): string {
  return layers.reduce((x, [name, options]) => conv(context, x, name, options), input)
}

function concat(graph: GraphWriter, branches: readonly string[], output: string): string {
  return graph.op('Concat', branches, output, { axis: 1 })
}

function maxPool(graph: GraphWriter, input: string, output: string): string {
  return graph.op('MaxPool', [input], output, { kernel_shape: [3, 3], strides: [2, 2] })
}

/** Adds `scale` x a 1x1 convolution of the joined branches to `input`. */
function residual(
  context: Context,
  input: string,
  block: {
    readonly name: string
    readonly branches: readonly string[]
    readonly scale: number
    readonly relu?: boolean
  },
): string {
  const { graph, weights } = context
  const joined = concat(graph, block.branches, `${block.name}.joined`)
  const name = `${block.name}_Conv2d_1x1`
  const kernel = requireArray(weights, `${name}_kernel`, 4)
  const bias = requireArray(weights, `${name}_bias`, 1).data
  const gain = new Float32Array(bias.length).fill(block.scale)
  const scaled = toConvWeights(
    kernel,
    gain,
    bias.map((b) => b * block.scale),
  )
  const sum = graph.op('Add', [input, graph.conv(joined, name, scaled)], `${block.name}.sum`)
  return block.relu === false ? sum : graph.op('Relu', [sum], `${block.name}.relu`)
}

const SAME: ConvOptions = { same: true }
const HALVE: ConvOptions = { stride: 2 }

function block35(context: Context, input: string, name: string): string {
  const branches = [
    conv(context, input, `${name}_Branch_0_Conv2d_1x1`),
    chain(context, input, [
      [`${name}_Branch_1_Conv2d_0a_1x1`],
      [`${name}_Branch_1_Conv2d_0b_3x3`, SAME],
    ]),
    chain(context, input, [
      [`${name}_Branch_2_Conv2d_0a_1x1`],
      [`${name}_Branch_2_Conv2d_0b_3x3`, SAME],
      [`${name}_Branch_2_Conv2d_0c_3x3`, SAME],
    ]),
  ]
  return residual(context, input, { name, branches, scale: RESIDUAL_SCALE.block35 })
}

/** Block17 and Block8: a 1x1 branch and one of two flat convolutions. */
function flatBlock(
  context: Context,
  input: string,
  block: { name: string; length: 7 | 3; scale: number; relu: boolean },
): string {
  const { name, length } = block
  const branches = [
    conv(context, input, `${name}_Branch_0_Conv2d_1x1`),
    chain(context, input, [
      [`${name}_Branch_1_Conv2d_0a_1x1`],
      [`${name}_Branch_1_Conv2d_0b_1x${length}`, SAME],
      [`${name}_Branch_1_Conv2d_0c_${length}x1`, SAME],
    ]),
  ]
  return residual(context, input, { name, branches, scale: block.scale, relu: block.relu })
}

function mixed6a(context: Context, input: string): string {
  const name = 'Mixed_6a'
  return concat(
    context.graph,
    [
      conv(context, input, `${name}_Branch_0_Conv2d_1a_3x3`, HALVE),
      chain(context, input, [
        [`${name}_Branch_1_Conv2d_0a_1x1`],
        [`${name}_Branch_1_Conv2d_0b_3x3`, SAME],
        [`${name}_Branch_1_Conv2d_1a_3x3`, HALVE],
      ]),
      maxPool(context.graph, input, `${name}.pool`),
    ],
    `${name}.joined`,
  )
}

function mixed7a(context: Context, input: string): string {
  const name = 'Mixed_7a'
  return concat(
    context.graph,
    [
      chain(context, input, [
        [`${name}_Branch_0_Conv2d_0a_1x1`],
        [`${name}_Branch_0_Conv2d_1a_3x3`, HALVE],
      ]),
      chain(context, input, [
        [`${name}_Branch_1_Conv2d_0a_1x1`],
        [`${name}_Branch_1_Conv2d_1a_3x3`, HALVE],
      ]),
      chain(context, input, [
        [`${name}_Branch_2_Conv2d_0a_1x1`],
        [`${name}_Branch_2_Conv2d_0b_3x3`, SAME],
        [`${name}_Branch_2_Conv2d_1a_3x3`, HALVE],
      ]),
      maxPool(context.graph, input, `${name}.pool`),
    ],
    `${name}.joined`,
  )
}

/**
 * (x - mean) / max(std, 1 / sqrt(n)) over all values of one image.
 *
 * @source `prewhiten` of davidsandberg/facenet, src/facenet.py
 */
function standardize(graph: GraphWriter, input: string, sizePx: number): string {
  const axes = graph.ints('standardize.axes', [1, 2, 3])
  const floor = graph.floats('standardize.floor', [1], [1 / Math.sqrt(3 * sizePx * sizePx)])
  const mean = graph.op('ReduceMean', [input, axes], 'standardize.mean', { keepdims: 1 })
  const centred = graph.op('Sub', [input, mean], 'standardize.centred')
  const squared = graph.op('Mul', [centred, centred], 'standardize.squared')
  const variance = graph.op('ReduceMean', [squared, axes], 'standardize.variance', { keepdims: 1 })
  const std = graph.op('Sqrt', [variance], 'standardize.std')
  const divisor = graph.op('Max', [std, floor], 'standardize.divisor')
  return graph.op('Div', [centred, divisor], 'standardize.out')
}

function bottleneck(context: Context, input: string, dimension: number): void {
  const { graph, weights } = context
  const kernel = requireArray(weights, 'Bottleneck_kernel', 2)
  const [, columns] = kernel.shape as [number, number]
  if (columns !== dimension) {
    throw new FaceError('modelImportFailed', {
      detail: `Its embeddings have ${columns} dimensions, expected ${dimension}.`,
    })
  }
  const { gain, bias } = foldBatchNorm(weights, 'Bottleneck')
  const folded = kernel.data.map((value, k) => value * gain[k % columns]!)
  const w = graph.floats('Bottleneck.weight', kernel.shape, folded)
  const b = graph.floats('Bottleneck.bias', [columns], bias)
  graph.op('Gemm', [input, w, b], EMBEDDER_OUTPUT)
}

/**
 * FaceNet's Inception-ResNet-v1: `input` float32 [N, 3, s, s], RGB 0..255 -> `embedding.raw` [N, d].
 * Batch normalisations and residual scales are folded into the convolutions.
 *
 * @param weights    Keras-style names, for instance `Block35_1_Branch_0_Conv2d_1x1_kernel`; kernels [h, w, in, out]
 * @param input      the manifest's; `affine` is folded into the first convolution (it has no padding), `perImage` becomes nodes
 * @param dimension  128 or 512; must be the bottleneck's
 * @throws {FaceError} `modelImportFailed` when a weight is missing or the dimension is another one
 * @source Schroff et al. 2015; Szegedy et al. 2017 (arXiv 1602.07261); davidsandberg/facenet,
 *   src/models/inception_resnet_v1.py
 */
export function buildFacenet(
  weights: NamedArrays,
  input: EmbedderInput,
  dimension: number,
): Uint8Array {
  const graph = createGraphWriter()
  const context: Context = { graph, weights, input }
  let x =
    input.normalization.kind === 'perImage'
      ? standardize(graph, EMBEDDER_INPUT, input.sizePx)
      : EMBEDDER_INPUT
  x = chain(context, x, [['Conv2d_1a_3x3', HALVE], ['Conv2d_2a_3x3'], ['Conv2d_2b_3x3', SAME]])
  x = maxPool(graph, x, 'MaxPool_3a')
  x = chain(context, x, [['Conv2d_3b_1x1'], ['Conv2d_4a_3x3'], ['Conv2d_4b_3x3', HALVE]])
  for (let i = 1; i <= 5; i++) x = block35(context, x, `Block35_${i}`)
  x = mixed6a(context, x)
  for (let i = 1; i <= 10; i++) {
    const scale = RESIDUAL_SCALE.block17
    x = flatBlock(context, x, { name: `Block17_${i}`, length: 7, scale, relu: true })
  }
  x = mixed7a(context, x)
  for (let i = 1; i <= 5; i++) {
    const scale = RESIDUAL_SCALE.block8
    x = flatBlock(context, x, { name: `Block8_${i}`, length: 3, scale, relu: true })
  }
  const scale = RESIDUAL_SCALE.lastBlock8
  x = flatBlock(context, x, { name: 'Block8_6', length: 3, scale, relu: false })
  x = graph.op('GlobalAveragePool', [x], 'pooled')
  bottleneck(context, graph.op('Flatten', [x], 'flat'), dimension)
  return graph.encode(
    [makeValueInfo(EMBEDDER_INPUT, ['N', 3, input.sizePx, input.sizePx])],
    [makeValueInfo(EMBEDDER_OUTPUT, ['N', dimension])],
  )
}
