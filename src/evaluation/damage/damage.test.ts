import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../platform/random.ts'
import type { RgbImage } from '../../vision/pipeline/image.ts'
import { type Damage, damageName, damagePicture } from './damage.ts'
import { damages } from './kinds.ts'
import { type FacePlace, lumaOf } from './picture.ts'
import { findFaceAt, findLargestFace } from './place.ts'

/** A picture of random colours in blocks, the same for one seed. */
function createPicture(width: number, height: number, seed = 1): RgbImage {
  const random = createRandom(seed)
  const data = new Uint8Array(3 * width * height)
  for (let i = 0; i < data.length; i++) data[i] = Math.floor(256 * random())
  return { data, width, height }
}

function createFace(x: number, y: number, side: number): FacePlace {
  const point = (u: number, v: number) => ({ x: x + u * side, y: y + v * side })
  return {
    box: { x, y, width: side, height: side },
    landmarks: [
      point(0.3, 0.4),
      point(0.7, 0.4),
      point(0.5, 0.6),
      point(0.35, 0.8),
      point(0.65, 0.8),
    ],
  }
}

const image = createPicture(48, 40)
const face = createFace(12, 8, 24)
const onPhotographs = damages.filter((damage) => damage.showsPerson)
const pretended = damages.filter((damage) => !damage.showsPerson)

function find(name: string): Damage {
  const damage = damages.find((each) => damageName(each) === name)
  if (damage === undefined) throw new Error(`no damage ${name}`)
  return damage
}

const apply = (name: string, subject = 'a') =>
  damagePicture(find(name), { image, face, subject }, 1)

function pixel({ data, width }: RgbImage, x: number, y: number): number[] {
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)]
}

function meanLuma({ data }: RgbImage): number {
  let sum = 0
  for (let at = 0; at < data.length; at += 3) sum += lumaOf(data[at]!, data[at + 1]!, data[at + 2]!)
  return (3 * sum) / data.length
}

describe('the list of damages', () => {
  test('has every name once and many kinds of several families', () => {
    const names = new Set(damages.map(damageName))
    expect(names.size).toBe(damages.length)
    expect(new Set(damages.map((damage) => damage.kind)).size).toBeGreaterThan(60) // observed 91
    expect(new Set(damages.map((damage) => damage.family)).size).toBe(15)
  })

  test('marks whole pictures that are turned, and nothing else, as turned', () => {
    const turned = damages.filter((damage) => damage.isTurn).map(damageName)
    expect(turned).toEqual(['turn 90', 'turn 180', 'turn 270'])
  })
})

describe('every damage of a photograph', () => {
  test.each(onPhotographs.map((damage) => [damageName(damage), damage]))(
    '%s gives the same pixels for the same seed and leaves the photograph alone',
    (_name, damage) => {
      const before = image.data.slice()
      const first = damagePicture(damage, { image, face, subject: 'a' }, 7)
      const second = damagePicture(damage, { image, face, subject: 'a' }, 7)
      expect(first.image.data).toEqual(second.image.data)
      expect(first.image.data.length).toBe(3 * first.image.width * first.image.height)
      expect(image.data).toEqual(before)
      const isChanged =
        first.image.width !== image.width ||
        first.image.height !== image.height ||
        first.image.data.some((value, i) => value !== before[i])
      const isSmallAlready = ['small', 'enlarged'].includes(damage.kind) && damage.strength >= 24
      expect(isChanged).toBe(damage.kind !== 'clean' && !isSmallAlready)
    },
  )

  test('works on tiny pictures and on faces beyond the edge', () => {
    const arbitrary = fc.record({
      damage: fc.constantFrom(...onPhotographs),
      width: fc.integer({ min: 1, max: 12 }),
      height: fc.integer({ min: 1, max: 12 }),
      x: fc.integer({ min: -30, max: 30 }),
      y: fc.integer({ min: -30, max: 30 }),
      side: fc.double({ min: 0.01, max: 60, noNaN: true }),
      isPoint: fc.boolean(),
    })
    fc.assert(
      fc.property(arbitrary, ({ damage, width, height, x, y, side, isPoint }) => {
        const place = createFace(x, y, side)
        const middle = place.landmarks[2]
        const degenerate = [middle, middle, middle, middle, middle] as const
        const shown = isPoint ? { ...place, landmarks: degenerate } : place
        const tiny = createPicture(width, height, side)
        const { image: result, box } = damagePicture(
          damage,
          { image: tiny, face: shown, subject: 'a' },
          3,
        )
        expect(result.width).toBeGreaterThanOrEqual(1)
        expect(result.height).toBeGreaterThanOrEqual(1)
        expect(Number.isInteger(result.width) && Number.isInteger(result.height)).toBe(true)
        expect(result.data.length).toBe(3 * result.width * result.height)
        for (const value of Object.values(box)) expect(Number.isFinite(value)).toBe(true)
      }),
    )
  })
})

describe('every picture without a person', () => {
  test.each(pretended.map((damage) => [damageName(damage), damage]))(
    '%s differs from subject to subject and repeats itself',
    (_name, damage) => {
      const make = (subject: string) => damagePicture(damage, { image, face, subject }, 1).image
      const first = make('a')
      expect([first.width, first.height, first.data.length]).toEqual([250, 250, 3 * 250 * 250])
      expect(Buffer.compare(first.data, make('a').data)).toBe(0)
      expect(Buffer.compare(first.data, make('b').data)).not.toBe(0)
    },
  )
})

describe('what damages do', () => {
  test('turning moves corners and the face clockwise', () => {
    const quarter = apply('turn 90')
    expect([quarter.image.width, quarter.image.height]).toEqual([40, 48])
    expect(pixel(quarter.image, 39, 0)).toEqual(pixel(image, 0, 0))
    expect(quarter.box).toEqual({ x: 8, y: 12, width: 24, height: 24 })
    const half = apply('turn 180')
    expect(pixel(half.image, 47, 39)).toEqual(pixel(image, 0, 0))
    expect(pixel(apply('turn 270').image, 0, 47)).toEqual(pixel(image, 0, 0))
  })

  test('a face at the edge loses the stated share of its box', () => {
    const bottom = apply('cutBottom 0.5')
    expect([bottom.image.width, bottom.image.height]).toEqual([48, 20])
    const left = apply('cutLeft 0.5')
    expect(left.image.width).toBe(48 - 24)
    expect(left.box.x).toBe(-12)
    const top = apply('cutTop 0.2')
    expect(top.box.y + top.box.height).toBe(top.image.height - 8)
  })

  test('a small face has the stated number of pixels', () => {
    const { image: result, box } = apply('small 12')
    expect([result.width, result.height]).toEqual([24, 20])
    expect(box.width).toBe(12)
    const enlarged = apply('enlarged 12')
    expect([enlarged.image.width, enlarged.image.height]).toEqual([48, 40])
  })

  test('a squeezed picture keeps its height, and its box follows', () => {
    const { image: result, box } = apply('squeeze 0.5')
    expect([result.width, result.height]).toEqual([24, 40])
    expect(box).toEqual({ x: 6, y: 8, width: 12, height: 24 })
  })

  test('a mirrored half is symmetric about the middle of the face', () => {
    const { image: result } = apply('mirrorHalf 1')
    // The middle line lies at x = 24.
    for (const dx of [1, 5, 9])
      expect(pixel(result, 24 + dx, 20)).toEqual(pixel(result, 24 - dx, 20))
    expect(pixel(result, 20, 20)).toEqual(pixel(image, 20, 20))
  })

  test('a mask covers the mouth and leaves the eyes; sunglasses do the reverse', () => {
    const mouth = [24, 27] as const
    const eye = [19, 18] as const
    const masked = apply('mask 2').image
    expect(Math.max(...pixel(masked, ...mouth))).toBeLessThan(30)
    expect(pixel(masked, ...eye)).toEqual(pixel(image, ...eye))
    const dark = apply('sunglasses 1').image
    expect(pixel(dark, ...mouth)).toEqual(pixel(image, ...mouth))
    expect(Math.max(...pixel(dark, ...eye))).toBeLessThan(40)
  })

  test('a hat leaves the eyes', () => {
    for (const name of ['hat 1', 'hat 2']) {
      expect(pixel(apply(name).image, 19, 20)).toEqual(pixel(image, 19, 20))
      expect(pixel(apply(name).image, 24, 10)).not.toEqual(pixel(image, 24, 10))
    }
  })

  test('light is what the strength says', () => {
    expect(meanLuma(apply('dark 0.3').image) / meanLuma(image)).toBeCloseTo(0.3, 1)
    expect(meanLuma(apply('invert 1').image)).toBeCloseTo(255 - meanLuma(image), 0)
    const values = new Set(apply('poster 3').image.data)
    expect([...values].sort((a, b) => a - b)).toEqual([0, 128, 255])
    expect(new Set(apply('dither 1').image.data)).toEqual(new Set([0, 255]))
    expect(new Set(apply('threshold 1').image.data)).toEqual(new Set([0, 255]))
  })

  test('JPEG keeps the mean and loses more at a lower quality', () => {
    const errorOf = (name: string): number => {
      const { data } = apply(name).image
      return data.reduce((sum, value, i) => sum + Math.abs(value - image.data[i]!), 0) / data.length
    }
    expect(errorOf('jpeg 5')).toBeGreaterThan(errorOf('jpeg 10'))
    expect(Math.abs(meanLuma(apply('jpeg 10').image) - meanLuma(image))).toBeLessThan(8)
  })

  test('a disc out of focus is the mean of its pixels, the edge repeated', () => {
    const { image: blurred } = damagePicture(
      find('defocus 10'),
      // A face of 30 pixels: the radius is 3.
      { image, face: createFace(4, 4, 30), subject: 'a' },
      1,
    )
    for (const [x, y] of [
      [20, 20],
      [0, 1],
      [47, 39],
    ] as const) {
      let [sum, count] = [0, 0]
      for (let dy = -3; dy <= 3; dy++) {
        for (let dx = -3; dx <= 3; dx++) {
          if (dx * dx + dy * dy > 9) continue
          const column = Math.min(47, Math.max(0, x + dx))
          sum += pixel(image, column, Math.min(39, Math.max(0, y + dy)))[0]!
          count++
        }
      }
      expect(pixel(blurred, x, y)[0]).toBe(Math.round(sum / count))
    }
  })

  test('random damages differ between photographs and seeds', () => {
    expect(apply('noise 50', 'a').image.data).not.toEqual(apply('noise 50', 'b').image.data)
    const other = damagePicture(find('noise 50'), { image, face, subject: 'a' }, 2)
    expect(other.image.data).not.toEqual(apply('noise 50', 'a').image.data)
  })
})

describe('finding a face again', () => {
  const faceAt = (x: number, width = 10) => ({
    detection: { box: { x, y: 0, width, height: width } },
  })

  test('takes the one with the largest overlap', () => {
    const faces = [faceAt(40, 50), faceAt(2), faceAt(7)]
    expect(findFaceAt(faces, { x: 0, y: 0, width: 10, height: 10 })).toBe(faces[1])
  })

  test('finds none where none lies', () => {
    const place = { x: 0, y: 0, width: 10, height: 10 }
    expect(findFaceAt([faceAt(9.5), faceAt(30)], place)).toBeUndefined()
    expect(findFaceAt([], place)).toBeUndefined()
  })

  test('the largest face is the one with the largest box', () => {
    const faces = [faceAt(0), faceAt(50, 30), faceAt(5, 20)]
    expect(findLargestFace(faces)).toBe(faces[1])
    expect(findLargestFace([])).toBeUndefined()
  })
})
