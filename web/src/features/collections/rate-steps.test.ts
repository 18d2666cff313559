import { expect, test } from 'vitest'
import { rateSteps } from './rate-steps.ts'

test('has the rate in force among those that are offered, once', () => {
  const steps = rateSteps([0.004, 0.01])
  expect(steps.filter((rate) => rate === 0.01)).toHaveLength(1)
  expect(steps.indexOf(0.004)).toBe(steps.indexOf(0.003) + 1)
  expect(steps).toEqual([...steps].sort((a, b) => a - b))
})
