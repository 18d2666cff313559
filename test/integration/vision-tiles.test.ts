import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { findWindowsInTiles, readWindows } from '../../src/vision/pipeline/detectors/mtcnn-tiles.ts'
import { decodeImage, shrinkImage } from '../../src/vision/pipeline/image.ts'
import { toByteLevel } from '../../src/vision/pipeline/pyramid.ts'
import { type FloatTensor, loadSession, type Session } from '../../src/vision/runtime.ts'
import { readSample, testLimits } from '../helpers/images.ts'
import { testModels } from '../helpers/models.ts'

let pnet: Session
beforeAll(async () => {
  const path = join(await testModels(), 'models/mtcnn/pnet-level.onnx')
  pnet = await loadSession({ path, modelId: 'mtcnn', threads: 1 })
})

async function run(image: FloatTensor): Promise<FloatTensor> {
  const [, , height, width] = image.dims
  const sizes = BigInt64Array.of(1n, 3n, BigInt(height!), BigInt(width!))
  const feeds = { image, sizes: { data: sizes, dims: [4] } }
  return (await pnet.run(feeds, ['heads'])).heads!
}

describe('P-Net in tiles', () => {
  // One tile, several, and each way in which the last ones are cut off.
  it.each([
    [200, 150],
    [266, 266],
    [267, 268],
    [524, 300],
    [641, 533],
    [1000, 13],
  ])('finds in %s x %s pixels what it finds in one piece, to the bit', async (width, height) => {
    const photo = await decodeImage(await readSample(1), testLimits)
    const image = await shrinkImage(photo, width, height)
    const plane = width * height
    const data = new Float32Array(3 * plane)
    for (let i = 0; i < plane; i++) {
      for (let channel = 0; channel < 3; channel++) {
        data[channel * plane + i] = image.data[3 * i + channel]!
      }
    }
    const least = Number.NEGATIVE_INFINITY
    const whole = readWindows(await run({ data, dims: [1, 3, height, width] }), least)
    const level = toByteLevel(image, image)
    const limit = whole.at.length
    expect(await findWindowsInTiles(level, run, { least, limit })).toEqual(whole)
  })

  it('keeps the best where there are more than wanted', async () => {
    const image = await shrinkImage(await decodeImage(await readSample(1), testLimits), 700, 700)
    const level = toByteLevel(image, image)
    const least = Number.NEGATIVE_INFINITY
    const all = await findWindowsInTiles(level, run, { least, limit: 200_000 })
    const some = await findWindowsInTiles(level, run, { least, limit: 100 })
    const logits = (found: typeof all): number[] =>
      found.at.map((_, n) => found.values[5 * n]!).sort((a, b) => b - a)
    expect(logits(some).slice(0, 100)).toEqual(logits(all).slice(0, 100))
    expect(some.at.length).toBeLessThan(all.at.length / 10)
  })
})
