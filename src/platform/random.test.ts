import { describe, expect, test } from 'vitest'
import { createRandom, shuffle } from './random.ts'

describe('createRandom', () => {
  test('repeats a sequence from its seed', () => {
    const a = createRandom(1)
    const b = createRandom(1)
    expect(Array.from({ length: 5 }, a)).toEqual(Array.from({ length: 5 }, b))
    expect(createRandom(2)()).not.toBe(createRandom(1)())
  })

  test('is spread over 0 to 1', () => {
    const random = createRandom(3)
    const values = Array.from({ length: 10_000 }, random)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02) // observed 0.003
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
  })
})

describe('shuffle', () => {
  test('keeps the items and leaves the input alone', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8]
    const shuffled = shuffle(items, createRandom(1))
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(shuffled).not.toEqual(items)
    expect([...shuffled].sort()).toEqual(items)
  })
})
