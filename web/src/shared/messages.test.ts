import { expect, test } from 'vitest'
import { ApiProblem } from './api-client.ts'
import {
  hintText,
  isTemporary,
  problemText,
  rateText,
  reasonText,
  toCameraProblem,
  turnedText,
  undeterminedText,
  warningText,
} from './messages.ts'

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

test('says which scope a key lacks', () => {
  expect(problemText(new ApiProblem('missingScope', 'Needed: people:write.'))).toBe(
    'Your API key does not allow this. Needed: people:write.',
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
  expect(rateText(1e-4)).toBe('1 in 10,000')
  expect(rateText(0.00033)).toBe('1 in 3,000')
  expect(rateText(1)).toBe('1 in 1')
})

test('shows no rate smaller than what was counted', () => {
  expect(rateText(2e-8, true)).toBe('rarer than 1 in 1,000,000')
  expect(rateText(2e-8)).toBe('rarer than 1 in 1,000,000')
  expect(rateText(0)).toBe('rarer than 1 in 1,000,000')
  // The last rate that 30 false matches in 29.6 million pairs support.
  expect(rateText(1.01e-6, true)).toBe('rarer than 1 in 990,000')
  expect(rateText(5e-4, true)).toBe('rarer than 1 in 2,000')
})

test('says why a face cannot be compared, and when registering also what helps', () => {
  expect(undeterminedText(['occluded', 'tooDark'])).toBe(
    'Something covers the face. The face is too dark.',
  )
  expect(undeterminedText(['newReason' as 'damaged'])).toBe('The face cannot be compared.')
  expect(reasonText('rotated', 'x')).toBe(
    'The face stands on its side or its head. Turn the photo upright.',
  )
  expect(reasonText('toString', 'x')).toBe('x')
})

test('says what somebody should know of a photo that was registered', () => {
  const like = { reason: 'duplicateOfOtherPerson', personId: 'P1', personName: 'Maya' } as const
  expect(warningText({ ...like, similarity: 0.814 })).toBe(
    'This face looks like Maya, who is registered already (similarity 0.81).',
  )
  expect(warningText({ reason: 'weakPhotograph', message: 'x' })).toMatch(/^The photo is weak/)
  expect(hintText({ reason: 'onePhotograph', message: 'x' })).toMatch(
    /^A second photo about halves/,
  )
  const newer = { reason: 'newReason' as 'weakPhotograph', message: 'The server says so.' }
  expect(warningText(newer)).toBe('The server says so.')
  expect(hintText({ ...newer, reason: 'newReason' as 'onePhotograph' })).toBe('The server says so.')
})

test('says how a photo that does not stand upright was read', () => {
  expect(turnedText(0)).toBeUndefined()
  expect(turnedText(90)).toBe('The photo lies on its side; it was read upright.')
  expect(turnedText(180)).toBe('The photo stands on its head; it was read upright.')
})
