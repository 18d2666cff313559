import { expect, test } from 'vitest'
import { toCameraProblem } from './camera-problem.ts'

test('maps errors of getUserMedia to camera problems', () => {
  const named = (name: string) => Object.assign(new Error(name), { name })
  expect(toCameraProblem(named('NotAllowedError'))).toBe('refused')
  expect(toCameraProblem(named('NotFoundError'))).toBe('absent')
  expect(toCameraProblem(named('NotReadableError'))).toBe('inUse')
  expect(toCameraProblem('odd')).toBe('failed')
})
