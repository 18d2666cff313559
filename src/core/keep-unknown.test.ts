import { describe, expect, test } from 'vitest'
import { defaultKeepUnknown, type KeepUnknownPatch, patchKeepUnknown } from './keep-unknown.ts'

const patch = (change: KeepUnknownPatch, current = { ...defaultKeepUnknown, hours: 5 }) =>
  patchKeepUnknown(current, change, defaultKeepUnknown)

describe('patchKeepUnknown', () => {
  test('keeps what is absent as it is, and begins with the defaults', () => {
    expect(patch({ crops: true })).toEqual({ ...defaultKeepUnknown, hours: 5, crops: true })
    expect(patch({ hours: undefined, maxSightings: 7, ignoredHours: 0.5 })).toEqual({
      ...{ hours: 5, ignoredHours: 0.5, maxSightings: 7, crops: false },
    })
    expect(patchKeepUnknown(undefined, { hours: 1 }, defaultKeepUnknown)).toEqual({
      ...{ ...defaultKeepUnknown, hours: 1 },
    })
  })

  test('keeps nothing any more', () => {
    expect(patch(null)).toBeNull()
  })

  test.each([
    { hours: 0 },
    { hours: '3' },
    { ignoredHours: 87_601 },
    { maxSightings: 1.5 },
    { maxSightings: 0 },
    { maxSightings: 200_001 },
    { crops: 'yes' },
  ])('refuses %j', (change) => {
    expect(() => patch(change as unknown as KeepUnknownPatch)).toThrowError(
      expect.objectContaining({ code: 'invalidOption' }),
    )
  })
})
