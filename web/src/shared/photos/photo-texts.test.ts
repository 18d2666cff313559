import { createTranslator } from 'use-intl/core'
import { expect, test } from 'vitest'
import { en } from '../text/en.ts'
import { hintText, reasonText, turnedText, undeterminedText, warningText } from './photo-texts.ts'

const t = createTranslator({ locale: 'en', messages: en, namespace: 'photos' })

test('says a rejection reason in plain words and falls back to the server’s message', () => {
  expect(reasonText(t, 'tooBlurred', 'x')).toContain('blurred')
  expect(reasonText(t, 'noFace', 'x')).toContain('No face was found')
  expect(reasonText(t, 'newReason', 'The server says so.')).toBe('The server says so.')
})

test('says why a face cannot be compared, and when registering also what helps', () => {
  expect(undeterminedText(t, ['occluded', 'tooDark'])).toBe(
    'Something covers the face. The face is too dark.',
  )
  expect(undeterminedText(t, ['newReason' as 'damaged'])).toBe('The face cannot be compared.')
  expect(reasonText(t, 'rotated', 'x')).toBe(
    'The face stands on its side or its head. Turn the photo upright.',
  )
  expect(reasonText(t, 'toString', 'x')).toBe('x')
})

test('says what somebody should know of a photo that was registered', () => {
  const like = { reason: 'duplicateOfOtherPerson', personId: 'P1', personName: 'Maya' } as const
  expect(warningText(t, { ...like, similarity: 0.814 })).toBe(
    'This face looks like Maya, who is registered already (similarity 0.81).',
  )
  expect(warningText(t, { reason: 'weakPhotograph', message: 'x' })).toMatch(/^The photo is weak/)
  expect(hintText(t, { reason: 'onePhotograph', message: 'x' })).toMatch(
    /^A second photo about halves/,
  )
  const newer = { reason: 'newReason' as 'weakPhotograph', message: 'The server says so.' }
  expect(warningText(t, newer)).toBe('The server says so.')
  expect(hintText(t, { ...newer, reason: 'newReason' as 'onePhotograph' })).toBe(
    'The server says so.',
  )
})

test('says how a photo that does not stand upright was read', () => {
  expect(turnedText(t, 0)).toBeUndefined()
  expect(turnedText(t, 90)).toBe('The photo lies on its side; it was read upright.')
  expect(turnedText(t, 180)).toBe('The photo stands on its head; it was read upright.')
})
