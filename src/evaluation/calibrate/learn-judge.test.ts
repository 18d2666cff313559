import { describe, expect, it } from 'vitest'
import { createJudge } from '../../core/judge.ts'
import { createRandom } from '../../platform/random.ts'
import type { EmbeddedFace } from '../stress/face-cache.ts'
import { tryJudges } from './judge-trial.ts'
import type { DamagedExample } from './judged-examples.ts'
import { learnJudge } from './learn-judge.ts'

const dimension = 24
const random = createRandom(9)
const gaussian = (): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const point = { x: 0, y: 0 }

/** A face of somebody, moved by `damage` along the last two axes. */
function makeFace(norm: number, damage: readonly [number, number] = [0, 0]): EmbeddedFace {
  const values = Float32Array.from({ length: dimension }, (_, d) =>
    d < dimension - 2 ? gaussian() : 0.3 * gaussian() + 6 * damage[d - dimension + 2]!,
  )
  const length = Math.hypot(...values)
  return {
    detection: {
      box: { x: 0, y: 0, width: 80, height: 80 },
      landmarks: [point, point, point, point, point],
      confidence: 0.999,
    },
    quality: {
      ...{ sizePx: 80, sharpness: 90, brightness: 0.5, confidence: 0.999 },
      pose: { yaw: 0, pitch: 0, roll: 0 },
    },
    outside: 0,
    asymmetry: 0.4,
    embedding: values.map((value) => value / length),
    rawNorms: [norm + 0.2 * gaussian()],
  }
}

/** 40 people, each blurred (readable no more) and with a mask (half of them readable). */
const examples = Array.from({ length: 40 }, (_, person): DamagedExample[] => [
  {
    ...{ person, damage: 'blur 9', family: 'blur', reason: 'tooBlurred', isBad: true },
    face: makeFace(2, [1, 0]),
  },
  {
    ...{ person, damage: 'mask 1', family: 'cover', reason: 'occluded', isBad: person % 4 < 2 },
    face: makeFace(3.6, [0, 0.5]),
  },
]).flat()
/** Two photographs of one person, alike along the axes of people. */
const mates = Array.from({ length: 30 }, () => {
  const face = makeFace(4)
  return [face, face] as const
})
const clean = [
  { name: 'clean', faces: Array.from({ length: 400 }, () => makeFace(4)), maxRefused: 0.02 },
] as const

describe('learnJudge', () => {
  const learned = learnJudge({ examples, clean, mates }, { centroids: 4, axes: 2 })
  const judge = createJudge({ ...learned, source: '', resultFile: '' })
  const assess = (face: EmbeddedFace) => judge.assess({ ...face, rawNorms: face.rawNorms ?? [] })

  it('refuses what it learned to be bad, with the reason, and keeps the clean faces it may not lose', () => {
    const blurred = Array.from({ length: 50 }, () => assess(makeFace(2, [1, 0])))
    const named = blurred.filter(({ reasons }) => reasons[0] === 'tooBlurred')
    // Observed 50, bound 45.
    expect(named.length).toBeGreaterThanOrEqual(45)
    const refused = clean[0].faces.filter((face) => !assess(face).comparable).length
    expect(refused / clean[0].faces.length).toBeLessThanOrEqual(0.02)
  })

  it('raises the threshold of two faces behind masks, not of a mask and a clean face', () => {
    const [first, second] = [makeFace(4, [0, 1]), makeFace(4, [0, 1])]
    const whole = makeFace(4)
    expect(judge.pairShift(first.embedding, second.embedding)).toBeGreaterThan(0.2)
    expect(judge.pairShift(first.embedding, whole.embedding)).toBeLessThan(0.1)
  })
})

describe('tryJudges', () => {
  it('judges people by what was learned from others, with and without their kind of damage', async () => {
    let steps = 0
    const kinds = await tryJudges(
      { examples, clean, mates },
      {
        ...{ threshold: 0.5, centroids: 4, axes: 2 },
        onStep: async () => void steps++,
      },
    )
    expect(steps).toBe(6)
    const [blur, mask] = kinds
    expect([blur?.damage, mask?.damage]).toEqual(['blur 9', 'mask 1'])
    // All are alike, and all are refused.
    expect(blur?.fmrBefore).toBeGreaterThan(0.5)
    expect(blur?.known.faces).toBe(40)
    expect(blur?.known.refused).toBeGreaterThan(0.8)
    expect(mask?.unseen.faces).toBe(40)
    expect(mask?.known.fmr).toBeLessThanOrEqual(mask?.fmrBefore ?? 0)
  })
})
