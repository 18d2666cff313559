import { expect, it } from 'vitest'
import { FaceError } from '../../core/errors.ts'
import { readOutcome, toOutcome, toOutcomeLater } from './outcome.ts'

it('carries a value over', async () => {
  expect(readOutcome(structuredClone(toOutcome(() => 7)))).toBe(7)
  expect(readOutcome(structuredClone(await toOutcomeLater(async () => undefined)))).toBe(undefined)
})

it('carries an error over, with its code and its facts', async () => {
  const error = new FaceError('multipleFaces', { detail: 'There are 3.', info: { faces: 3 } })
  const fail = () => {
    throw error
  }
  const expected = { code: error.code, message: error.message, info: { faces: 3 } }
  for (const outcome of [toOutcome(fail), await toOutcomeLater(async () => fail())]) {
    expect(() => readOutcome(structuredClone(outcome))).toThrow(expect.objectContaining(expected))
  }
})
