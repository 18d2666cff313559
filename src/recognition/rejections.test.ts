import { describe, expect, test } from 'vitest'
import type { Quality } from '../core/types.ts'
import { toQualityRejection } from './rejections.ts'

const quality: Quality = {
  sizePx: 30,
  sharpness: 4,
  brightness: 0.5,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  confidence: 0.99,
}

describe('toQualityRejection', () => {
  test('rejects nothing without a reason', () => {
    expect(toQualityRejection({ gates: [], incomparable: [] }, quality, {})).toBeUndefined()
  })

  test('says a reason once, with the numbers of the gate where one failed', () => {
    const failed = { gates: ['tooBlurred'], incomparable: ['tooSmall', 'tooBlurred'] } as const
    expect(toQualityRejection(failed, quality, { minSharpness: 20 })).toEqual({
      reasons: ['tooBlurred', 'faceTooSmall'],
      message:
        'The face is blurred: sharpness 4, at least 20 is needed. The face is too small: come nearer, or use a larger picture.',
    })
  })

  test('names no limit that is not set', () => {
    const failed = { gates: [], incomparable: ['tooBlurred'] } as const
    const rejection = toQualityRejection(failed, quality, {})
    expect(rejection?.message).toBe('The face is blurred: hold still, or use a sharper picture.')
  })
})
