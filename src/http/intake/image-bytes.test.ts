import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFaceError } from '../../core/errors.ts'
import { decodeBase64 } from './image-bytes.ts'

const decode = (pieces: readonly string[], maxBytes = 10_000) =>
  decodeBase64(
    pieces.map((piece) => Buffer.from(piece)),
    'image',
    maxBytes,
  )

const codeOf = async (result: Promise<unknown>) => {
  const error = await result.catch((thrown: unknown) => thrown)
  return isFaceError(error) ? error.code : undefined
}

function cut(text: string, places: readonly number[]): readonly string[] {
  const ends = [...places.map((place) => place % (text.length + 1)), text.length]
  const sorted = [0, ...ends.sort((a, b) => a - b)]
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end))
}

describe('base64', () => {
  it('reads the bytes wherever the text is cut, with a prefix and with escaped slashes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.constantFrom('', 'data:image/jpeg;base64,', 'data:;base64,'),
        fc.boolean(),
        async (bytes, places, prefix, escapes) => {
          const text = prefix + Buffer.from(bytes).toString('base64')
          const sent = escapes ? text.replaceAll('/', '\\/') : text
          expect(Buffer.from(await decode(cut(sent, places)))).toEqual(Buffer.from(bytes))
        },
      ),
    )
  })

  it.each(['$$$$', 'YQ', 'YWJj\nYWJj', '-_-_', 'YQ==YQ==', 'YQ=a', '\\u0041', 'YWJj\\', 'é123'])(
    'refuses %j wherever it is cut',
    async (text) => {
      for (let at = 0; at <= text.length; at++) {
        const pieces = [text.slice(0, at), text.slice(at)]
        expect(await codeOf(decode(pieces)), String(at)).toBe('invalidRequest')
        const later = [`${'A'.repeat(400)}${pieces[0]}`, `${pieces[1]}`]
        expect(await codeOf(decode(later)), `${at} later`).toBe('invalidRequest')
      }
    },
  )

  it('refuses a data: URL that is not in base64', async () => {
    expect(await codeOf(decode(['data:text/plain,abc']))).toBe('invalidRequest')
    expect(await codeOf(decode(['da', 'ta:abc']))).toBe('invalidRequest')
  })

  it('lets other work run between pieces of a large image, also of one that is all escapes', async () => {
    const piece = 64 * 1024
    for (const text of ['A'.repeat(piece), '\\/'.repeat(piece / 2)]) {
      let turns = 0
      let isDone = false
      const count = () => {
        turns++
        if (!isDone) setImmediate(count)
      }
      setImmediate(count)
      await decode(Array(128).fill(text), 10_000_000)
      isDone = true
      // 8 MiB, with a turn after each.
      expect(turns).toBeGreaterThanOrEqual(8)
    }
  })

  it('takes an image of exactly the limit', async () => {
    const text = Buffer.alloc(300).toString('base64')
    expect(await decode([text.slice(0, 333), text.slice(333)], 300)).toHaveLength(300)
    expect(await codeOf(decode([text], 299))).toBe('imageTooLarge')
  })
})
