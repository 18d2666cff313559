import { expect, test } from 'vitest'
import { judgePicture } from './same-person.ts'

test('takes the first picture, and each that resembles one before it', () => {
  expect(judgePicture([])).toBe('same')
  expect(judgePicture(['different', 'same'])).toBe('same')
})

test('leaves out a picture that resembles none of the others', () => {
  expect(judgePicture(['different', 'impossible'])).toBe('other')
})

test('tells a server that does not answer from pictures that cannot be compared', () => {
  expect(judgePicture(['different', 'later'])).toBe('later')
  expect(judgePicture(['impossible'])).toBe('unchecked')
})
