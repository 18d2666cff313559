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

describe('a body that may be one of several things', () => {
  const name = Type.Union([Type.Null(), Type.String({ minLength: 1, pattern: '^[a-z]*$' })])
  const change = Type.Object({ kind: Type.Literal('change'), name: Type.Optional(name) }, closed)
  const removal = Type.Object({ kind: Type.Literal('remove') }, closed)
  const either = Type.Object({ what: Type.Union([change, removal]) })
  const validate = compileValidator({ schema: either, method: 'POST', url: '/', httpPart: 'body' })

  it.each([
    [{ kind: 'burn' }, '"what/kind" has a value that is not allowed. Allowed: change, remove.'],
    [{ kind: 'change', name: 'A' }, '"what/name" has characters or a form that is not allowed.'],
    [{ kind: 'remove', name: 'a' }, '"what/name" is not known here.'],
  ])('is told what is wrong with it, once: %j', (what, detail) => {
    const { error } = validate({ what }) as { error: unknown }
    expect(isFaceError(error) && error.detail).toBe(detail)
    const mistakes = isFaceError(error) ? (error.info?.errors as { message: string }[]) : []
    expect(mistakes).toHaveLength(1)
  })

  it('may be absent where its schema is optional', () => {
    const given = { schema: Type.Optional(either), method: 'POST', url: '/', httpPart: 'body' }
    for (const absent of [undefined, null]) {
      expect(compileValidator(given)(absent)).not.toHaveProperty('error')
      expect(validate(absent)).toHaveProperty('error')
    }
  })
})
