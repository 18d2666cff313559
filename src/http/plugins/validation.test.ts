import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { isFaceError } from '../../core/errors.ts'
import { compileValidator } from './validation.ts'

const closed = { additionalProperties: false } as const
const schema = Type.Object(
  {
    texts: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
    inner: Type.Optional(Type.Object({ a: Type.Optional(Type.Number()) }, closed)),
  },
  closed,
)
const many = 20_000
/** Some passes over what is named in an answer. */
const fewReads = 1000

const unknownMembers = Object.fromEntries(Array.from({ length: many }, (_, i) => [`m${i}`, i]))

/** A value that counts how often something is read of it. */
function countReads(value: object): { readonly value: object; reads(): number } {
  let count = 0
  const read = <A extends readonly unknown[], R>(reflect: (...args: A) => R) => {
    return (...args: A) => {
      count++
      return reflect(...args)
    }
  }
  const handler = {
    get: read(Reflect.get),
    getOwnPropertyDescriptor: Reflect.getOwnPropertyDescriptor,
    has: read(Reflect.has),
  }
  return { value: new Proxy(value, handler), reads: () => count }
}

describe('a body with more mistakes than an answer names', () => {
  const validate = compileValidator({ schema, method: 'POST', url: '/', httpPart: 'body' })

  it.each([
    ['unknown members', (value: object) => value, unknownMembers],
    ['unknown members below', (value: object) => ({ inner: value }), unknownMembers],
    ['too many items', (value: object) => ({ texts: value }), Array(many).fill(1)],
  ])('is refused without a look at each: %s', (_kind, wrap, content) => {
    const { value, reads } = countReads(content)
    const { error } = validate(wrap(value)) as { error: unknown }
    expect(isFaceError(error)).toBe(true)
    const mistakes = isFaceError(error) ? (error.info?.errors as unknown[]) : []
    expect(mistakes.length).toBeGreaterThan(0)
    expect(mistakes.length).toBeLessThanOrEqual(10)
    expect(reads()).toBeLessThan(fewReads)
  })

  it('names what is allowed beside unknown members', () => {
    const { error } = validate(unknownMembers) as { error: unknown }
    expect(String(isFaceError(error) && error.detail)).toBe(
      '"m0" is not known here. Allowed: texts, inner.',
    )
  })
})
