import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { normalizeInPlace } from '../../src/core/similarity.ts'
import { sizeOf } from '../../src/models/weights/named-array.ts'
import { testInstaller, testModels } from '../helpers/models.ts'
import { makePixels, maxDifference, runModel } from '../helpers/onnx.ts'

interface GoldenCase {
  readonly model: string
  readonly file: string
  readonly dims: readonly number[]
  readonly seed: number
  readonly source: string
  readonly outputs: Readonly<Record<string, readonly number[]>>
}

const fixture = fileURLToPath(new URL('../fixtures/models/original-outputs.json', import.meta.url))
const golden = JSON.parse(await readFile(fixture, 'utf8')) as { cases: readonly GoldenCase[] }
const installer = await testInstaller()

/** Largest differences seen, Intel with AVX-512, ONNX Runtime 1.30; bound 1e-5. */
const OBSERVED = {
  'mtcnn/pnet-level.onnx': 2e-6,
  'mtcnn/rnet.onnx': 2e-7,
  'mtcnn/onet.onnx': 2e-7,
  'mobilefacenet/embedder.onnx': 2e-7,
  'sface/embedder.onnx': 4e-7,
  'sface-int8/embedder.onnx': 4e-7,
  'dlib-resnet/embedder.onnx': 2e-7,
  'facenet/embedder.onnx': 1e-7,
} as const

const BOUND = 1e-5

beforeAll(async () => {
  await testModels()
}, 600_000)

/** P-Net on a level of the image's own size, without the level. */
async function runLevel(
  path: string,
  { data, dims }: { data: Float32Array; dims: readonly number[] },
): Promise<Record<string, { data: Float32Array }>> {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1 })
  const { heads } = await session.run({
    image: new ort.Tensor('float32', data, dims),
    sizes: new ort.Tensor('int64', BigInt64Array.from(dims, BigInt), [4]),
  })
  await session.release()
  return { heads: { data: heads!.data as Float32Array } }
}

/** Outputs of a network; those of an embedder are scaled to length 1, as the originals' are. */
async function runNetwork(
  path: string,
  input: { data: Float32Array; dims: readonly number[] },
): Promise<Record<string, { data: Float32Array }>> {
  const { 'embedding.raw': raw, ...outputs } = await runModel(path, { input })
  if (raw === undefined) return outputs
  normalizeInPlace(raw.data)
  return { ...outputs, embedding: raw }
}

describe('built models', () => {
  for (const { model, file, dims, seed, outputs } of golden.cases) {
    const name = `${model}/${file}` as keyof typeof OBSERVED
    it(`give what the original ${name} gives, to ${BOUND} (observed ${OBSERVED[name]})`, async ({
      skip,
    }) => {
      if (!(await installer.isInstalled(model))) skip(`${model} is not installed`)
      const input = { data: makePixels(sizeOf(dims), seed), dims }
      const path = join(installer.path(model), file)
      const actual = await (file === 'pnet-level.onnx'
        ? runLevel(path, input)
        : runNetwork(path, input))
      expect(Object.keys(actual).sort()).toEqual(Object.keys(outputs).sort())
      for (const [output, expected] of Object.entries(outputs)) {
        expect(maxDifference(actual[output]!.data, expected), output).toBeLessThan(BOUND)
      }
    })
  }

  for (const id of [
    'mobilefacenet',
    'sface',
    'sface-int8',
    'facenet',
    'facenet-128',
    'dlib-resnet',
  ]) {
    it(`${id} answers raw vectors that do not depend on the batch`, async ({ skip }) => {
      if (!(await installer.isInstalled(id))) skip(`${id} is not installed`)
      const { record } = (await installer.list()).find((model) => model.record.id === id)!
      const { sizePx } = record.input!
      const dimension = record.dimension!
      const perImage = 3 * sizePx * sizePx
      const data = makePixels(2 * perImage, 3)
      const path = join(installer.path(id), 'embedder.onnx')
      const both = await runModel(path, { input: { data, dims: [2, 3, sizePx, sizePx] } })
      const second = await runModel(path, {
        input: { data: data.slice(perImage), dims: [1, 3, sizePx, sizePx] },
      })
      const batch = both['embedding.raw']!
      expect(batch.dims).toEqual([2, dimension])
      const alone = second['embedding.raw']!.data
      const length = Math.hypot(...alone)
      // Observed 2e-7 of its length, bound 1e-5.
      expect(maxDifference(batch.data.slice(dimension), alone)).toBeLessThan(BOUND * length)
    })
  }
})

describe('pyramid graphs of mtcnn', () => {
  const [height, width] = [30, 40]
  const image = { data: makePixels(3 * height * width, 5), dims: [1, 3, height, width] }
  const sizes = new ort.Tensor('int64', BigInt64Array.from([1n, 3n, 17n, 23n]), [4])

  async function run(file: string, feeds: Record<string, ort.Tensor>) {
    const path = join(installer.path('mtcnn'), file)
    const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1 })
    return session.run(feeds)
  }

  it('load turns interleaved bytes into planes', async () => {
    const bytes = Uint8Array.from({ length: 2 * 3 * 3 }, (_, k) => k)
    const { image: planes } = await run('load.onnx', {
      pixels: new ort.Tensor('uint8', bytes, [2, 3, 3]),
    })
    expect(planes!.dims).toEqual([1, 3, 2, 3])
    expect(Array.from(planes!.data as Float32Array)).toEqual(
      [0, 1, 2].flatMap((channel) => [0, 3, 6, 9, 12, 15].map((pixel) => pixel + channel)),
    )
  })

  it('a level is the image resized as by the pyramid graph', async () => {
    const feeds = { image: new ort.Tensor('float32', image.data, image.dims), sizes }
    const level = await run('pnet-level.onnx', feeds)
    const { resized } = await run('pyramid.onnx', feeds)
    expect(resized!.dims).toEqual([1, 3, 17, 23])
    expect(level.resized!.data).toEqual(resized!.data)
    expect(level.heads!.dims).toEqual([1, 5, 4, 7])
  })

  it('resizing down averages (antialiased)', async () => {
    // Columns 0 255 255 0 twice: between two neighbours lies 255, over four columns about half.
    const data = Float32Array.from({ length: 3 * 8 * 8 }, (_, k) => ((k + 1) % 4 < 2 ? 0 : 255))
    const { resized } = await run('pyramid.onnx', {
      image: new ort.Tensor('float32', data, [1, 3, 8, 8]),
      sizes: new ort.Tensor('int64', BigInt64Array.from([1n, 3n, 2n, 2n]), [4]),
    })
    for (const value of resized!.data as Float32Array) {
      expect(value).toBeGreaterThan(100)
      expect(value).toBeLessThan(170) // observed 136.6 in each
    }
  })
})
