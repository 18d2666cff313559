import { createTranslator } from 'use-intl/core'
import { expect, test } from 'vitest'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { en } from '../../shared/text/en.ts'
import { difficultyText } from './difficulty-text.ts'

const t = createTranslator({ locale: 'en', messages: en, namespace: 'people' })
const counted = { faces: 1200, persons: 1000, pairs: 499_500, rate: 1e-3, falseMatches: 10_490 }
const say = (difficulty?: CollectionDetails['difficulty']): string | undefined =>
  difficultyText(t, { ...(difficulty && { difficulty }) } as CollectionDetails)

// The words are those of src/cli/difficulty.test.ts.
test('a harder gallery is told with what it does to searches', () => {
  expect(say({ ...counted, times: 21.03, shift: 0.0771, expectedFpir: 0.1444 })).toBe(
    'This gallery is 21 times harder than the photographs the model was measured on (499,500 pairs of 1000 people); of strangers from the same camera, about 14 % would be named without the probe shift.',
  )
})

test('a gallery like the measured one is no news', () => {
  expect(say({ ...counted, times: 1.04, shift: 0.001, expectedFpir: 0.0102 })).toMatch(
    /as hard as the photographs .* \(1\.0 times as many alike;/,
  )
})

test('nothing is said of a gallery that was not measured or has too few people', () => {
  expect(say()).toBeUndefined()
  expect(say({ faces: 5, persons: 4, pairs: 6 })).toBeUndefined()
})
