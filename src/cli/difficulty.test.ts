import { expect, test } from 'vitest'
import { describeDifficulty } from './difficulty.ts'

const counted = { faces: 1200, persons: 1000, pairs: 499_500, rate: 1e-3, falseMatches: 10_490 }

test('a harder gallery is told with what it does to searches', () => {
  const text = describeDifficulty({ ...counted, times: 21.03, shift: 0.0771, expectedFpir: 0.1444 })
  expect(text).toBe(
    'This gallery is 21 times harder than the photographs the model was measured on (499,500 pairs of 1000 people); of strangers from the same camera, about 14 % would be named without the probe shift. The gallery shift is 0.077.',
  )
})

test('a gallery like the measured one is no news', () => {
  expect(
    describeDifficulty({ ...counted, times: 1.04, shift: 0.001, expectedFpir: 0.0102 }),
  ).toMatch(/as hard as the photographs .* \(1\.0 times as many alike;/)
})

test('too few people are said to be too few', () => {
  expect(describeDifficulty({ faces: 5, persons: 4, pairs: 6 })).toBe(
    'Too few people (4) to tell how alike they are: 78 are needed.',
  )
})
