import { type NamedArray, type NamedArrays, requireArray } from '../weights/named-array.ts'
import { type ConvWeights, createGraphWriter, type GraphWriter } from './graph-writer.ts'
import { type Affine, foldAffine } from './layout.ts'
import { elementType, makeValueInfo } from './onnx.ts'
import { addMaxPool, addPooledPrelu, type PoolOptions, readPooledPrelu } from './pooled-prelu.ts'

/** Training normalisation of all three networks (Zhang et al. 2016, reference code). */
const NORMALIZATION: Affine = { mean: [127.5, 127.5, 127.5], std: [128, 128, 128] }

/** Side of the last feature map of R-Net and O-Net before the fully connected layer, pixels. */
const LAST_MAP_PX = 3

type Net = 'pnet' | 'rnet' | 'onet'

/**
 * [Note: MTCNN is transposed] The networks were trained with Caffe's Matlab interface on images with
 * x and y swapped. Swapping each kernel's height and width (and the map's axes in the rows of the
 * first fully connected layer) gives networks for ordinary images, with box offsets and landmarks
 * as x, y.
 *
 * @param kernel  shape [width, height, inputs, outputs]
 */
function toConv(kernel: NamedArray, bias: Float32Array): ConvWeights {
  const [width, height, inputs, outputs] = kernel.shape as [number, number, number, number]
  const out = new Float32Array(kernel.data.length)
  let source = 0
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          out[((o * inputs + i) * height + y) * width + x] = kernel.data[source++]!
        }
      }
    }
  }
  return { shape: [outputs, inputs, height, width], kernel: out, bias }
}

/** Rows from [x][y][channel] to [channel][y][x]; see [Note: MTCNN is transposed]. */
function toDense(weights: NamedArray): Float32Array {
  const [rows, outputs] = weights.shape as [number, number]
  const channels = rows / (LAST_MAP_PX * LAST_MAP_PX)
  const out = new Float32Array(weights.data.length)
  let source = 0
  for (let x = 0; x < LAST_MAP_PX; x++) {
    for (let y = 0; y < LAST_MAP_PX; y++) {
      for (let c = 0; c < channels; c++) {
        const row = (c * LAST_MAP_PX + y) * LAST_MAP_PX + x
        for (let o = 0; o < outputs; o++) out[row * outputs + o] = weights.data[source++]!
      }
    }
  }
  return out
}

interface NetContext {
  readonly graph: GraphWriter
  readonly net: Net
  readonly weights: NamedArrays
}

function data(context: NetContext, name: string): Float32Array {
  return requireArray(context.weights, `${context.net}/${name}`, 1).data
}

function convWeights(context: NetContext, name: string): ConvWeights {
  const kernel = requireArray(context.weights, `${context.net}/${name}/weights`, 4)
  const plain = toConv(kernel, data(context, `${name}/bias`))
  return name === 'conv1' ? foldAffine(plain, NORMALIZATION) : plain
}

function slopes(context: NetContext, index: number): Float32Array {
  return data(context, `prelu${index}_alpha`)
}

function convPoolPrelu(context: NetContext, input: string, pool: PoolOptions): string {
  const weights = convWeights(context, 'conv1')
  return addPooledPrelu(context.graph, input, { weights, slope: slopes(context, 1), pool })
}

function convPrelu(context: NetContext, input: string, index: number): string {
  const own = convWeights(context, `conv${index}`)
  const weights = index === 2 ? readPooledPrelu(own, slopes(context, 1)) : own
  const x = context.graph.conv(input, `conv${index}`, weights)
  return context.graph.prelu(x, `prelu${index}`, slopes(context, index), 4)
}

function dense(
  context: NetContext,
  input: string,
  options: { readonly name: string; readonly output: string; readonly first?: boolean },
): string {
  const { name, output } = options
  const weights = requireArray(context.weights, `${context.net}/${name}/weights`, 2)
  const kernel = options.first ? toDense(weights) : weights.data
  const w = context.graph.floats(`${name}.weight`, weights.shape, kernel)
  const bias = data(context, `${name}/bias`)
  return context.graph.op(
    'Gemm',
    [input, w, context.graph.floats(`${name}.bias`, [bias.length], bias)],
    output,
  )
}

/**
 * Answers `heads` [1, 5, rows, columns]: by how much the logit of a face is above the other's, and
 * the offsets of x1, y1, x2, y2.
 *
 * The last PRelu is folded into the convolution after it: W y = W a x + W (1 - a) Relu(x).
 */
function addPnet(graph: GraphWriter, weights: NamedArrays, input: string): void {
  const context: NetContext = { graph, net: 'pnet', weights }
  let x = convPoolPrelu(context, input, { size: 2, ceil: true })
  x = convPrelu(context, x, 2)
  x = graph.conv(x, 'conv3', convWeights(context, 'conv3'))
  const slope = slopes(context, 3)
  const heads = pnetHeads(context)
  const scaled = (gain: (a: number) => number) =>
    heads.kernel.map((value, i) => value * gain(slope[i % slope.length]!))
  const straight = graph.conv(x, 'heads.linear', { ...heads, kernel: scaled((a) => a) })
  const bent = graph.conv(graph.op('Relu', [x], 'conv3.relu'), 'heads.bend', {
    ...heads,
    kernel: scaled((a) => 1 - a),
    bias: new Float32Array(heads.bias.length),
  })
  graph.op('Add', [straight, bent], 'heads')
}

function pnetHeads(context: NetContext): ConvWeights {
  const score = convWeights(context, 'conv4_1')
  const offsets = convWeights(context, 'conv4_2')
  const inputs = score.shape[1]
  const difference = score.kernel.subarray(inputs).map((value, i) => value - score.kernel[i]!)
  return {
    shape: [5, inputs, 1, 1],
    kernel: Float32Array.of(...difference, ...offsets.kernel),
    bias: Float32Array.of(score.bias[1]! - score.bias[0]!, ...offsets.bias),
  }
}

function addResize(graph: GraphWriter): string {
  return graph.op('Resize', ['image', '', '', 'sizes'], 'resized', {
    mode: 'linear',
    antialias: 1,
    coordinate_transformation_mode: 'half_pixel',
  })
}

const RESIZE_INPUTS = [
  makeValueInfo('image', [1, 3, 'height', 'width']),
  makeValueInfo('sizes', [4], elementType.int64),
]
const RESIZED = makeValueInfo('resized', [1, 3, 'levelHeight', 'levelWidth'])

function buildPnetLevel(weights: NamedArrays): Uint8Array {
  const graph = createGraphWriter()
  addPnet(graph, weights, addResize(graph))
  const heads = makeValueInfo('heads', [1, 5, 'rows', 'columns'])
  return graph.encode(RESIZE_INPUTS, [RESIZED, heads])
}

function buildPyramid(): Uint8Array {
  const graph = createGraphWriter()
  addResize(graph)
  return graph.encode(RESIZE_INPUTS, [RESIZED])
}

function buildLoad(): Uint8Array {
  const graph = createGraphWriter()
  const planar = graph.op('Transpose', ['pixels'], 'planar', { perm: [2, 0, 1] })
  const floats = graph.op('Cast', [planar], 'floats', { to: elementType.float32 })
  graph.op('Unsqueeze', [floats, graph.ints('axes', [0])], 'image')
  return graph.encode(
    [makeValueInfo('pixels', ['height', 'width', 3], elementType.uint8)],
    [makeValueInfo('image', [1, 3, 'height', 'width'])],
  )
}

function buildCropNet(weights: NamedArrays, net: 'rnet' | 'onet'): Uint8Array {
  const graph = createGraphWriter()
  const context: NetContext = { graph, net, weights }
  let x = convPoolPrelu(context, 'input', { size: 3, ceil: true })
  x = convPrelu(context, x, 2)
  x = addMaxPool(graph, x, { size: 3, ceil: false })
  x = convPrelu(context, x, 3)
  let preluIndex = 4
  if (net === 'onet') {
    x = addMaxPool(graph, x, { size: 2, ceil: true })
    x = convPrelu(context, x, 4)
    preluIndex = 5
  }
  x = graph.op('Flatten', [x], 'flat')
  x = dense(context, x, { name: 'fc1', output: 'fc1.out', first: true })
  x = graph.prelu(x, `prelu${preluIndex}`, data(context, `prelu${preluIndex}_alpha`), 2)
  const logits = dense(context, x, { name: 'fc2_1', output: 'logits' })
  graph.op('Softmax', [logits], 'prob', { axis: 1 })
  dense(context, x, { name: 'fc2_2', output: 'reg' })
  const outputs = [makeValueInfo('prob', ['N', 2]), makeValueInfo('reg', ['N', 4])]
  if (net === 'onet') {
    dense(context, x, { name: 'fc2_3', output: 'pts' })
    outputs.push(makeValueInfo('pts', ['N', 10]))
  }
  const side = net === 'rnet' ? 24 : 48
  return graph.encode([makeValueInfo('input', ['N', 3, side, side])], outputs)
}

/**
 * MTCNN's three networks and the graphs that make its image pyramid. All take RGB 0..255; the
 * training normalisation is folded into the first convolution of each network.
 *
 * - `load.onnx`: `pixels` uint8 [height, width, 3] -> `image` float32 [1, 3, height, width]
 * - `pyramid.onnx`: `image` float32 [1, 3, height, width], `sizes` int64 [4] = [1, 3, h, w] ->
 *   `resized` [1, 3, h, w], linear with antialiasing, pixel centres at half
 * - `pnet-level.onnx`: the same, and P-Net on it: `image`, `sizes` -> `resized`, `heads`
 *   [1, 5, rows, columns] (logit of a face above the other's; offsets of x1, y1, x2, y2 in fractions
 *   of the 12 px cell; stride 2)
 * - `rnet.onnx`: `input` [N, 3, 24, 24] -> `prob` [N, 2], `reg` [N, 4]
 * - `onet.onnx`: `input` [N, 3, 48, 48] -> `prob` [N, 2], `reg` [N, 4], `pts` [N, 10]
 *   (x0..x4, y0..y4 in fractions of the box, order as Landmarks5)
 *
 * @param weights  face-api's arrays `pnet/...`, `rnet/...`, `onet/...`
 * @returns bytes by file name
 * @throws {FaceError} `modelImportFailed` when a weight is missing
 * @source Zhang et al. 2016, IEEE Signal Processing Letters 23(10); weights of the authors' release
 */
export function buildMtcnn(weights: NamedArrays): Map<string, Uint8Array> {
  return new Map([
    ['load.onnx', buildLoad()],
    ['pyramid.onnx', buildPyramid()],
    ['pnet-level.onnx', buildPnetLevel(weights)],
    ['rnet.onnx', buildCropNet(weights, 'rnet')],
    ['onet.onnx', buildCropNet(weights, 'onet')],
  ])
}
