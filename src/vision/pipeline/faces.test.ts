import { describe, expect, it } from 'vitest'
import type { Box, Detection, Landmarks5 } from '../../core/types.ts'
import type { Embedder } from './embedders/embedder.ts'
import { measureFaces } from './faces.ts'
import type { PyramidLevel } from './pixels/levels.ts'

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
}

const size = 20

/** Landmarks from the middle of the box, image pixels: the points of aligned crops, made smaller. */
const frontalFace = [
  [-7.08216, -1.72148],
  [7.01272, -1.79944],
  [0.01008, 6.29464],
  [-5.78028, 14.5462],
  [5.89196, 14.48164],
] as const

interface Cut {
  /** Of an embedder that takes turned boxes. */
  readonly margin?: number
  /** Of the face about the box's centre, clockwise. */
  readonly quarterTurns?: 0 | 1
}

/** What an embedder that takes boxes is given for a face. */
async function cutBox(box: Box, { margin, quarterTurns = 0 }: Cut = {}): Promise<Float32Array> {
  const given: Float32Array[] = []
  const embedder: Embedder = {
    ...{ dimension: 1, sizePx: size, batch: 1, referencePoints: undefined },
    turnedBoxMargin: margin,
    embed: async (crops) => {
      given.push(...crops)
      return [{ embedding: Float32Array.of(1) }]
    },
  }
  const landmarks = frontalFace.map(([right, down]) => {
    const x = box.x + box.width / 2
    const y = box.y + box.height / 2
    return quarterTurns === 1 ? { x: x - down, y: y + right } : { x: x + right, y: y + down }
  }) as unknown as Landmarks5
  const detection: Detection = { box, landmarks, confidence: 1 }
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

describe('measureFaces for an embedder that takes turned boxes', () => {
  it('adds the same margin to both sides of the box, whatever its shape', async () => {
    const crop = await cutBox({ x: 60, y: 20, width: 32, height: 50 }, { margin: 0.5 })
    // The mean side is 40, so both sides grow by 20.
    const grown = { x: 50, y: 10, width: 52, height: 70 }
    expect(differenceTo(crop, grown)).toBeLessThan(1e-3)
  })

  it('does not round the box', async () => {
    const crop = await cutBox({ x: 50.4, y: 40.6, width: 40.2, height: 60.7 }, { margin: 0 })
    const box = { x: 50.4, y: 40.6, width: 40.2, height: 60.7 }
    expect(differenceTo(crop, box)).toBeLessThan(1e-3)
  })

  it("turns with the face: its up is the crop's up", async () => {
    const box = { x: 50, y: 30, width: 40, height: 60 }
    const crop = await cutBox(box, { margin: 0, quarterTurns: 1 })
    // A face turned to the right: its columns run down the image, its rows to the left. The box
    // keeps its width along the face's columns.
    const centre = { x: 70, y: 60 }
    for (const [column, row] of [
      [0, 0],
      [19, 0],
      [7, 16],
    ] as const) {
      const along = ((column + 0.5) / size - 0.5) * box.width
      const down = ((row + 0.5) / size - 0.5) * box.height
      const value = crop[row * size + column]!
      expect(Math.abs(value - plane(centre.x - down, centre.y + along, 0))).toBeLessThan(1e-3)
    }
  })
})
