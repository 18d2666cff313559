import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isFaceError } from '../../src/core/errors.ts'
import { parseNumpyPickle } from '../../src/transfer/importers/seed/numpy-pickle.ts'

interface Fixture {
  /** float32, little-endian, base64. */
  readonly values: string
  /** Base64 by what made them. */
  readonly arrays: Readonly<Record<string, string>>
  readonly refused: Readonly<Record<string, string>>
}

// Made by make-pickles.py beside it.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/seed/pickles.json', import.meta.url), 'utf8'),
) as Fixture
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
const expected = new Float32Array(fromBase64(fixture.values).buffer)

const reasons: Readonly<Record<string, RegExp>> = {
  'os.system': /It would use posix\.system; nothing was run/,
  eval: /It would use __builtin__\.eval;/,
  open: /It would use io\.open;/,
  getattr: /It would use __builtin__\.getattr;/,
  'call inside a list': /opcode 0x5d/,
  float64: /not float32/,
  float16: /not float32/,
  int32: /not float32/,
  'big-endian': /big-endian/,
  '128 values': /shape is not \(512,\)/,
  '513 values': /shape is not \(512,\)/,
  'shape (1, 512)': /shape is not \(512,\)/,
  'array of objects': /not float32/,
  'list of floats': /opcode 0x5d/,
  number: /opcode 0x47/,
  none: /not the pickle of one array/,
  record: /not float32/,
  'protocol 0': /not a pickle of protocol 2, 3, 4/,
  'protocol 1': /not a pickle of protocol 2, 3, 4/,
  'protocol 5': /not a pickle of protocol 2, 3, 4/,
  'cut off': /damaged or cut off/,
}

describe('pickles that Python made', () => {
  for (const [name, text] of Object.entries(fixture.arrays)) {
    it(`reads the array of ${name}`, () => {
      expect(parseNumpyPickle(fromBase64(text), 512)).toEqual(expected)
    })
  }

  for (const [name, text] of Object.entries(fixture.refused)) {
    it(`refuses: ${name}`, () => {
      try {
        parseNumpyPickle(fromBase64(text), 512)
        expect.unreachable()
      } catch (error) {
        expect(isFaceError(error, 'invalidEmbedding') && error.detail).toMatch(reasons[name]!)
      }
    })
  }

  it('refuses every pickle with one byte changed, or reads an array of it', () => {
    const [first] = Object.values(fixture.arrays)
    const bytes = fromBase64(first!)
    // Every byte of the program, and some of the values.
    for (let at = 0; at < bytes.length; at += at < 260 || at > bytes.length - 40 ? 1 : 97) {
      for (const value of [0, 0x28, 0x52, 0x62, 0x80, 0xff]) {
        const changed = bytes.slice()
        changed[at] = value
        try {
          expect(parseNumpyPickle(changed, 512)).toHaveLength(512)
        } catch (error) {
          expect(isFaceError(error, 'invalidEmbedding')).toBe(true)
        }
      }
    }
  })
})
