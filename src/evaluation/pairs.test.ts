import { describe, expect, test } from 'vitest'
import { parsePairs } from './pairs.ts'

const text = '2\t1\nAnn\t1\t4\nAnn\t2\tBob\t10\nCy\t1\t2\nCy\t3\tAnn\t1\n'

describe('parsePairs', () => {
  test('reads mated and non-mated pairs of every fold', () => {
    expect(parsePairs(text)).toEqual({
      folds: 2,
      pairs: [
        { first: 'Ann/Ann_0001', second: 'Ann/Ann_0004', mated: true, fold: 0 },
        { first: 'Ann/Ann_0002', second: 'Bob/Bob_0010', mated: false, fold: 0 },
        { first: 'Cy/Cy_0001', second: 'Cy/Cy_0002', mated: true, fold: 1 },
        { first: 'Cy/Cy_0003', second: 'Ann/Ann_0001', mated: false, fold: 1 },
      ],
    })
  })

  test('refuses a file that is cut off', () => {
    expect(() => parsePairs('2\t1\nAnn\t1\t4\n')).toThrow(/should have 5 lines, has 2/)
  })

  test('names the line that is wrong', () => {
    expect(() => parsePairs(text.replace('Ann\t1\t4', 'Ann\t1'))).toThrow(/Line 2/)
    expect(() => parsePairs('<html>')).toThrow(/Line 1/)
    expect(() => parsePairs('')).toThrow(/Line 1/)
  })
})
