import { describe, expect, it } from 'vitest'
import { isFaceError } from '../core/errors.ts'
import { covers, narrowTo, type Principal } from './principal.ts'

const actor = { kind: 'signedIn', id: 'i', name: 'Ann' } as const

describe('a caller with several roles', () => {
  const principal: Principal = {
    actor,
    scopes: ['people:write', 'enroll', 'identify'],
    grants: [
      { scopes: ['people:write', 'identify'], collectionIds: ['a'] },
      { scopes: ['enroll'], collectionIds: ['b'] },
      { scopes: ['identify'] },
    ],
  }

  it('reaches with each scope only where a role has it', () => {
    expect(narrowTo(principal, 'people:write')).toEqual({
      actor,
      scopes: ['people:write', 'identify'],
      collectionIds: ['a'],
    })
    expect(narrowTo(principal, 'enroll').collectionIds).toEqual(['b'])
    expect(narrowTo(principal, 'identify')).toEqual({ actor, scopes: ['identify'] })
  })

  it('is refused what no role has', () => {
    expect(() => narrowTo(principal, 'admin')).toThrow(
      expect.toSatisfy((error) => isFaceError(error, 'missingScope')),
    )
  })

  it('is not made to do with one collection what is allowed for another', () => {
    const both: Principal = {
      actor,
      scopes: ['admin', 'people:read'],
      grants: [{ scopes: ['admin'], collectionIds: ['a'] }, { scopes: ['people:read'] }],
    }
    expect(narrowTo(both, 'people:read')).toEqual({ actor, scopes: ['people:read'] })
    expect(narrowTo(both, 'enroll').collectionIds).toEqual(['a'])
  })
})

it.each([
  [{ scopes: ['admin'] }, { scopes: ['detect'] }, true],
  [{ scopes: ['detect'] }, { scopes: ['detect', 'verify'] }, false],
  [{ scopes: ['detect'], collectionIds: ['a'] }, { scopes: ['detect'] }, false],
  [{ scopes: ['detect'] }, { scopes: ['detect'], collectionIds: ['a'] }, true],
  [
    { scopes: ['detect'], collectionIds: ['a'] },
    { scopes: ['detect'], collectionIds: ['a'] },
    true,
  ],
  [
    { scopes: ['detect'], collectionIds: ['b'] },
    { scopes: ['detect'], collectionIds: ['a'] },
    false,
  ],
])('%j covers %j: %s', (now, before, expected) => {
  expect(covers(now, before)).toBe(expected)
})
