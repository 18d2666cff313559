import { describe, expect, it } from 'vitest'
import { isAudited, toAuditEvents, whyUnaudited } from './audit-rules.ts'
import { effectOf, methodNames } from './methods.ts'

describe('audit rules', () => {
  it('say of every method that writes what it enters, or why it enters nothing', () => {
    for (const name of methodNames) {
      const because = whyUnaudited(name)
      expect(isAudited(name) || because !== undefined, name).toBe(effectOf(name) !== 'read')
      if (because !== undefined) expect(because).toMatch(/^[A-Z].{20,}\.$/)
    }
  })

  it('enter nothing of what no port has, and of a call that changed nothing', () => {
    expect(toAuditEvents('ping', [], undefined)).toEqual([])
    expect(toAuditEvents('jobs.expire', ['2026-01-01T00:00:00.000Z'], 0)).toEqual([])
    expect(toAuditEvents('answers.claim', [], undefined)).toEqual([])
  })
})
