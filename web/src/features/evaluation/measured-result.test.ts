import { expect, test } from 'vitest'
import { readConfused, toDet, toShares } from './measured-result.ts'

test('draws misses against false matches that were seen, each rate once', () => {
  const point = (fmr: number, tmr: number) => ({ similarity: 0, falseMatches: 1, fmr, tmr })
  const points = [point(1, 1), point(0.1, 0.9), point(0.01, 0.8), point(0.01, 0.7), point(0, 0.5)]
  const det = toDet({ points })
  expect(det.map(({ x }) => x)).toEqual([0.01, 0.1])
  expect(det.map(({ y }) => y)).toEqual([expect.closeTo(0.2, 9), expect.closeTo(0.1, 9)])
})

test('gives the shares of pairs from the first bin that is used to the last', () => {
  const mated = [0, 0, 0, 1]
  const nonMated = [0, 3, 1, 0]
  const shares = toShares({ histogram: { mated, nonMated } })
  expect(shares.nonMated).toEqual([
    { x: -0.25, y: 0.75 },
    { x: 0.25, y: 0.25 },
    { x: 0.75, y: 0 },
  ])
  expect(shares.mated.map(({ y }) => y)).toEqual([0, 0, 1])
})

test('tells confused pairs from photographs that cannot be used', () => {
  const item = (body: Record<string, unknown>) => ({ id: 'I', rejected: false, body })
  const found = readConfused([
    item({ type: 'unusable', file: 'a.jpg', reason: 'noFace' }),
    item({ type: 'lookAlike', similarity: 0.6 }),
    item({ type: 'unlike', similarity: 0.1 }),
  ])
  expect(found.unusable).toBe(1)
  expect(found.pairs.map(({ type }) => type)).toEqual(['lookAlike', 'unlike'])
})
