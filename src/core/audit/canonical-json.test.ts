import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonValue, toCanonicalJson } from './canonical-json.ts'

describe('toCanonicalJson', () => {
  it('writes the example of RFC 8785', () => {
    // Section 3.2.3; its first number has two more digits, which no double has.
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(toCanonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  it('has one text for a value whatever the order of its members, and leaves out what is undefined', () => {
    expect(toCanonicalJson({ b: 1, a: undefined, A: [{ d: 1, c: -0 }] })).toBe(
      '{"A":[{"c":0,"d":1}],"b":1}',
    )
  })

  it('is read as the same value again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        let text: string
        try {
          text = toCanonicalJson(value as JsonValue)
        } catch {
          return
        }
        expect(toCanonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('refuses what has no text of its own', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800', { '\udc00': 1 }]) {
      expect(() => toCanonicalJson(value)).toThrow(RangeError)
    }
  })
})
