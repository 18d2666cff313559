import { isDeepStrictEqual } from 'node:util'
import { decodeBase64 } from '../../../src/http/intake/image-bytes.ts'
import { createJsonScanner } from '../../../src/http/intake/json-scanner.ts'
import { type FuzzTarget, MustRefuse } from '../target.ts'

const imageNames = ['image', 'images']

/** The JSON that was scanned, with the strings that were set aside in their places. */
function readScanned(input: Uint8Array, pieceBytes: number): unknown {
  let marks = 0
  const scanner = createJsonScanner(imageNames, () => `mark-${marks++}-7f3a9c`)
  for (let at = 0; at < input.length; at += pieceBytes) {
    scanner.push(input.subarray(at, at + pieceBytes))
  }
  const { text, setAside } = scanner.end()
  return JSON.parse(text, (_name, value) => {
    const raw = typeof value === 'string' ? setAside.get(value) : undefined
    return raw === undefined ? value : JSON.parse(`"${Buffer.concat(raw).toString()}"`)
  })
}

function parse(read: () => unknown): { readonly value?: unknown } {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** The same number of values whatever the pieces are, and the same JSON as without setting aside. */
function compareScans(input: Uint8Array): void {
  const whole = parse(() => readScanned(input, input.length || 1))
  const pieces = parse(() => readScanned(input, 3))
  if (!isDeepStrictEqual(whole, pieces)) throw new MustRefuse('Pieces read differently.')
  const text = Buffer.from(input).toString()
  // A string that is set aside is not looked into here, but where it is decoded.
  if (!('value' in whole) || /[\p{Cc}\ufffd]/u.test(text)) return
  const plain = parse(() => JSON.parse(text))
  if ('value' in plain && !isDeepStrictEqual(whole, plain)) {
    throw new MustRefuse('Scanned JSON differs from parsed JSON.')
  }
}

const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export const bodyTargets: readonly FuzzTarget[] = [
  {
    name: 'json-scanner',
    refusals: ['invalidRequest', 'payloadTooLarge'],
    words: [
      '"image":"',
      '"images":["',
      '\\"',
      '\\\\',
      '\\u0022',
      '{',
      '[',
      ']',
      '}',
      ':',
      ',',
      '"',
    ],
    maxBytes: 4096,
    seeds: async () =>
      [
        '{"image":"aGVsbG8=","name":"Ann","metadata":{"image":"x","a":[1,2,{"b":null}]}}',
        '{"name":"A\\"n\\\\n","images":["aA==","\\/9j\\/"],"x":[[],{}]}',
        '[1,{"image":"a"},"b"]',
        '{"im\\u0061ge":"aA==","image":"bB=="}',
        ' {"images" : [ "aA==" , "bB==" ] , "n":-1.5e3 } ',
      ].map((text) => Buffer.from(text)),
    read: compareScans,
  },
  {
    name: 'base64',
    refusals: ['invalidRequest', 'imageTooLarge'],
    words: ['data:image/png;base64,', '=', '==', '\\/', '\\n', '-', '_', ' ', '\n'],
    maxBytes: 2048,
    seeds: async () =>
      ['aGVsbG8gd29ybGQ=', 'data:image/jpeg;base64,/9j/4AAQ', '\\/9j\\/', 'YWJj'].map((text) =>
        Buffer.from(text),
      ),
    async read(input) {
      const pieces = [input.subarray(0, 7), input.subarray(7, 300), input.subarray(300)]
      const decoded = await decodeBase64(pieces, 'image', 1500)
      const text = Buffer.from(input)
        .toString('latin1')
        .replaceAll('\\/', '/')
        .replace(/^data:[^,]*,/, '')
      if (!strict.test(text)) throw new MustRefuse('It is not base64.')
      if (!Buffer.from(decoded).equals(Buffer.from(text, 'base64'))) {
        throw new MustRefuse('The bytes are others.')
      }
    },
  },
]
