import { describe, expect, it } from 'vitest'
import { readClaim, toActorName, toNames } from './claims.ts'
import { toReturnUrl } from './oidc.ts'

describe('claims', () => {
  it('are lists, words, or deep in objects', () => {
    const claims = { scope: 'a b', groups: ['c', 5, 'd'], realm: { roles: ['e'] }, 'x.y': 'f' }
    expect(readClaim(claims, 'scope')).toEqual(['a', 'b'])
    expect(readClaim(claims, 'groups')).toEqual(['c', 'd'])
    expect(readClaim(claims, 'realm.roles')).toEqual(['e'])
    expect(readClaim(claims, 'x.y')).toEqual(['f'])
    for (const missing of ['none', 'realm.none', 'groups.length', 'constructor', '__proto__.x']) {
      expect(readClaim(claims, missing)).toEqual([])
    }
  })

  it('give what their values are mapped to', () => {
    const names = [
      ['a', 'viewer'],
      ['b', 'admin'],
    ] as const
    expect(toNames(['a', 'c'], { claim: 'x', names })).toEqual(['viewer'])
    expect(toNames(['*'], { claim: 'x', names })).toEqual([])
    expect(toNames([], { claim: 'x', names: [['*', 'viewer']] })).toEqual(['viewer'])
    expect(toNames(['identify'], { claim: 'x', names: [] })).toEqual(['identify'])
  })

  it('are names without what cannot be shown', () => {
    expect(toActorName(' Ann\u202e\u0000 B. ')).toBe('Ann B.')
    expect(toActorName('x'.repeat(1000))).toHaveLength(200)
    for (const none of ['', ' \n', 5, undefined]) expect(toActorName(none)).toBeUndefined()
  })
})

describe('the address to return to', () => {
  const base = 'https://faces.example/app/'

  it.each([
    ['', base],
    ['https://faces.example/app/#/people?x=1', 'https://faces.example/app/#/people?x=1'],
    ['#/people', 'https://faces.example/app/#/people'],
    ['https://evil.example/app/', base],
    ['//evil.example/app/', base],
    ['\\\\evil.example/app/', base],
    ['https:evil.example', 'https://faces.example/app/evil.example'],
    ['https://faces.example@evil.example/app/', base],
    ['https://user:word@faces.example/app/', base],
    ['http://faces.example/app/', base],
    ['https://faces.example:444/app/', base],
    ['javascript:alert(1)', base],
    ['data:text/html,x', base],
    ['/other', base],
    ['/app/../other', base],
    ['v1/session', base],
    ['/app/%76%31/keys', base],
    ['\u0000', base],
  ])('%j becomes %s', (given, expected) => {
    expect(toReturnUrl(given, base)).toBe(expected)
  })
})
