import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exposeRawEmbedding } from '../../src/models/graphs/former-output.ts'
import { createGraphWriter, type GraphWriter } from '../../src/models/graphs/graph-writer.ts'
import {
  encodeModel,
  graphOf,
  type Model,
  makeFloatTensor,
  makeInt64Tensor,
  makeModel,
  makeNode,
  makeValueInfo,
  parseModel,
} from '../../src/models/graphs/onnx.ts'
import { buildOnnxEmbedder } from '../../src/models/graphs/onnx-embedder.ts'
import {
  addMaxPool,
  addPooledPrelu,
  readPooledPrelu,
} from '../../src/models/graphs/pooled-prelu.ts'
import { writePrelu } from '../../src/models/graphs/prelu.ts'
import {
  flushTinyWeightsInPlace,
  freeBatchInPlace,
  removeIdleInputsInPlace,
  rewritePreluInPlace,
  takeRawPixelsInPlace,
} from '../../src/models/graphs/rewrites.ts'
import { toFormerEmbedder } from '../helpers/fake-models.ts'
import { makePixels, maxDifference, runModel } from '../helpers/onnx.ts'

const SIDE = 12
const CHANNELS = 6
const DIMENSION = CHANNELS
const PIXELS = 3 * SIDE * SIDE
const BOUND = 1e-5

/** Small weights of both signs, always the same. */
function makeWeights(count: number, seed: number): Float32Array {
  return makePixels(count, seed).map((byte) => (byte - 127.5) / 512)
}

interface NetOptions {
  readonly pad?: 0 | 1
  /** Puts a node between input and first convolution, so that nothing can be folded. */
  readonly indirect?: boolean
  readonly opset?: number
}

/** A convolution, a PRelu, a pool and a Reshape of fixed batch: what real embedders are made of. */
function makeNet({ pad = 1, indirect = false, opset = 9 }: NetOptions = {}): Model {
  const first = indirect ? 'copied' : 'data'
  const side = pad ? SIDE : SIDE - 2
  return makeModel(
    {
      nodes: [
        ...(indirect ? [makeNode('Identity', { inputs: ['data'], outputs: ['copied'] })] : []),
        makeNode(
          'Conv',
          { inputs: [first, 'kernel', 'bias'], outputs: ['conv'] },
          { kernel_shape: [3, 3], pads: [pad, pad, pad, pad], strides: [1, 1] },
        ),
        makeNode('PRelu', { inputs: ['conv', 'slope'], outputs: ['active'] }),
        makeNode(
          'AveragePool',
          { inputs: ['active'], outputs: ['pooled'] },
          { kernel_shape: [side, side] },
        ),
        makeNode('Reshape', { inputs: ['pooled', 'shape'], outputs: ['out'] }),
      ],
      initializers: [
        makeFloatTensor('kernel', [CHANNELS, 3, 3, 3], makeWeights(CHANNELS * 27, 1)),
        makeFloatTensor('bias', [CHANNELS], makeWeights(CHANNELS, 2)),
        makeFloatTensor('slope', [CHANNELS, 1, 1], makeWeights(CHANNELS, 3)),
        makeInt64Tensor('shape', [1, -1]),
      ],
      inputs: [makeValueInfo('data', [1, 3, SIDE, SIDE])],
      outputs: [makeValueInfo('out', [1, DIMENSION])],
    },
    opset,
  )
}

async function runNet(model: Model, pixels: Float32Array): Promise<Float32Array> {
  const data = { data: pixels, dims: [pixels.length / PIXELS, 3, SIDE, SIDE] }
  return (await runModel(encodeModel(model), { data })).out!.data
}

const MEAN = [104, 117.5, 123]
const STD = [57, 58.5, 127.5]

/** What a caller of the original network does to RGB 0..255 before it. */
function normalize(pixels: Float32Array, order: 'rgb' | 'bgr'): Float32Array {
  const area = SIDE * SIDE
  return pixels.map((_, k) => {
    const channel = Math.floor(k / area)
    const source = order === 'bgr' ? 2 - channel : channel
    return (pixels[source * area + (k % area)]! - MEAN[channel]!) / STD[channel]!
  })
}

describe('rewrites', () => {
  const input = makePixels(PIXELS, 9).map((byte) => (byte - 127.5) / 128)

  it('PRelu becomes nodes that are faster', async () => {
    const model = makeNet()
    const before = await runNet(model, input)
    expect(rewritePreluInPlace(graphOf(model))).toBe(1)
    expect(graphOf(model).node.map((node) => node.opType)).not.toContain('PRelu')
    const after = await runNet(model, input)
    expect(maxDifference(before, after)).toBeLessThan(BOUND) // observed 8e-9
  })

  it('every slope of a PRelu gives what PRelu gives, below 0 and above 1, too', async () => {
    const slopes = fc.array(fc.float({ min: -3, max: 3, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(slopes, async (values) => {
        const x = makeWeights(4 * 9, 4)
        const slope = Float32Array.from(values)
        const spec = { input: 'x', output: 'y', slope, dims: [4, 1, 1] }
        const { nodes, initializers } = writePrelu(spec)
        const model = makeModel({
          nodes,
          initializers,
          inputs: [makeValueInfo('x', [1, 4, 3, 3])],
          outputs: [makeValueInfo('y', [1, 4, 3, 3])],
        })
        const { y } = await runModel(encodeModel(model), { x: { data: x, dims: [1, 4, 3, 3] } })
        const expected = x.map((v, k) => (v >= 0 ? v : v * slope[Math.floor(k / 9)]!))
        // Observed 2e-7, bound 1e-6.
        expect(maxDifference(y!.data, expected)).toBeLessThan(1e-6)
      }),
      { numRuns: 20 },
    )
  })

  it('a pool moved before its PRelu gives the same, whatever the slopes', async () => {
    const slopes = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    })
    const first = {
      shape: [4, 3, 3, 3] as const,
      kernel: makeWeights(4 * 27, 1),
      bias: makeWeights(4, 2),
    }
    const second = {
      shape: [2, 4, 1, 1] as const,
      kernel: makeWeights(8, 3),
      bias: makeWeights(2, 5),
    }
    const pool = { size: 3, ceil: true }
    const encode = (graph: GraphWriter): Uint8Array =>
      graph.encode(
        [makeValueInfo('data', [1, 3, SIDE, SIDE])],
        [makeValueInfo('conv2.out', [1, 2, 'h', 'w'])],
      )
    await fc.assert(
      fc.asyncProperty(slopes, async (values) => {
        const slope = Float32Array.from(values)
        const plain = createGraphWriter()
        const active = plain.op(
          'PRelu',
          [plain.conv('data', 'conv1', first), plain.floats('slope', [4, 1, 1], slope)],
          'active',
        )
        plain.conv(addMaxPool(plain, active, pool), 'conv2', second)
        const moved = createGraphWriter()
        const pooled = addPooledPrelu(moved, 'data', { weights: first, slope, pool })
        moved.conv(pooled, 'conv2', readPooledPrelu(second, slope))
        const feeds = { data: { data: input, dims: [1, 3, SIDE, SIDE] } }
        const [a, b] = [await runModel(encode(plain), feeds), await runModel(encode(moved), feeds)]
        // Observed 3e-8, bound 1e-6.
        expect(maxDifference(a['conv2.out']!.data, b['conv2.out']!.data)).toBeLessThan(1e-6)
      }),
      { numRuns: 20 },
    )
  })

  it('a free batch gives each image what it had alone', async () => {
    const model = makeNet()
    const alone = await runNet(model, input)
    freeBatchInPlace(graphOf(model))
    graphOf(model).input = [makeValueInfo('data', ['N', 3, SIDE, SIDE])]
    graphOf(model).output = [makeValueInfo('out', ['N', DIMENSION])]
    const pair = new Float32Array(2 * PIXELS)
    pair.set(input, PIXELS)
    const both = await runNet(model, pair)
    expect(maxDifference(both.slice(DIMENSION), alone)).toBeLessThan(BOUND) // observed 0
  })

  it('weights that cannot be seen become zero and change nothing', async () => {
    const model = makeNet()
    const graph = graphOf(model)
    const kernel = makeWeights(CHANNELS * 27, 1)
    for (let k = 0; k < kernel.length; k += 2) kernel[k]! *= k % 4 === 0 ? 1e-30 : 1e-42
    graph.initializer[0] = makeFloatTensor('kernel', [CHANNELS, 3, 3, 3], kernel)
    const before = await runNet(model, input)
    expect(flushTinyWeightsInPlace(graph)).toBeGreaterThan(40)
    const after = await runNet(model, input)
    expect(maxDifference(before, after)).toBeLessThan(BOUND) // observed 0
  })

  it('weights declared as inputs, and what no node reads, are no longer inputs', () => {
    const model = makeNet()
    graphOf(model).input.push(makeValueInfo('slope', [CHANNELS, 1, 1]))
    graphOf(model).input.push(makeValueInfo('replaced', [CHANNELS, 1, 1]))
    removeIdleInputsInPlace(graphOf(model))
    expect(graphOf(model).input.map((value) => value.name)).toEqual(['data'])
  })

  for (const order of ['rgb', 'bgr'] as const) {
    for (const pad of [0, 1] as const) {
      for (const indirect of [false, true]) {
        const way = indirect ? 'by nodes' : 'folded into the first convolution'
        it(`normalisation of ${order} pixels is taken in ${way}, padding ${pad}`, async () => {
          const pixels = makePixels(PIXELS, 11)
          const before = await runNet(makeNet({ pad, indirect }), normalize(pixels, order))
          const model = makeNet({ pad, indirect })
          const affine = { mean: MEAN, std: STD }
          takeRawPixelsInPlace(graphOf(model), 'data', { channelOrder: order, affine })
          const added = graphOf(model).node.map((node) => node.opType)
          expect(added.includes('Mul')).toBe(indirect)
          const after = await runNet(model, pixels)
          expect(maxDifference(before, after)).toBeLessThan(BOUND) // observed 2e-7
        })
      }
    }
  }
})

describe('buildOnnxEmbedder', () => {
  const record = {
    sizePx: SIDE,
    referencePoints: [],
    channelOrder: 'bgr',
    normalization: { kind: 'affine', mean: MEAN, std: STD },
  } as const

  it('gives the raw embedding of the original, for any batch', async () => {
    const pixels = makePixels(PIXELS, 13)
    const raw = await runNet(makeNet(), normalize(pixels, 'bgr'))
    const built = buildOnnxEmbedder(encodeModel(makeNet()), record, { dimension: DIMENSION })
    const batch = new Float32Array(3 * PIXELS)
    batch.set(pixels, 2 * PIXELS)
    const outputs = await runModel(built, { input: { data: batch, dims: [3, 3, SIDE, SIDE] } })
    const embeddings = outputs['embedding.raw']!
    expect(embeddings.dims).toEqual([3, DIMENSION])
    const last = embeddings.data.slice(2 * DIMENSION)
    // Observed 3e-7 of its length, bound 1e-5.
    expect(maxDifference(last, raw)).toBeLessThan(BOUND * Math.hypot(...raw))
  })

  it('gives the same bytes every time', () => {
    const bytes = encodeModel(makeNet())
    expect(buildOnnxEmbedder(bytes, record, { dimension: DIMENSION })).toEqual(
      buildOnnxEmbedder(bytes, record, { dimension: DIMENSION }),
    )
  })

  const refused: readonly [string, () => Uint8Array, RegExp][] = [
    ['not an ONNX file', () => Buffer.from('not a model at all'), /not an ONNX file/],
    ['an empty file', () => new Uint8Array(), /not an ONNX file/],
    [
      'a cut-off file',
      () => encodeModel(makeNet()).slice(0, 200),
      /not an ONNX file|inputs|no weight/,
    ],
    [
      'two inputs',
      () => {
        const model = makeNet()
        graphOf(model).input.push(makeValueInfo('other', [1]))
        graphOf(model).node.push(makeNode('Neg', { inputs: ['other'], outputs: ['unused'] }))
        return encodeModel(model)
      },
      /2 inputs/,
    ],
    [
      'another input size',
      () => {
        const model = makeNet()
        graphOf(model).input = [makeValueInfo('data', [1, 3, 64, 64])]
        return encodeModel(model)
      },
      /input height is 64, expected 12/,
    ],
    [
      'another dimension',
      () => {
        const model = makeNet()
        graphOf(model).output = [makeValueInfo('out', [1, 99])]
        return encodeModel(model)
      },
      /embedding dimension is 99, expected 6/,
    ],
    [
      'a computed Reshape',
      () => {
        const model = makeNet()
        const nodes = graphOf(model).node
        nodes.splice(-1, 0, makeNode('Identity', { inputs: ['shape'], outputs: ['computed'] }))
        nodes.at(-1)!.input![1] = 'computed'
        return encodeModel(model)
      },
      /computed shape/,
    ],
  ]
  for (const [what, make, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => buildOnnxEmbedder(make(), record, { dimension: DIMENSION })).toThrow(message)
    })
  }

  it('reads back what it wrote', () => {
    const model = parseModel(
      buildOnnxEmbedder(encodeModel(makeNet()), record, { dimension: DIMENSION }),
    )
    expect(graphOf(model).output.map((value) => value.name)).toEqual(['embedding.raw'])
  })
})

describe('exposeRawEmbedding', () => {
  const input = {
    sizePx: SIDE,
    referencePoints: [],
    channelOrder: 'rgb',
    normalization: { kind: 'inGraph' },
  } as const

  it('makes of a former file what is built today, byte for byte', () => {
    const built = buildOnnxEmbedder(encodeModel(makeNet()), input, { dimension: DIMENSION })
    expect(exposeRawEmbedding(toFormerEmbedder(built))).toEqual(built)
  })

  it('has nothing to do with a file of today', () => {
    expect(exposeRawEmbedding(encodeModel(makeNet()))).toBeUndefined()
    const built = buildOnnxEmbedder(encodeModel(makeNet()), input, { dimension: DIMENSION })
    expect(exposeRawEmbedding(built)).toBeUndefined()
  })
})
