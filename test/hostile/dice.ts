import { createRandom } from '../../src/platform/random.ts'

/** Draws of one request; the same seed and number give the same request. */
export interface Dice {
  /** A whole number from 0 to `end - 1`; 0 when `end` is 0. */
  below(end: number): number
  pick<T>(choices: readonly T[]): T
  bytes(length: number): Buffer
  /** A text of letters, marks, escapes and control characters. */
  text(maxLength: number): string
}

const alphabet = [
  ...'abcXYZ019 _-./\\"\'%&?#=+;:,<>{}[]()@!~*',
  '\0',
  '\n',
  '\r',
  '\t',
  'é',
  'ß',
  '李',
  '😀',
  '\u200f',
  '\ud800',
  '%00',
  '%2e%2e',
  '%',
  '__proto__',
  'constructor',
  '$ne',
]

/** @param seed  of the run @param index  number of the request */
export function createDice(seed: number, index: number): Dice {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
  const below = (end: number) => Math.floor(random() * end)
  return {
    below,
    pick: (choices) => choices[below(choices.length)] as (typeof choices)[number],
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
    text: (maxLength) =>
      Array.from({ length: below(maxLength + 1) }, () => alphabet[below(alphabet.length)]).join(''),
  }
}
