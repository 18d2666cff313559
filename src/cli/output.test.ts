import { expect, it } from 'vitest'
import { formatCount, formatPercent, formatTable, toPrintable } from './output.ts'
import { describeProgress, formatDuration } from './progress.ts'

it('aligns columns', () => {
  expect(
    formatTable(
      ['id', 'name'],
      [
        ['1', 'Ann'],
        ['22', 'B'],
      ],
    ),
  ).toEqual([...['id  name', '--  ----', '1   Ann', '22  B']])
})

it('keeps control and direction characters of names from the terminal', () => {
  expect(toPrintable('a\u001B[31mb\u202Ec\nd')).toBe('a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d')
  expect(toPrintable('Zoë 👋')).toBe('Zoë 👋')
})

it('formats rates and counts', () => {
  expect(formatPercent(0.99351, 2)).toBe('99.35 %')
  expect(formatPercent(undefined)).toBe('-')
  expect([formatCount(1, 'image'), formatCount(2, 'image')]).toEqual(['1 image', '2 images'])
})

it('tells rate and remaining time', () => {
  const state = { done: 30, total: 120, seconds: 3, unit: 'images' }
  expect(describeProgress(state)).toBe('30/120 images | 10.0 images/s | 9 s left')
  expect(describeProgress({ ...state, done: 0 })).toBe('0/120 images')
  expect(['42 s', '3 min 5 s', '2 h 10 min']).toEqual([42, 185, 7800].map(formatDuration))
})
