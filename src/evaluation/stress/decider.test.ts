import { describe, expect, test } from 'vitest'
import type { FaceJudge } from '../../core/judge.ts'
import { computeVerifyThreshold, maxMatchFmr } from '../../core/policy.ts'
import type { FmrCurve } from '../../core/types.ts'
import type { AnalyzedFace } from '../../vision/analyzer/analyzer-types.ts'
import { createGateDecider, createJudgeDecider } from './decider.ts'

const judge: FaceJudge = {
  source: 'test',
  resultFile: '',
  weights: { intercept: 0, confidence: 0, norms: [0], likeness: 1, damage: [0] },
  refuseFrom: 0.9,
  weakNorms: [1],
  maxOutside: 0.5,
  centroids: {
    reasons: ['damaged'],
    directions: Buffer.from(Int8Array.of(100, 0)).toString('base64'),
  },
  damageSpace: {
    mean: Buffer.from(Float32Array.of(0, 0).buffer).toString('base64'),
    // One kind of damage at 0.8 of the first axis, far from the clean ones.
    axes: { values: Buffer.from(Int8Array.of(100, 0)).toString('base64'), scales: [0.1] },
    points: { values: Buffer.from(Int8Array.of(80)).toString('base64'), scales: [0.1] },
    displacements: { values: Buffer.from(Int8Array.of(80)).toString('base64'), scales: [0.01] },
  },
}
/** Half of all pairs of strangers reach 0, one in a thousand 0.4. */
const curve: FmrCurve = {
  ...{ source: 'test', resultFile: '', matedPairs: 1000, nonMatedPairs: 1e6 },
  points: [
    { similarity: 0, fmr: 0.5, falseMatches: 500_000, tmr: 1 },
    { similarity: 0.4, fmr: 1e-3, falseMatches: 1000, tmr: 0.9 },
  ],
  tail: { threshold: 0.4, rate: 1e-3, shape: 0, scale: 0.05, exceedances: 1000 },
}
const point = { x: 0, y: 0 }
const face: AnalyzedFace = {
  detection: {
    box: { x: 0, y: 0, width: 20, height: 20 },
    landmarks: [point, point, point, point, point],
    confidence: 1,
  },
  quality: {
    ...{ sizePx: 20, sharpness: 50, brightness: 0.5, confidence: 1 },
    pose: { yaw: 0, pitch: 0, roll: 0 },
  },
  outside: 0,
  asymmetry: 0.4,
  embedding: Float32Array.of(1, 0),
  rawNorms: [3],
}

describe('createJudgeDecider', () => {
  test('refuses by the gates and by what the judge says of the face', () => {
    const decider = createJudgeDecider(judge, curve)
    expect(decider.enrolmentReasons(face)).toEqual(['faceTooSmall', 'damaged'])
    expect(decider.comparisonReasons(face)).toEqual(['damaged'])
  })

  test('raises the threshold of two faces alike in damage, by what they share', () => {
    const decider = createJudgeDecider(judge, curve)
    const damaged = Float32Array.of(1, 0)
    const less = Float32Array.of(0.8, 0.6)
    const clean = Float32Array.of(0, 1)
    expect(decider.pairThreshold(0.4, damaged, less)).toBeCloseTo(0.4 + 2 * 0.8 ** 2, 4)
    expect(decider.pairThreshold(0.4, damaged, clean)).toBeCloseTo(0.4, 4)
  })

  test('asks in a search for what a comparison of faces alike in damage would, if that is more', () => {
    const decider = createJudgeDecider(judge, curve)
    const others = new Float32Array(100).fill(0)
    const search = (probe: Float32Array) =>
      decider.searchThreshold(0.6, { probe, candidate: Float32Array.of(1, 0), others })
    const comparison = computeVerifyThreshold(maxMatchFmr, curve, 1)
    expect(search(Float32Array.of(0.8, 0.6))).toBeCloseTo(comparison + 2 * 0.8 ** 2, 4)
    expect(search(Float32Array.of(0.04, 0.9992))).toBe(0.6)
  })

  test('decides by the gates alone without a judge', () => {
    const decider = createJudgeDecider(undefined, curve)
    const gates = createGateDecider()
    expect(decider.enrolmentReasons(face)).toEqual(gates.enrolmentReasons(face))
    expect(decider.comparisonReasons(face)).toEqual([])
    expect(decider.pairThreshold(0.4, Float32Array.of(1, 0), Float32Array.of(1, 0))).toBe(0.4)
  })

  test('raises the threshold of a search in a gallery whose people are all alike', () => {
    const decider = createJudgeDecider(judge, curve)
    const search = { probe: Float32Array.of(0, 1), candidate: Float32Array.of(0, 1) }
    const alike = new Float32Array(100).fill(0.5)
    const usual = new Float32Array(100).fill(0)
    expect(decider.searchThreshold(0.6, { ...search, others: alike })).toBeGreaterThan(0.7)
    expect(decider.searchThreshold(0.6, { ...search, others: usual })).toBe(0.6)
  })
})
