import { describe, expect, it } from 'vitest'
import { createJudge, type FaceJudge, type JudgedFace, type PackedRows } from './judge.ts'
import type { Quality } from './types.ts'

function pack(scale: number, ...rows: readonly (readonly number[])[]): PackedRows {
  const values = Buffer.from(Int8Array.from(rows.flat()).buffer).toString('base64')
  return { values, scales: rows.map(() => scale) }
}

const quality: Quality = {
  sizePx: 100,
  sharpness: 100,
  brightness: 0.5,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  confidence: 0.999,
}

/** Four dimensions: blurred faces lie on the first axis, masked ones on the second. */
const record: FaceJudge = {
  source: 'made for this test',
  resultFile: 'none',
  weights: { intercept: 0, confidence: 0, norms: [-1], likeness: 10, damage: [0, 0.1] },
  refuseFrom: 2,
  weakNorms: [1],
  maxOutside: 0.3,
  centroids: {
    reasons: ['tooBlurred', 'occluded'],
    directions: Buffer.from(Int8Array.of(100, 0, 0, 0, 0, 50, 0, 0)).toString('base64'),
  },
  // Coordinates are ten times the second and the third axis; clean faces lie at 0.1 of the second.
  damageSpace: {
    mean: Buffer.from(Float32Array.of(0, 0.1, 0, 0).buffer).toString('base64'),
    axes: pack(0.1, [0, 100, 0, 0], [0, 0, 100, 0]),
    // Masks lie at 0.9 of the second axis, something else at 0.8 of the third.
    points: pack(0.1, [80, 0], [0, 80]),
    displacements: pack(0.01, [80, 0], [0, 80]),
  },
}
const judge = createJudge(record)

const face = (changes: Partial<JudgedFace>): JudgedFace => ({
  embedding: Float32Array.of(0.1, 0.1, 0, 0.99),
  rawNorms: [4],
  quality,
  outside: 0,
  asymmetry: 0.4,
  ...changes,
})

describe('a judge', () => {
  it('trusts a strong embedding that resembles no damage', () => {
    expect(judge.assess(face({}))).toEqual({ comparable: true, reasons: [] })
  })

  it('refuses a weak embedding that resembles damage, and says which', () => {
    const masked = Float32Array.of(0.1, 0.8, 0, 0.6)
    expect(judge.assess(face({ embedding: masked }))).toEqual({
      comparable: false,
      reasons: ['occluded'],
    })
  })

  it('has a word for damage that its record does not name', () => {
    const { reasons, directions } = record.centroids
    const unnamed = createJudge({
      ...record,
      centroids: { reasons: reasons.slice(0, 1), directions },
    })
    const masked = Float32Array.of(0.1, 0.8, 0, 0.6)
    expect(unnamed.assess(face({ embedding: masked })).reasons).toEqual(['damaged'])
  })

  it('does not trust a face whose embedder gave no length', () => {
    expect(judge.assess(face({ rawNorms: [] })).comparable).toBe(false)
  })

  it('refuses a face whose sides are mirror images', () => {
    expect(judge.assess(face({ asymmetry: 0.04 })).comparable).toBe(true)
    expect(judge.assess(face({ asymmetry: 0.03 }))).toEqual({
      comparable: false,
      reasons: ['damaged'],
    })
  })

  it('weighs the length of the embedding', () => {
    const doubtful = { embedding: Float32Array.of(0.5, 0, 0, 0.86) }
    expect(judge.assess(face({ ...doubtful, rawNorms: [4] })).comparable).toBe(true)
    expect(judge.assess(face({ ...doubtful, rawNorms: [2] })).comparable).toBe(false)
  })

  it('calls a comparable face weak whose embedding is short', () => {
    expect(judge.assess(face({ rawNorms: [0.9] }))).toEqual({
      ...{ comparable: true, reasons: [], weak: true },
    })
    // Refused is more than weak.
    expect(judge.assess(face({ rawNorms: [-5] })).weak).toBeUndefined()
    const weights = { ...record.weights, norms: [0, 0] }
    const ofTwo = createJudge({ ...record, weights, weakNorms: [2, 10] })
    expect(ofTwo.assess(face({ rawNorms: [3, 6] })).weak).toBeUndefined()
    expect(ofTwo.assess(face({ rawNorms: [3, 4] })).weak).toBe(true)
  })

  it('refuses what the edge of the image cuts, however strong', () => {
    expect(judge.assess(face({ rawNorms: [9], outside: 0.31 }))).toEqual({
      comparable: false,
      reasons: ['cutOff'],
    })
  })

  it.each([
    [{ confidence: 0.4 }, 'notAFace'],
    [{ sizePx: 12 }, 'tooSmall'],
    [{ sharpness: 2 }, 'tooBlurred'],
    [{ brightness: 0.05 }, 'tooDark'],
    [{ brightness: 0.97 }, 'tooBright'],
    [{ pose: { yaw: 80, pitch: 0, roll: 0 } }, 'extremePose'],
  ] as const)('prefers what was measured to what it resembles: %j', (changes, reason) => {
    const weak = face({ rawNorms: [-5], quality: { ...quality, ...changes } })
    expect(judge.assess(weak).reasons).toEqual([reason])
  })

  it('weighs where the embedding lies in the space of damage', () => {
    const strange = { embedding: Float32Array.of(0, 0.1, 0.9, 0.42) }
    expect(judge.assess(face({ ...strange, rawNorms: [-1.5] })).comparable).toBe(false)
    expect(judge.assess(face({ rawNorms: [-0.5] })).comparable).toBe(true)
  })

  it('raises the threshold by where damage has moved two faces, if to the same side', () => {
    const masked = Float32Array.of(0, 0.9, 0, 0.43)
    const whole = Float32Array.of(0.1, 0.1, 0, 0.99)
    const other = Float32Array.of(0, 0.1, 0.8, 0.59)
    expect(judge.pairShift(masked, masked)).toBeCloseTo(2 * 0.8 ** 2, 4)
    expect(judge.pairShift(masked, whole)).toBeCloseTo(0, 4)
    expect(judge.pairShift(whole, whole)).toBeCloseTo(0, 4)
    expect(judge.pairShift(masked, other)).toBeCloseTo(0, 4)
  })

  it('raises it less where it is not sure of the damage, and never lowers it', () => {
    const half = Float32Array.of(0, 0.5, 0, 0.87)
    const opposite = Float32Array.of(0, -0.7, 0, 0.71)
    const shift = judge.pairShift(half, half)
    expect(shift).toBeGreaterThan(0.1)
    expect(shift).toBeLessThan(1.28)
    expect(judge.pairShift(half, opposite)).toBeGreaterThanOrEqual(0)
  })
})
