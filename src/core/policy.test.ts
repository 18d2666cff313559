import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainCurve as curve } from '../../test/helpers/curve.ts'
import { isFaceError } from './errors.ts'
import {
  assertPolicy,
  assertRate,
  computeThresholds,
  computeVerifyThreshold,
  decide,
  defaultPolicy,
  fmrForSearch,
  maxMatchFmr,
  shiftThresholds,
} from './policy.ts'
import type { DecisionPolicy } from './types.ts'

describe('fmrForSearch', () => {
  test('is about FPIR / N', () => {
    expect(fmrForSearch(0.01, 1000)).toBeCloseTo(1.005e-5, 8)
  })

  test('keeps 1 - (1 - FMR)^N at the rate asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 0.5, noNaN: true }), fc.nat(100_000), (fpir, n) => {
        const fmr = fmrForSearch(fpir, n)
        expect(1 - (1 - fmr) ** Math.max(1, n)).toBeCloseTo(fpir, 8)
      }),
    )
  })

  test('takes an empty gallery as one face', () => {
    expect(fmrForSearch(0.01, 0)).toBe(fmrForSearch(0.01, 1))
  })
})

describe('shiftThresholds', () => {
  const gallery = { match: 0.5, possible: 0.4 }
  /** More alike than the curve expects: its rate of 1.5 / 1001 is at 0.28. */
  const rest = { similarities: new Array(50).fill(0.48), faces: 1000 }

  test('raises both thresholds by the same shift', () => {
    const own = shiftThresholds(gallery, defaultPolicy, { curve, rest })
    expect(own.shift).toBeGreaterThan(0.15)
    expect(own.match).toBeCloseTo(0.5 + own.shift, 9)
    expect(own.possible).toBeCloseTo(0.4 + own.shift, 9)
  })

  test('leaves what was set by hand, and says the shift all the same', () => {
    const policy = { ...defaultPolicy, threshold: 0.5, possibleThreshold: 0.4 }
    const own = shiftThresholds(gallery, policy, { curve, rest })
    expect(own).toMatchObject(gallery)
    expect(own.shift).toBeGreaterThan(0.15)
  })

  test('changes nothing without a curve, without a rest or when it is off', () => {
    const same = { ...gallery, shift: 0 }
    const off = { ...defaultPolicy, probeShift: 'off' as const }
    expect(shiftThresholds(gallery, defaultPolicy, { curve: undefined, rest })).toEqual(same)
    expect(shiftThresholds(gallery, defaultPolicy, { curve, rest: undefined })).toEqual(same)
    expect(shiftThresholds(gallery, off, { curve, rest })).toEqual(same)
  })

  test("takes the larger of the probe's shift and the gallery's, where the policy asks for it", () => {
    const policy: DecisionPolicy = { ...defaultPolicy, galleryShift: true }
    const own = shiftThresholds(gallery, defaultPolicy, { curve, rest }).shift
    const shiftBy = (ofGallery: number, of = policy) =>
      shiftThresholds(gallery, of, { curve, rest, ofGallery }).shift
    expect(shiftBy(own - 0.1)).toBe(own)
    expect(shiftBy(own + 0.1)).toBe(own + 0.1)
    expect(shiftBy(0.9, defaultPolicy)).toBe(own)
    expect(shiftBy(0.07, { ...policy, probeShift: 'off' as const })).toBe(0.07)
  })

  test('asks of faces that share damage what a comparison of them would, if that is more', () => {
    const own = shiftThresholds(gallery, defaultPolicy, { curve, rest }).match
    const matchOf = (shared: number, policy: DecisionPolicy = defaultPolicy) =>
      shiftThresholds(gallery, policy, { curve, rest, shared }).match
    // At 1e-4 the curve is at 0.4.
    expect(matchOf(own - 0.4 - 0.01)).toBe(own)
    expect(matchOf(own - 0.4 + 0.1)).toBeCloseTo(own + 0.1, 9)
    expect(matchOf(0.3, { ...defaultPolicy, probeShift: 'off' })).toBe(gallery.match)
    const { maxFpir, possibleFpir } = defaultPolicy
    expect(matchOf(own - 0.4 + 0.1, { maxFpir, possibleFpir })).toBeCloseTo(own + 0.1, 9)
    // Without a curve there is no comparison either: the threshold is set by hand.
    expect(
      shiftThresholds(gallery, defaultPolicy, { curve: undefined, rest, shared: 0.2 }).shift,
    ).toBe(0.2)
  })

  test('never asks for more than a cosine of 1', () => {
    const alike = { similarities: new Array(50).fill(0.99), faces: 1000 }
    expect(shiftThresholds(gallery, defaultPolicy, { curve, rest: alike }).match).toBe(1)
  })
})

describe('computeThresholds', () => {
  test('follows from the curve and the size of the gallery', () => {
    const thresholds = computeThresholds(defaultPolicy, curve, 1000)
    expect(thresholds.match).toBeCloseTo(0.5, 3)
    expect(thresholds.possible).toBeCloseTo(0.4, 2)
    expect(thresholds).toMatchObject({ basis: 'fmrCurve', gallerySize: 1000 })
  })

  test('says when the rate lies beyond the counts', () => {
    expect(computeThresholds(defaultPolicy, curve, 100).extrapolated).toBe(false)
    expect(computeThresholds(defaultPolicy, curve, 100_000).extrapolated).toBe(true)
  })

  test('is as strict for three persons as the cap demands', () => {
    const thresholds = computeThresholds(defaultPolicy, curve, 3)
    expect(thresholds.fmr).toBe(maxMatchFmr)
    expect(thresholds.match).toBeCloseTo(0.4, 9)
    expect(thresholds.possible).toBeCloseTo(0.3, 9)
  })

  test('takes thresholds set by hand and names their rate', () => {
    const policy = { ...defaultPolicy, threshold: 0.3, possibleThreshold: 0.2 }
    expect(computeThresholds(policy, curve, 10)).toEqual({
      match: 0.3,
      possible: 0.2,
      basis: 'manual',
      fmr: expect.closeTo(1e-3, 9),
      extrapolated: false,
      gallerySize: 10,
    })
  })

  test('keeps possible at most at match', () => {
    expect(computeThresholds({ ...defaultPolicy, threshold: 0.2 }, curve, 10).possible).toBe(0.2)
    const policy = { ...defaultPolicy, possibleThreshold: 0.9 }
    expect(computeThresholds(policy, curve, 10).possible).toBeCloseTo(0.4, 9)
  })

  test('works by hand for a model without a curve', () => {
    expect(computeThresholds({ ...defaultPolicy, threshold: 0.6 }, undefined, 5)).toEqual({
      match: 0.6,
      possible: 0.6,
      basis: 'manual',
      extrapolated: false,
      gallerySize: 5,
    })
  })

  test('refuses to guess for a model without a curve', () => {
    expect(() => computeThresholds(defaultPolicy, undefined, 5)).toThrow(/set a threshold/)
  })

  test('never becomes more lenient as the gallery grows', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(10_000_000), (a, b) => {
        const small = computeThresholds(defaultPolicy, curve, Math.min(a, b))
        const large = computeThresholds(defaultPolicy, curve, Math.max(a, b))
        expect(large.match).toBeGreaterThanOrEqual(small.match - 1e-12)
        expect(large.possible).toBeGreaterThanOrEqual(small.possible - 1e-12)
        expect(large.possible).toBeLessThanOrEqual(large.match)
      }),
    )
  })
})

describe('computeVerifyThreshold', () => {
  test('is the similarity of the rate, stricter for several stored faces', () => {
    expect(computeVerifyThreshold(1e-4, curve, 1)).toBeCloseTo(0.4, 9)
    expect(computeVerifyThreshold(1e-4, curve, 10)).toBeCloseTo(0.5, 4)
  })

  test('refuses a model without a curve', () => {
    expect(() => computeVerifyThreshold(1e-4, undefined, 1)).toThrow(/set a threshold/)
  })
})

describe('decide', () => {
  const thresholds = { match: 0.5, possible: 0.4 }
  test.each([
    [undefined, 'unknown'],
    [0.39, 'unknown'],
    [0.4, 'possible'],
    [0.49, 'possible'],
    [0.5, 'match'],
    [0.9, 'match'],
  ] as const)('takes %s as %s', (similarity, decision) => {
    expect(decide(similarity, thresholds)).toBe(decision)
  })
})

describe('assertPolicy', () => {
  test('accepts the default and thresholds by hand', () => {
    assertPolicy(defaultPolicy)
    assertPolicy({ ...defaultPolicy, threshold: 1, possibleThreshold: 0 })
    assertPolicy({ ...defaultPolicy, threshold: 0.5 })
    assertPolicy({ ...defaultPolicy, possibleThreshold: 0.5 })
  })

  test.each([
    [{ maxFpir: 0, possibleFpir: 0.1 }, /maxFpir/],
    [{ maxFpir: 0.01, possibleFpir: 1.1 }, /possibleFpir/],
    [{ maxFpir: 0.1, possibleFpir: 0.01 }, /at least maxFpir/],
    [{ ...defaultPolicy, threshold: -0.1 }, /threshold must be/],
    [{ ...defaultPolicy, threshold: Number.NaN }, /threshold must be/],
    [{ ...defaultPolicy, possibleThreshold: 1.1 }, /possibleThreshold must be/],
    [{ ...defaultPolicy, threshold: 0.3, possibleThreshold: 0.4 }, /at most threshold/],
  ])('refuses %j', (policy, message) => {
    expect(() => assertPolicy(policy)).toThrow(message)
  })

  test.each([
    [{ probeShift: 'loose' }, 'probeShift must be one of off, standard, strict, got "loose".'],
    [{ galleryShift: 'yes' }, 'galleryShift must be true or false, got "yes".'],
  ])('refuses %j from a caller without types', (changes, detail) => {
    const policy = { ...defaultPolicy, ...changes } as unknown as DecisionPolicy
    expect(() => assertPolicy(policy)).toThrow(detail)
  })

  test('accepts every form of both shifts', () => {
    for (const probeShift of ['off', 'standard', 'strict'] as const) {
      assertPolicy({ ...defaultPolicy, probeShift, galleryShift: true })
      assertPolicy({ ...defaultPolicy, probeShift, galleryShift: false })
    }
  })

  test('refuses with a code of the catalogue', () => {
    try {
      assertRate('maxFmr', 2)
      expect.unreachable()
    } catch (error) {
      expect(isFaceError(error, 'invalidOption')).toBe(true)
    }
  })
})
