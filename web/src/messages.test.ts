import { expect, test } from 'vitest'
import { ApiProblem } from './api-client.ts'
import { isTemporary, oneIn, problemText, reasonText, toCameraProblem } from './messages.ts'

test('says a rejection reason in plain words and falls back to the server’s message', () => {
  expect(reasonText('tooBlurred', 'x')).toContain('blurred')
  expect(reasonText('newReason', 'The server says so.')).toBe('The server says so.')
})

test('tells temporary problems from lasting ones', () => {
  expect(isTemporary(new ApiProblem('overloaded', ''))).toBe(true)
  expect(isTemporary(new ApiProblem('unauthorized', ''))).toBe(false)
  expect(problemText(new ApiProblem('invalidName', 'The name is too long.'))).toBe(
    'The name is too long.',
  )
})

test('maps errors of getUserMedia to camera problems', () => {
  const named = (name: string) => Object.assign(new Error(name), { name })
  expect(toCameraProblem(named('NotAllowedError'))).toBe('refused')
  expect(toCameraProblem(named('NotFoundError'))).toBe('absent')
  expect(toCameraProblem(named('NotReadableError'))).toBe('inUse')
  expect(toCameraProblem('odd')).toBe('failed')
})

test('writes rates as one in N', () => {
  expect(oneIn(1e-4)).toBe('1 in 10,000')
  expect(oneIn(0.00033)).toBe('1 in 3,000')
  expect(oneIn(1)).toBe('1 in 1')
  expect(oneIn(0)).toBe('less than 1 in 1,000,000,000')
})
