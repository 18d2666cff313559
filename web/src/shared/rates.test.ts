import { createTranslator } from 'use-intl/core'
import { expect, test } from 'vitest'
import { perThousand, rateText } from './rates.ts'
import { en } from './text/en.ts'

const t = createTranslator({ locale: 'en', messages: en, namespace: 'shared' })

test('writes rates as one in N', () => {
  expect(rateText(t, 1e-4)).toBe('1 in 10,000')
  expect(rateText(t, 0.00033)).toBe('1 in 3,000')
  expect(rateText(t, 1)).toBe('1 in 1')
})

test('shows no rate smaller than what was counted', () => {
  expect(rateText(t, 2e-8, true)).toBe('rarer than 1 in 1,000,000')
  expect(rateText(t, 2e-8)).toBe('rarer than 1 in 1,000,000')
  expect(rateText(t, 0)).toBe('rarer than 1 in 1,000,000')
  // The last rate that 30 false matches in 29.6 million pairs support.
  expect(rateText(t, 1.01e-6, true)).toBe('rarer than 1 in 990,000')
  expect(rateText(t, 5e-4, true)).toBe('rarer than 1 in 2,000')
})

test('counts a rate in 1,000, by two digits', () => {
  expect(perThousand(0.01)).toBe('10')
  expect(perThousand(0.0234104)).toBe('23')
  expect(perThousand(1e-6)).toBe('0.001')
})
