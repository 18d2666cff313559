import { describe, expect, test } from 'vitest'
import {
  assertMayEnroll,
  assertMayMatch,
  type Consent,
  consentEndOf,
  consentStateOf,
  defaultConsentRule,
  mayMatch,
  newestConsent,
  patchConsentRule,
} from './consent.ts'

const now = '2026-05-01T00:00:00.000Z'
const before = '2026-04-01T00:00:00.000Z'
const later = '2026-06-01T00:00:00.000Z'

describe('consentStateOf', () => {
  test('is missing without one, and valid until it ends', () => {
    expect(consentStateOf(undefined, now)).toBe('missing')
    expect(consentStateOf({}, now)).toBe('valid')
    expect(consentStateOf({ expiresAt: later, withdrawnAt: later }, now)).toBe('valid')
  })

  test('ends at the moment that is said, and a withdrawal says more than an expiry', () => {
    expect(consentStateOf({ expiresAt: now }, now)).toBe('expired')
    expect(consentStateOf({ withdrawnAt: now }, now)).toBe('withdrawn')
    expect(consentStateOf({ expiresAt: before, withdrawnAt: before }, now)).toBe('withdrawn')
  })
})

test('a consent ends with whatever comes first', () => {
  expect(consentEndOf({})).toBeUndefined()
  expect(consentEndOf({ expiresAt: later })).toBe(later)
  expect(consentEndOf({ withdrawnAt: now })).toBe(now)
  expect(consentEndOf({ withdrawnAt: before, expiresAt: later })).toBe(before)
  expect(consentEndOf({ withdrawnAt: later, expiresAt: before })).toBe(before)
})

describe('mayMatch', () => {
  test('leaves out who withdrew, also where no consent is required', () => {
    expect(mayMatch(undefined, { withdrawnAt: before }, now)).toBe(false)
    expect(mayMatch(undefined, { expiresAt: before }, now)).toBe(false)
    expect(mayMatch(undefined, undefined, now)).toBe(true)
    expect(mayMatch(undefined, {}, now)).toBe(true)
  })

  test('leaves out who never consented where consent is required', () => {
    const rule = { required: true, whenItEnds: 'stopMatching' } as const
    expect(mayMatch(rule, undefined, now)).toBe(false)
    expect(mayMatch(rule, { expiresAt: later }, now)).toBe(true)
  })

  test('finds everybody where the collection keeps them', () => {
    const rule = { required: true, whenItEnds: 'keep' } as const
    expect(mayMatch(rule, undefined, now)).toBe(true)
    expect(mayMatch(rule, { withdrawnAt: before }, now)).toBe(true)
  })
})

test('nobody is enrolled without a valid consent where it is required', () => {
  const rule = { required: true, whenItEnds: 'keep' } as const
  expect(() => assertMayEnroll(undefined, undefined, now)).not.toThrow()
  expect(() => assertMayEnroll(rule, {}, now)).not.toThrow()
  expect(() => assertMayEnroll(rule, undefined, now)).toThrow(/missing/)
  expect(() => assertMayEnroll(rule, { expiresAt: before }, now)).toThrow(/expired/)
})

test('who may not match is not compared', () => {
  expect(() => assertMayMatch(undefined, {}, now)).not.toThrow()
  expect(() => assertMayMatch(undefined, { withdrawnAt: now }, now)).toThrow(/withdrawn/)
})

describe('patchConsentRule', () => {
  test('changes what is given and keeps the rest', () => {
    expect(patchConsentRule(undefined, { required: true })).toEqual({
      required: true,
      whenItEnds: 'stopMatching',
    })
    const was = { required: true, whenItEnds: 'keep' } as const
    expect(patchConsentRule(was, { required: false })).toEqual({ ...was, required: false })
    expect(patchConsentRule(was, { whenItEnds: 'stopMatching' })).toMatchObject({ required: true })
  })

  test('keeps nothing where it is as a new one', () => {
    expect(patchConsentRule({ required: true, whenItEnds: 'keep' }, null)).toBeNull()
    expect(patchConsentRule(undefined, defaultConsentRule)).toBeNull()
  })

  test('refuses other values', () => {
    expect(() => patchConsentRule(undefined, { required: 1 as never })).toThrow(/consent/)
    expect(() => patchConsentRule(undefined, { whenItEnds: 'x' as never })).toThrow(/consent/)
  })
})

test('of people who are one the newest word counts', () => {
  const given = (givenAt: string, withdrawnAt?: string): Consent => ({
    ...{ basis: 'consent', purpose: 'entrance', givenAt },
    ...(withdrawnAt === undefined ? {} : { withdrawnAt }),
  })
  expect(newestConsent([])).toBeUndefined()
  expect(newestConsent([given(before), given(now)])).toEqual(given(now))
  expect(newestConsent([given(before, later), given(now)])).toEqual(given(before, later))
  expect(newestConsent([given(now, before), given(before)])).toEqual(given(now, before))
})
