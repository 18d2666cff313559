import { describe, expect, test } from 'vitest'
import { findDue, patchRetention } from './retention.ts'

const now = '2026-05-31T00:00:00.000Z'
const createdAt = '2026-05-01T00:00:00.000Z'
const lastSeenAt = '2026-05-21T00:00:00.000Z'

describe('findDue', () => {
  test('finds nobody without rules, or before their time', () => {
    expect(findDue({}, { createdAt }, now)).toBeUndefined()
    expect(findDue({ createdDays: 31, unseenDays: 11 }, { createdAt, lastSeenAt }, now)).toBe(
      undefined,
    )
    expect(findDue({ consentEndedDays: 0 }, { createdAt, consent: {} }, now)).toBeUndefined()
  })

  test('says by which rule, and since when', () => {
    expect(findDue({ createdDays: 30 }, { createdAt }, now)).toEqual({
      ...{ rule: 'createdDays', dueSince: now },
    })
    expect(findDue({ unseenDays: 9 }, { createdAt, lastSeenAt }, now)).toEqual({
      ...{ rule: 'unseenDays', dueSince: '2026-05-30T00:00:00.000Z' },
    })
    expect(findDue({ unseenDays: 9 }, { createdAt }, now)?.dueSince).toBe(
      '2026-05-10T00:00:00.000Z',
    )
    const consent = { withdrawnAt: '2026-05-20T00:00:00.000Z' }
    expect(findDue({ consentEndedDays: 10 }, { createdAt, consent }, now)).toEqual({
      ...{ rule: 'consentEndedDays', dueSince: '2026-05-30T00:00:00.000Z' },
    })
  })

  test('names the rule that was broken first', () => {
    const rules = { createdDays: 20, unseenDays: 5, consentEndedDays: 0 }
    const consent = { expiresAt: '2026-05-30T00:00:00.000Z' }
    expect(findDue(rules, { createdAt, lastSeenAt, consent }, now)).toEqual({
      ...{ rule: 'createdDays', dueSince: '2026-05-21T00:00:00.000Z' },
    })
  })

  test('erases nobody for a time that cannot be read', () => {
    expect(findDue({ createdDays: 1 }, { createdAt: 'x' }, now)).toBeUndefined()
  })
})

describe('patchRetention', () => {
  test('changes, adds and takes away', () => {
    expect(patchRetention(undefined, { unseenDays: 400 })).toEqual({ unseenDays: 400 })
    expect(patchRetention({ unseenDays: 400 }, { createdDays: 9, unseenDays: null })).toEqual({
      createdDays: 9,
    })
    expect(patchRetention({ unseenDays: 400 }, { unseenDays: null })).toBeNull()
    expect(patchRetention({ unseenDays: 400 }, null)).toBeNull()
    expect(patchRetention(undefined, {})).toBeNull()
  })

  test('refuses what is no number of days', () => {
    expect(patchRetention(undefined, { consentEndedDays: 0 })).toEqual({ consentEndedDays: 0 })
    for (const days of [0, -1, 36_501, Number.NaN, '3' as never]) {
      expect(() => patchRetention(undefined, { unseenDays: days })).toThrow(/unseenDays/)
    }
    expect(() => patchRetention(undefined, { consentEndedDays: -1 })).toThrow(/consentEndedDays/)
  })
})
