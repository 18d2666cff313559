import { expect, test } from 'vitest'
import { createUploadMeter } from './upload-meter.ts'

const total = 100_000_000

test('says nothing of a rate at the beginning', () => {
  const measure = createUploadMeter()
  expect(measure({ sent: 0, total }, 0)).toEqual({ sent: 0, total })
  expect(measure({ sent: 900_000, total }, 500)).toEqual({ sent: 900_000, total })
})

test('measures the last seconds, and what is left at that rate', () => {
  const measure = createUploadMeter()
  measure({ sent: 0, total }, 0)
  expect(measure({ sent: 10_000_000, total }, 2_000)).toEqual({
    ...{ sent: 10_000_000, total },
    ...{ perSecond: 5_000_000, remainingSeconds: 18 },
  })
  // What was faster long ago does not count.
  measure({ sent: 20_000_000, total }, 10_000)
  const { perSecond } = measure({ sent: 28_000_000, total }, 18_000)
  expect(perSecond).toBe(1_000_000)
})

test('says nothing of a rate while nothing goes out', () => {
  const measure = createUploadMeter()
  measure({ sent: 5, total }, 0)
  expect(measure({ sent: 5, total }, 5_000)).toEqual({ sent: 5, total })
})
