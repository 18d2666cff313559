import { describe, expect, it } from 'vitest'
import { maxMergedFaces } from '../ports/persons.ts'
import { assertFewFaces } from './merge.ts'

describe('a merge', () => {
  it('has a limit for the faces of those who are merged together', () => {
    const half = { faceCount: maxMergedFaces / 2 }
    expect(() => assertFewFaces([half, half])).not.toThrow()
    const refused = expect.objectContaining({
      code: 'limitReached',
      detail: expect.stringContaining('5001 faces, and at most 5000'),
    })
    expect(() => assertFewFaces([half, { faceCount: 1 }, half])).toThrow(refused)
  })
})
