import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFacenet } from '../../src/models/graphs/facenet.ts'
import { findParts, loadManifest } from '../../src/models/manifest.ts'
import type { EmbedderInput } from '../../src/models/manifest-types.ts'
import { type NamedArray, sizeOf } from '../../src/models/weights/named-array.ts'
import { loadNamedArrays } from '../../src/models/weights/named-array-files.ts'
import { TEST_MODEL_IDS, testInstaller, testModels } from '../helpers/models.ts'
import { makePixels, maxDifference, runModel } from '../helpers/onnx.ts'

const SIDE = 96
const DIMENSION = 5
/** Outputs of every inner convolution of the small network. */
const WIDTH = 2

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-builders-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

function makeArray(shape: readonly number[], seed: number): NamedArray {
  const data = makePixels(sizeOf(shape), seed).map((byte) => (byte - 120) / 200)
  return { shape, data }
}

/** Weights of an Inception-ResNet-v1 whose layers have two channels each. */
function makeFacenetWeights(): Map<string, NamedArray> {
  const weights = new Map<string, NamedArray>()
  let seed = 1
  const norm = (name: string, channels: number) => {
    for (const part of ['beta', 'moving_mean']) {
      weights.set(`${name}_BatchNorm_${part}`, makeArray([channels], seed++))
    }
    const variance = makeArray([channels], seed++).data.map((value) => 1 + Math.abs(value))
    weights.set(`${name}_BatchNorm_moving_variance`, { shape: [channels], data: variance })
  }
  const conv = (name: string, kernel: readonly [number, number], inputs = WIDTH) => {
    weights.set(`${name}_kernel`, makeArray([...kernel, inputs, WIDTH], seed++))
    norm(name, WIDTH)
  }
  const up = (name: string, joined: number, channels: number) => {
    weights.set(`${name}_Conv2d_1x1_kernel`, makeArray([1, 1, joined, channels], seed++))
    weights.set(`${name}_Conv2d_1x1_bias`, makeArray([channels], seed++))
  }
  conv('Conv2d_1a_3x3', [3, 3], 3)
  for (const name of ['2a_3x3', '2b_3x3', '4a_3x3', '4b_3x3']) conv(`Conv2d_${name}`, [3, 3])
  conv('Conv2d_3b_1x1', [1, 1])
  for (let i = 1; i <= 5; i++) {
    const name = `Block35_${i}`
    for (const branch of ['0_Conv2d_1x1', '1_Conv2d_0a_1x1', '2_Conv2d_0a_1x1']) {
      conv(`${name}_Branch_${branch}`, [1, 1])
    }
    for (const branch of ['1_Conv2d_0b_3x3', '2_Conv2d_0b_3x3', '2_Conv2d_0c_3x3']) {
      conv(`${name}_Branch_${branch}`, [3, 3])
    }
    up(name, 3 * WIDTH, WIDTH)
  }
  for (const branch of ['0_Conv2d_1a', '1_Conv2d_0b', '1_Conv2d_1a']) {
    conv(`Mixed_6a_Branch_${branch}_3x3`, [3, 3])
  }
  conv('Mixed_6a_Branch_1_Conv2d_0a_1x1', [1, 1])
  const afterMixed6 = 3 * WIDTH
  const flat = (name: string, channels: number, length: number) => {
    conv(`${name}_Branch_0_Conv2d_1x1`, [1, 1], channels)
    conv(`${name}_Branch_1_Conv2d_0a_1x1`, [1, 1], channels)
    conv(`${name}_Branch_1_Conv2d_0b_1x${length}`, [1, length])
    conv(`${name}_Branch_1_Conv2d_0c_${length}x1`, [length, 1])
    up(name, 2 * WIDTH, channels)
  }
  for (let i = 1; i <= 10; i++) flat(`Block17_${i}`, afterMixed6, 7)
  for (const branch of [0, 1, 2]) {
    conv(`Mixed_7a_Branch_${branch}_Conv2d_0a_1x1`, [1, 1], afterMixed6)
    conv(`Mixed_7a_Branch_${branch}_Conv2d_1a_3x3`, [3, 3])
  }
  conv('Mixed_7a_Branch_2_Conv2d_0b_3x3', [3, 3])
  const afterMixed7 = afterMixed6 + 3 * WIDTH
  for (let i = 1; i <= 6; i++) flat(`Block8_${i}`, afterMixed7, 3)
  weights.set('Bottleneck_kernel', makeArray([afterMixed7, DIMENSION], seed++))
  norm('Bottleneck', DIMENSION)
  return weights
}

function makeInput(normalization: EmbedderInput['normalization']): EmbedderInput {
  return { sizePx: SIDE, referencePoints: [], channelOrder: 'rgb', normalization }
}

async function embed(input: EmbedderInput, pixels: Float32Array): Promise<Float32Array> {
  const model = buildFacenet(makeFacenetWeights(), input, DIMENSION)
  const dims = [pixels.length / (3 * SIDE * SIDE), 3, SIDE, SIDE]
  const outputs = await runModel(model, { input: { data: pixels, dims } })
  return outputs['embedding.raw']!.data
}

describe('buildFacenet', () => {
  const pixels = makePixels(3 * SIDE * SIDE, 21)

  it('folds the affine normalisation exactly', async () => {
    const outside = pixels.map((byte) => (byte - 127.5) / 128)
    const before = await embed(makeInput({ kind: 'inGraph' }), outside)
    const folded = { kind: 'affine', mean: [127.5, 127.5, 127.5], std: [128, 128, 128] } as const
    const after = await embed(makeInput(folded), pixels)
    const length = Math.hypot(...before)
    expect(maxDifference(before, after)).toBeLessThan(1e-5 * length) // observed 5e-7
  })

  it('standardises each image of a batch by itself', async () => {
    const flatImage = new Float32Array(pixels.length).fill(80)
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length
    const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length
    const outside = pixels.map((value) => (value - mean) / Math.sqrt(variance))
    const before = await embed(makeInput({ kind: 'inGraph' }), outside)
    const batch = new Float32Array([...flatImage, ...pixels])
    const after = await embed(makeInput({ kind: 'perImage' }), batch)
    expect(after.every(Number.isFinite)).toBe(true)
    const length = Math.hypot(...before)
    expect(maxDifference(before, after.slice(DIMENSION))).toBeLessThan(1e-5 * length) // observed 6e-7
  })

  it('refuses weights of another dimension and missing weights', () => {
    const weights = makeFacenetWeights()
    const input = makeInput({ kind: 'perImage' })
    expect(() => buildFacenet(weights, input, 128)).toThrow(/have 5 dimensions, expected 128/)
    weights.delete('Block17_3_Branch_0_Conv2d_1x1_kernel')
    expect(() => buildFacenet(weights, input, DIMENSION)).toThrow(
      /no weight named Block17_3_Branch_0_Conv2d_1x1_kernel/,
    )
  })
})

describe('loadNamedArrays', () => {
  it('reads Keras weights of a whole model and of weights only', async () => {
    const hdf5 = await import('h5wasm/node')
    await hdf5.ready
    for (const prefix of ['', 'model_weights/']) {
      const path = join(directory, `${prefix ? 'model' : 'weights'}.h5`)
      const file = new hdf5.File(path, 'w')
      let group = prefix ? file.create_group('model_weights') : file
      group = group.create_group('Conv2d_1a_3x3').create_group('Conv2d_1a_3x3')
      group.create_dataset({ name: 'kernel:0', data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] })
      file.close()
      const arrays = await loadNamedArrays(path)
      expect([...arrays]).toEqual([
        ['Conv2d_1a_3x3_kernel', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ])
    }
  })

  it('refuses other files', async () => {
    const cases: readonly [string, Uint8Array, RegExp][] = [
      ['text.npz', Buffer.from('hello'), /Expected an \.npz .* or a Keras \.h5/],
      ['torn.npz', zipSync({ 'a.npy': new Uint8Array(100) }).slice(0, 60), /not a readable \.npz/],
      ['state.pt', zipSync({ 'archive/data.pkl': new Uint8Array(9) }), /zip without \.npy/],
      ['torn.h5', Buffer.from('\x89HDF\r\n\x1a\nrubbish', 'latin1'), /not a readable HDF5/],
    ]
    for (const [name, bytes, message] of cases) {
      const path = join(directory, name)
      await writeFile(path, bytes)
      await expect(loadNamedArrays(path), name).rejects.toThrow(message)
    }
  })
})

describe('docs/reference/models.md', () => {
  it('tells the dimension, size and package of every model', async () => {
    const page = await readFile(new URL('../../docs/reference/models.md', import.meta.url), 'utf8')
    const manifest = await loadManifest()
    for (const { id, task, dimension, sources } of manifest.models) {
      const { input } = findParts(manifest, id)[0]!
      const row = page.split('\n').find((line) => line.startsWith(`| \`${id}\``))
      expect(row, id).toContain(`| ${task} |`)
      if (dimension) expect(row).toContain(`| ${dimension} | ${input?.sizePx} px |`)
      for (const source of sources) {
        expect(row).toContain(source.kind === 'file' ? 'file' : source.package)
        if (source.kind === 'file') continue
        expect(row).toContain(`| ${(source.bytes! / 1e6).toFixed(1)} MB`)
      }
    }
  })

  it('and the pages for beginners tell what the default models fetch and keep', async () => {
    await testModels()
    const listed = await (await testInstaller()).list()
    const defaults = listed.filter(({ record }) => TEST_MODEL_IDS.includes(record.id))
    const sources = defaults.map(({ record }) => record.sources[0])
    const fetched = sources.reduce((sum, source) => {
      return sum + (source?.kind === 'npm' ? (source.bytes ?? 0) : 0)
    }, 0)
    const kept = defaults.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
    for (const page of ['README.md', 'docs/guides/library.md']) {
      const text = await readFile(new URL(`../../${page}`, import.meta.url), 'utf8')
      expect(text).toMatch(new RegExp(`${megabytes(fetched)}[^.]*, of which ${megabytes(kept)}`))
    }
  })
})

describe('loadManifest', () => {
  it('knows the models of the product and adds those of the user', async () => {
    const builtIn = (await loadManifest()).models
    expect(builtIn.map(({ id }) => id)).toEqual([
      'mtcnn',
      'mobilefacenet',
      'sface',
      'sface-int8',
      'fused',
      'facenet',
      'facenet-seed',
      'facenet-128',
      'dlib-resnet',
    ])
    await mkdir(join(directory, 'models'))
    const own = { ...builtIn[2]!, id: 'mine' }
    const path = join(directory, 'models', 'manifest.json')
    await writeFile(path, JSON.stringify({ version: 1, models: [own] }))
    expect((await loadManifest({ dataDir: directory })).models).toHaveLength(10)
    await writeFile(path, JSON.stringify({ version: 1, models: [builtIn[2]] }))
    await expect(loadManifest({ dataDir: directory })).rejects.toThrow(/sface exists already/)
  })
})
