import { expect, test } from 'vitest'
import { toBars } from './bar-chart.tsx'

test('counts each value in exactly one bar, whose edges are hundredths', () => {
  const few = toBars([0.5, 0.504, 0.51, 0.53])
  expect(few.slice(0, 2)).toEqual([
    { from: 0.5, to: 0.51, count: 2 },
    { from: 0.51, to: 0.52, count: 1 },
  ])
  expect(few.map(({ count }) => count)).toEqual([2, 1, 0, 1, 0, 0, 0, 0, 0, 0])
  const many = Array.from({ length: 300 }, (_, i) => i / 300)
  const bars = toBars(many)
  expect(bars.length).toBeLessThanOrEqual(20)
  expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(300)
})

test('has no bar for no value', () => {
  expect(toBars([])).toEqual([])
})
