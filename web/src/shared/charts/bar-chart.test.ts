import { expect, test } from 'vitest'
import { toBars } from './bar-chart.tsx'

test('counts each value in exactly one bar, whose edges are hundredths', () => {
  expect(toBars([0.5, 0.504, 0.51, 0.53])).toEqual([
    { from: 0.5, to: 0.51, count: 2 },
    { from: 0.51, to: 0.52, count: 1 },
    { from: 0.52, to: 0.53, count: 0 },
    { from: 0.53, to: 0.54, count: 1 },
  ])
  const many = Array.from({ length: 300 }, (_, i) => i / 300)
  const bars = toBars(many)
  expect(bars.length).toBeLessThanOrEqual(20)
  expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(300)
})

test('has no bar for no value', () => {
  expect(toBars([])).toEqual([])
})
