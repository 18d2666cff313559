import { expect, test } from 'vitest'
import { toHours, toKeptTime } from './kept-time.ts'

test('says whole days in days, and anything else in hours', () => {
  expect(toKeptTime(72)).toEqual({ value: 3, unit: 'days' })
  expect(toKeptTime(36)).toEqual({ value: 36, unit: 'hours' })
  expect(toKeptTime(0.5)).toEqual({ value: 0.5, unit: 'hours' })
  expect(toHours(3, 'days')).toBe(72)
  expect(toHours(36, 'hours')).toBe(36)
})
