import { describe, expect, it } from 'vitest'
import { makeCurve } from '../../test/helpers/curve.ts'
import {
  compareRow,
  computeAgreement,
  computeDet,
  countOutcomes,
  decideRow,
  type ModelSample,
  type RowDecision,
} from './model-comparison.ts'

const curve = makeCurve(
  [
    [0, 0.5, 1],
    [0.1, 0.1, 1],
    [0.3, 1e-3, 0.99],
    [0.4, 1e-4, 0.98],
    [0.5, 1e-5, 0.95],
  ],
  { threshold: 0.4, rate: 1e-4, shape: 0.05, scale: 0.04 },
)

/** Rows on a circle, by their angles in degrees. */
function sampleOf(rows: readonly (readonly [person: string, degrees: number])[]): ModelSample {
  const embeddings = rows.flatMap(([, degrees]) => {
    const angle = (degrees * Math.PI) / 180
    return [Math.cos(angle), Math.sin(angle)]
  })
  return {
    ...{ embeddings: Float32Array.from(embeddings), dimension: 2, curve },
    persons: rows.map(([person]) => person),
    policy: { maxFpir: 0.01, possibleFpir: 0.1, probeShift: 'off' },
  }
}

function decideAll(sample: ModelSample): readonly (RowDecision | undefined)[] {
  const out = new Float32Array(sample.persons.length)
  return sample.persons.map((_, row) => decideRow(sample, row, compareRow(sample, row, out)))
}

describe('the comparison of two models', () => {
  it('compares a row with all rows', () => {
    const similarities = compareRow(
      ...([
        sampleOf([
          ['a', 0],
          ['b', 60],
        ]),
        1,
        new Float32Array(2),
      ] as const),
    )
    expect(similarities[0]).toBeCloseTo(0.5, 6)
    expect(similarities[1]).toBeCloseTo(1, 6)
  })

  it('decides for a face as if it were not in the gallery', () => {
    const decided = decideAll(
      sampleOf([
        ['a', 0],
        ['a', 10],
        ['b', 120],
        ['c', 240],
      ]),
    )
    expect(decided).toMatchObject([
      { decision: 'match', person: 'a' },
      { decision: 'match', person: 'a' },
      { decision: 'unknown' },
      { decision: 'unknown' },
    ])
  })

  it('raises the thresholds where strangers are alike, as a search does', () => {
    const crowd = Array.from({ length: 30 }, (_, i) => [`p${i}`, i] as const)
    const shifted = { ...sampleOf(crowd), policy: { maxFpir: 0.01, possibleFpir: 0.1 } }
    const named = (sample: ModelSample) =>
      decideAll(sample).filter((one) => one?.decision === 'match').length
    expect(named(sampleOf(crowd))).toBe(30)
    expect(named(shifted)).toBe(0)
  })

  it('decides nothing for the only face', () => {
    const alone = sampleOf([['a', 0]])
    expect(decideAll(alone)).toEqual([undefined])
    expect(countOutcomes('m', alone.persons, [undefined])).toEqual({
      modelId: 'm',
      enrolled: { probes: 0, named: 0, misnamed: 0 },
      strangers: { probes: 1, named: 0 },
    })
  })

  it('counts right and wrong names, and strangers who get one', () => {
    const persons = ['a', 'a', 'b', 'b', 'c', 'd']
    const match = (person: string) => ({ decision: 'match', person }) as const
    const possible = { decision: 'possible', person: 'a' } as const
    const decided = [match('a'), possible, match('a'), match('b'), match('a'), undefined]
    expect(countOutcomes('m', persons, decided)).toEqual({
      modelId: 'm',
      enrolled: { probes: 4, named: 2, misnamed: 1 },
      strangers: { probes: 2, named: 1 },
    })
  })

  it('agrees where decision and person are the same, or nobody is named', () => {
    const of = (decision: RowDecision['decision'], person: string) => ({ decision, person })
    const first = [of('match', 'a'), of('match', 'a'), of('unknown', 'a'), undefined]
    const second = [of('match', 'a'), of('match', 'b'), of('unknown', 'b'), undefined]
    expect(computeAgreement(first, second)).toBe(0.75)
    expect(computeAgreement([of('match', 'a')], [of('possible', 'a')])).toBe(0)
    expect(computeAgreement([], [])).toBe(1)
  })

  it('tells at each rate of false matches which share of a person is missed', () => {
    const nonMated = Array.from({ length: 1000 }, (_, i) => i / 1000)
    const det = computeDet({ mated: [0.85, 0.95, 0.995, 1], nonMated })
    expect(det).toEqual([
      { fmr: 0.1, fnmr: 0.25 },
      { fmr: 0.03, fnmr: 0.5 },
      { fmr: 0.01, fnmr: 0.5 },
    ])
    expect(computeDet({ mated: [0.1], nonMated })).toEqual([
      { fmr: 0.1, fnmr: 1 },
      { fmr: 0.03, fnmr: 1 },
      { fmr: 0.01, fnmr: 1 },
    ])
    // Too few pairs tell nothing.
    expect(computeDet({ mated: [0.9], nonMated: [0.1] })).toEqual([])
    expect(computeDet({ mated: [], nonMated })).toEqual([])
  })
})
