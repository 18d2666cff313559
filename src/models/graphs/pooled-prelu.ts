import type { ConvWeights, GraphWriter } from './graph-writer.ts'

export interface PoolOptions {
  /** Side of the window, pixels; the stride is 2. */
  readonly size: number
  /** Whether the last window may reach beyond the map. */
  readonly ceil: boolean
}

export interface PooledPrelu {
  readonly weights: ConvWeights
  /** Slopes of the PRelu, one value a channel. */
  readonly slope: Float32Array
  readonly pool: PoolOptions
}

/** Adds a maximum pool of stride 2 and answers its output's name. */
export function addMaxPool(graph: GraphWriter, input: string, { size, ceil }: PoolOptions): string {
  return graph.op('MaxPool', [input], `${input}.pool`, {
    kernel_shape: [size, size],
    strides: [2, 2],
    ceil_mode: ceil ? 1 : 0,
  })
}

/**
 * Adds a network's first convolution, its PRelu and the pool after it, in the order convolution,
 * pool, PRelu, so that the PRelu works on a quarter of the values.
 *
 * [Note: pool before PRelu] A PRelu of slope a in [0, 1] is max(x, a x) and rises, so it may follow
 * the pool. One of negative slope does not rise: the pool of its values is max(max x, -a max -x),
 * which takes the pool of -x as well. For these channels the convolution computes -x, too. What
 * then remains is linear + Relu(linear) in the pooled channels, two 1 x 1 convolutions. One of slope
 * above 1 is no such maximum, but its negative is; {@link readPooledPrelu} takes the sign back.
 *
 * Channels are filled up with zeros to whole blocks, because ONNX Runtime pools blocked data only in
 * whole blocks.
 *
 * @returns the output's name; only {@link readPooledPrelu} knows how to read it
 */
export function addPooledPrelu(
  graph: GraphWriter,
  input: string,
  { weights, slope, pool }: PooledPrelu,
): string {
  const channels = slope.length
  const falling = [...slope.keys()].filter((c) => slope[c]! < 0)
  const inputs = toWholeBlocks(channels + falling.length)
  const outputs = toWholeBlocks(channels)
  const wide = appendNegated(weights, falling, inputs)
  const pooled = addMaxPool(graph, graph.conv(input, 'conv1', wide), pool)

  const linear = new Float32Array(outputs * inputs)
  const bend = new Float32Array(outputs * inputs)
  for (let c = 0; c < channels; c++) {
    const a = slope[c]!
    const row = c * inputs
    if (a < 0) {
      const negated = row + channels + falling.indexOf(c)
      linear[negated] = -a
      bend[row + c] = 1
      bend[negated] = a
    } else {
      linear[row + c] = a <= 1 ? a : -a
      bend[row + c] = Math.abs(1 - a)
    }
  }
  const shape = [outputs, inputs, 1, 1] as const
  const bias = new Float32Array(outputs)
  const straight = graph.conv(pooled, 'prelu1.linear', { shape, kernel: linear, bias })
  const bent = graph.conv(pooled, 'prelu1.bend', { shape, kernel: bend, bias })
  return graph.op('Add', [straight, graph.op('Relu', [bent], 'prelu1.rest')], 'prelu1.out')
}

/** Rounds up to blocks of 16 channels (AVX-512), which are whole blocks of 8 (AVX2) and 4 (NEON), too. */
function toWholeBlocks(channels: number): number {
  return Math.ceil(channels / 16) * 16
}

/** The convolution with the outputs `negated` once more, of the other sign, and zeros up to `total` outputs. */
function appendNegated(
  { shape: [outputs, ...rest], kernel, bias }: ConvWeights,
  negated: readonly number[],
  total: number,
): ConvWeights {
  const size = kernel.length / outputs
  const wide = new Float32Array(total * size)
  const wideBias = new Float32Array(total)
  wide.set(kernel)
  wideBias.set(bias)
  for (const [i, from] of negated.entries()) {
    const values = kernel.subarray(from * size, (from + 1) * size)
    wide.set(
      values.map((value) => -value),
      (outputs + i) * size,
    )
    wideBias[outputs + i] = -bias[from]!
  }
  return { shape: [total, ...rest], kernel: wide, bias: wideBias }
}

/**
 * The convolution that follows {@link addPooledPrelu}.
 *
 * @param slope  of that PRelu
 */
export function readPooledPrelu(
  { shape: [outputs, inputs, height, width], kernel, bias }: ConvWeights,
  slope: Float32Array,
): ConvWeights {
  const total = toWholeBlocks(inputs)
  const area = height * width
  const wide = new Float32Array(outputs * total * area)
  for (let k = 0; k < kernel.length; k++) {
    const output = Math.floor(k / (inputs * area))
    const channel = Math.floor(k / area) % inputs
    wide[k + output * (total - inputs) * area] = slope[channel]! > 1 ? -kernel[k]! : kernel[k]!
  }
  return { shape: [outputs, total, height, width], kernel: wide, bias }
}
