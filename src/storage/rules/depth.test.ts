import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDeeperThan, isJsonTooDeep, maxDepth } from './depth.ts'

describe('the depth of JSON text', () => {
  it('is that of the value', () => {
    const brackets = fc
      .array(fc.constantFrom('{', '[', '"', '\\', ']', '}', 'a'))
      .map((all) => all.join(''))
    const leaf = fc.oneof(brackets, fc.integer(), fc.constant(null))
    const level = (inner: unknown, [key, kind]: readonly [string, number]): unknown =>
      kind === 0 ? { [key]: inner, [`${key}'`]: 1 } : kind === 1 ? [inner] : [[], inner, {}]
    const levels = fc.array(fc.tuple(brackets, fc.integer({ min: 0, max: 2 })), {
      minLength: 1,
      maxLength: maxDepth + 4,
    })
    fc.assert(
      fc.property(leaf, levels, (inner, outer) => {
        const value = outer.reduce(level, inner)
        expect(isJsonTooDeep(JSON.stringify(value))).toBe(isDeeperThan(value, maxDepth))
      }),
    )
  })

  it('is judged at the bound', () => {
    const nest = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
    expect([maxDepth, maxDepth + 1, 100_000].map((levels) => isJsonTooDeep(nest(levels)))).toEqual([
      false,
      true,
      true,
    ])
  })
})

describe('the depth of a value', () => {
  it('counts objects and lists, not bytes and numbers', () => {
    expect(isDeeperThan([{ vector: new Float32Array(9) }], 2)).toBe(false)
    expect(isDeeperThan([{ list: [] }], 2)).toBe(true)
    expect(isDeeperThan(null, 0)).toBe(false)
  })

  it('of a cycle is beyond every bound', () => {
    const cycle: Record<string, unknown> = {}
    cycle['a'] = cycle
    cycle['b'] = cycle
    expect(isDeeperThan(cycle, 50)).toBe(true)
  })
})
