import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFaceError } from '../../core/errors.ts'
import {
  assertBoundedValue,
  createJsonScanner,
  maxJsonDepth,
  maxJsonTextBytes,
  maxJsonValues,
} from './json-scanner.ts'

function scan(pieces: readonly Uint8Array[], names: readonly string[] = ['image', 'images']) {
  let count = 0
  const scanner = createJsonScanner(names, () => `mark-${count++}`)
  for (const piece of pieces) scanner.push(piece)
  const { text, setAside } = scanner.end()
  return {
    text,
    setAside: new Map([...setAside].map(([mark, raw]) => [mark, Buffer.concat(raw).toString()])),
  }
}

function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length]
  const sorted = [0, ...ends.sort((a, b) => a - b)]
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end))
}

const scanText = (text: string) => scan([Buffer.from(text)])

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return isFaceError(error) ? error.code : String(error)
  }
}

describe('what is set aside', () => {
  it.each([
    ['{"image":"QUJD"}', '{"image":"mark-0"}', ['QUJD']],
    ['{"image":""}', '{"image":"mark-0"}', ['']],
    ['{"images": ["a\\/b", "c"] , "name":"n"}', '{"images": ["mark-0", "mark-1"] , "name":"n"}'],
    ['{"name":"image","other":"x"}', '{"name":"image","other":"x"}', []],
    ['{"metadata":{"image":"x","y":["image"]}}', '{"metadata":{"image":"x","y":["image"]}}', []],
    ['{"image":"a\\"b\\\\","name":"x"}', '{"image":"mark-0","name":"x"}', ['a\\"b\\\\']],
    ['["image","x"]', '["image","x"]', []],
    ['"image"', '"image"', []],
    ['', '', []],
  ])('reads %s', (text, expected, strings?: readonly string[]) => {
    const scanned = scanText(text)
    expect(scanned.text).toBe(expected)
    if (strings) expect([...scanned.setAside.values()]).toEqual(strings)
  })

  it('leaves every body as it was, wherever it is cut', () => {
    const body = fc.record({
      name: fc.string({ unit: 'grapheme' }),
      images: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }),
      metadata: fc.jsonValue({ maxDepth: 4 }),
    })
    fc.assert(
      fc.property(
        body,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.boolean(),
        (value, places, wide) => {
          const json = JSON.stringify(value, null, wide ? 2 : 0)
          const { text, setAside } = scan(cut(Buffer.from(json), places))
          expect(setAside.size).toBe(value.images.length)
          let restored = text
          for (const [mark, raw] of setAside)
            restored = restored.replace(`"${mark}"`, () => `"${raw}"`)
          expect(restored).toBe(json)
        },
      ),
    )
  })

  it('takes any bytes without an error of its own, and leaves them to the parser', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (bytes, places) => {
        scan(cut(bytes, places))
      }),
    )
  })
})

describe('bounds', () => {
  const nested = (depth: number, start: string, end: string) =>
    start.repeat(depth) + end.repeat(depth)

  it.each([
    ['arrays', '[', ']'],
    ['unfinished arrays', '[', ''],
    ['objects', '{"a":', '}'],
    ['arrays in objects', '{"a":[', ']}'],
  ])('refuses %s that are nested too deeply', (_, start, end) => {
    const levels = maxJsonDepth / (start.match(/[[{]/g)?.length ?? 1)
    expect(codeOf(() => scanText(nested(levels, start, end)))).toBeUndefined()
    expect(codeOf(() => scanText(nested(levels + 1, start, end)))).toBe('invalidRequest')
  })

  it.each([
    ['numbers', '1,'],
    ['empty texts', '"",'],
    ['members', '"a":1,'],
    ['arrays', '[],'],
    ['nothing at all', ','],
  ])('refuses too many values: %s', (_, item) => {
    const text = `{"images":[${item.repeat(maxJsonValues)}`
    expect(codeOf(() => scanText(text))).toMatch(/invalidRequest|payloadTooLarge/)
    expect(codeOf(() => scanText(`{"a":[${item.repeat(1000)}`))).toBeUndefined()
  })

  it('refuses too much text besides images, but no image', () => {
    const long = 'x'.repeat(maxJsonTextBytes)
    for (const text of [`{"name":"${long}"}`, `{"${long}":1}`, ' '.repeat(maxJsonTextBytes + 1)]) {
      expect(codeOf(() => scanText(text))).toBe('payloadTooLarge')
    }
    expect(codeOf(() => scanText(`{"image":"${long}"}`))).toBeUndefined()
  })

  it('bounds parsed values alike', () => {
    const parse = (text: string) => () => assertBoundedValue(JSON.parse(text))
    expect(codeOf(parse(nested(maxJsonDepth, '[', ']')))).toBeUndefined()
    expect(codeOf(parse(nested(maxJsonDepth + 1, '[', ']')))).toBe('invalidRequest')
    expect(codeOf(parse(`[${'0,'.repeat(maxJsonValues - 2)}0]`))).toBeUndefined()
    expect(codeOf(parse(`[${'0,'.repeat(maxJsonValues - 1)}0]`))).toBe('invalidRequest')
    expect(codeOf(parse('"text"'))).toBeUndefined()
  })
})
