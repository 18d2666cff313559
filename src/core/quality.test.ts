import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  assessQuality,
  computeBrightness,
  computeQuality,
  computeSharpness,
  defaultQualityGates,
  estimatePose,
} from './quality.ts'
import type { Landmarks5, Point, Quality } from './types.ts'

const size = 112
const good: Quality = {
  sizePx: 90,
  sharpness: 85,
  brightness: 0.46,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  confidence: 0.99,
}

/** The mean head of the pose estimate seen from the front, eyes 100 pixels apart. */
const head: readonly (readonly [number, number, number])[] = [
  [-50, 0, 0],
  [50, 0, 0],
  [0, 64, 50],
  [-41.5, 115.5, 10],
  [41.5, 115.5, 10],
]

/** The head turned by angles in degrees, applied as yaw after pitch, then roll in the image. */
function project(yaw: number, pitch: number, roll: number): Landmarks5 {
  const [y, p, r] = [yaw, pitch, roll].map((d) => (d * Math.PI) / 180) as [number, number, number]
  const points = head.map(([x, down, z]): Point => {
    const py = down * Math.cos(p) + z * Math.sin(p)
    const pz = z * Math.cos(p) - down * Math.sin(p)
    const yx = x * Math.cos(y) + pz * Math.sin(y)
    return {
      x: 300 + yx * Math.cos(r) - py * Math.sin(r),
      y: 200 + yx * Math.sin(r) + py * Math.cos(r),
    }
  })
  return points as unknown as Landmarks5
}

describe('computeSharpness', () => {
  it('is 0 for a flat image and for a ramp', () => {
    expect(computeSharpness(new Float32Array(size * size).fill(99), size)).toBe(0)
    const ramp = Float32Array.from({ length: size * size }, (_, i) => (i % size) * 2)
    expect(computeSharpness(ramp, size)).toBeCloseTo(0, 6)
  })

  it('falls when an image is blurred', () => {
    const noise = fc.sample(fc.integer({ min: 0, max: 255 }), { numRuns: size * size, seed: 1 })
    const sharp = Float32Array.from(noise)
    const blurred = sharp.map((v, i) => (v + (sharp[i + 1] ?? v) + (sharp[i + 2] ?? v)) / 3)
    expect(computeSharpness(blurred, size)).toBeLessThan(computeSharpness(sharp, size) / 2)
  })
})

describe('computeBrightness', () => {
  it('is the mean of 0 to 255 as 0 to 1', () => {
    expect(computeBrightness(Float32Array.of(0, 255))).toBe(0.5)
  })
})

describe('estimatePose', () => {
  it('is level for a frontal head', () => {
    const pose = estimatePose(project(0, 0, 0))
    for (const angle of Object.values(pose)) expect(angle).toBeCloseTo(0, 6)
  })

  it('recovers single rotations of the mean head, with their signs', () => {
    fc.assert(
      fc.property(fc.integer({ min: -60, max: 60 }), (degrees) => {
        expect(estimatePose(project(degrees, 0, 0)).yaw).toBeCloseTo(degrees, 4)
        expect(estimatePose(project(0, degrees, 0)).pitch).toBeCloseTo(degrees, 4)
        expect(estimatePose(project(0, 0, degrees)).roll).toBeCloseTo(degrees, 4)
      }),
    )
    // Turned to image right the nose moves right; looking down it moves down.
    expect(project(30, 0, 0)[2].x).toBeGreaterThan(300)
    expect(project(0, 20, 0)[2].y).toBeGreaterThan(project(0, 0, 0)[2].y)
  })

  it('does not mistake roll for yaw or pitch', () => {
    const pose = estimatePose(project(25, 0, 40))
    expect(pose.yaw).toBeCloseTo(25, 4)
    expect(pose.pitch).toBeCloseTo(0, 4)
    expect(pose.roll).toBeCloseTo(40, 4)
  })

  it('is level when the points coincide', () => {
    const p = { x: 5, y: 5 }
    expect(estimatePose([p, p, p, p, p])).toEqual({ yaw: 0, pitch: 0, roll: 0 })
  })

  it('is level when the points lie on a horizontal line', () => {
    const points = [0, 1, 2, 3, 4].map((x) => ({ x: 10 * x, y: 5 })) as unknown as Landmarks5
    expect(estimatePose(points)).toEqual({ yaw: 0, pitch: 0, roll: 0 })
  })
})

describe('computeQuality', () => {
  it('reports the shorter side of the box and the confidence', () => {
    const quality = computeQuality(
      {
        box: { x: 0, y: 0, width: 80, height: 100 },
        landmarks: project(0, 0, 0),
        confidence: 0.9,
      },
      new Float32Array(size * size).fill(51),
      size,
    )
    expect(quality).toMatchObject({ sizePx: 80, confidence: 0.9, sharpness: 0 })
    expect(quality.brightness).toBeCloseTo(0.2, 9)
  })
})

describe('assessQuality', () => {
  it('passes a typical face', () => {
    expect(assessQuality(good, defaultQualityGates)).toEqual([])
  })

  it('names every gate that fails', () => {
    const bad: Quality = {
      sizePx: 20,
      sharpness: 1,
      brightness: 0.01,
      pose: { yaw: -80, pitch: 0, roll: 0 },
      confidence: 0.1,
    }
    expect(assessQuality(bad, defaultQualityGates)).toEqual([
      'faceTooSmall',
      'tooBlurred',
      'tooDark',
      'extremePose',
      'lowConfidence',
    ])
    expect(assessQuality({ ...good, brightness: 0.99 }, defaultQualityGates)).toEqual(['tooBright'])
    const lookingDown = { ...good, pose: { yaw: 0, pitch: 60, roll: 0 } }
    expect(assessQuality(lookingDown, defaultQualityGates)).toEqual(['extremePose'])
  })

  it('lets a value on the limit pass and does not check what is not set', () => {
    expect(assessQuality({ ...good, sizePx: 40 }, { minSizePx: 40 })).toEqual([])
    expect(assessQuality({ ...good, sizePx: 1, sharpness: 0, confidence: 0 }, {})).toEqual([])
  })
})
