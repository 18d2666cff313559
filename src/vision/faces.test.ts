import { describe, expect, it } from 'vitest'
import type { Box, Detection } from '../core/types.ts'
import type { Embedder } from './embedders/embedder.ts'
import { measureFaces } from './faces.ts'
import type { PyramidLevel } from './pixel-kernels.ts'

const width = 160
const height = 120
/** Value of channel `c` at a continuous position; linear, so that bilinear sampling is exact. */
const plane = (x: number, y: number, c: number): number => 20 + 0.5 * x + 0.25 * y + 10 * c
const level: PyramidLevel = {
  data: Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = i % (width * height)
    const x = (pixel % width) + 0.5
    return plane(x, Math.floor(pixel / width) + 0.5, Math.floor(i / (width * height)))
  }),
  ...{ width, height, scaleX: 1, scaleY: 1 },
  ...{ pixelStride: 1, rowStride: width, channelStride: width * height },
}

const size = 20

/** What an embedder that takes boxes is given for a face. */
async function cutBox(box: Box): Promise<Float32Array> {
  const given: Float32Array[] = []
  const embedder: Embedder = {
    ...{ dimension: 1, sizePx: size, batch: 1, referencePoints: undefined },
    embed: async (crops) => {
      given.push(...crops)
      return [{ embedding: Float32Array.of(1) }]
    },
  }
  const at = (x: number, y: number) => ({ x: box.x + x * box.width, y: box.y + y * box.height })
  const detection: Detection = {
    box,
    landmarks: [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
    confidence: 1,
  }
  const { faces } = await measureFaces([level], [detection], embedder)
  expect(faces).toHaveLength(1)
  return given[0]!
}

/** Largest difference to a crop whose edges are those of the region. */
function differenceTo(crop: Float32Array, region: Box): number {
  let largest = 0
  for (const [i, value] of crop.entries()) {
    const column = (i % size) + 0.5
    const row = (Math.floor(i / size) % size) + 0.5
    const x = region.x + (column * region.width) / size
    const y = region.y + (row * region.height) / size
    const expected = plane(x, y, Math.floor(i / (size * size)))
    largest = Math.max(largest, Math.abs(value - expected))
  }
  return largest
}

describe('measureFaces for an embedder that takes boxes', () => {
  it('fills the crop with the box, whatever its shape', async () => {
    const box = { x: 30, y: 20, width: 50, height: 80 }
    // Observed 2e-5, bound 1e-3.
    expect(differenceTo(await cutBox(box), box)).toBeLessThan(1e-3)
  })

  it('rounds the box down to whole pixels', async () => {
    const crop = await cutBox({ x: 30.4, y: 20.6, width: 49.2, height: 79.1 })
    const whole = { x: 30, y: 20, width: 49, height: 79 }
    expect(differenceTo(crop, whole)).toBeLessThan(1e-3)
  })

  it('takes the part of the box that is in the image', async () => {
    const crop = await cutBox({ x: -20, y: 60, width: 60, height: 90 })
    const inside = { x: 0, y: 60, width: 40, height: 60 }
    expect(differenceTo(crop, inside)).toBeLessThan(1e-3)
  })
})
