import { expect, it } from 'vitest'
import { anonymous, assertScope } from './principal.ts'
import { allows, parseScopes, scopes } from './scopes.ts'

const actor = { kind: 'apiKey', id: 'k1', name: 'door' } as const

it('allows what was granted and nothing else; admin allows all', () => {
  for (const needed of scopes) {
    for (const granted of scopes) {
      expect(allows([granted], needed)).toBe(granted === needed || granted === 'admin')
    }
    expect(allows([], needed)).toBe(false)
    // A scope of a later version is nothing that this one knows.
    expect(allows(['later'], needed)).toBe(false)
    assertScope(anonymous, needed)
  }
})

it('names the scope that is missing', () => {
  expect(() => assertScope({ actor, scopes: ['detect', 'verify'] }, 'people:write')).toThrow(
    expect.objectContaining({
      code: 'missingScope',
      detail: 'Needed: people:write.',
      info: { scope: 'people:write' },
    }),
  )
})

it('reads a list of scopes, each once, and refuses what is none', () => {
  expect(parseScopes(['identify', 'people:read', 'identify'])).toEqual(['identify', 'people:read'])
  for (const wrong of [[], ['people'], ['identify', 'toString'], ['']]) {
    expect(() => parseScopes(wrong)).toThrow(
      expect.objectContaining({ code: 'invalidOption', info: { allowed: scopes } }),
    )
  }
})
