import { describe, expect, it } from 'vitest'
import { toQueryWords, toWords } from '../rules/person-words.ts'
import { toWordBits } from './word-bits.ts'

/** Whether all bits of `some` are set in `all`. */
function has(all: number, some: number): boolean {
  return (BigInt(all) & BigInt(some)) === BigInt(some)
}

describe('bits of words', () => {
  it('never tell of a person who has the words that they are not there', () => {
    const bits = toWordBits(toWords(['İstanbul Kaya-Öz', '山田太郎', '😀 Ann']))
    for (const query of [
      'i',
      'ist',
      'istanbul k',
      'kayaoz',
      '太',
      '田太郎 an',
      '😀',
      'öz ka yama',
    ]) {
      if (query === 'öz ka yama') expect(has(bits, toWordBits(toQueryWords(query)))).toBe(false)
      else expect(has(bits, toWordBits(toQueryWords(query)))).toBe(true)
    }
  })

  it('are few, so that they tell of most others', () => {
    const people = Array.from({ length: 500 }, (_, i) =>
      toWordBits(toWords([`${(7919 * (i + 1)).toString(36)} ${(104_729 * (i + 1)).toString(36)}`])),
    )
    const passing = people.filter((bits) => has(bits, toWordBits(['qzx', 'wvu'])))
    expect(passing.length).toBeLessThan(10)
    expect(Math.max(...people)).toBeLessThan(2 ** 52)
  })

  it('are none of no words', () => {
    expect(toWordBits([])).toBe(0)
  })
})
