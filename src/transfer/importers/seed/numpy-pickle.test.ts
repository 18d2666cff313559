import { describe, expect, it } from 'vitest'
import { isFaceError } from '../../../core/errors.ts'
import { parseNumpyPickle } from './numpy-pickle.ts'

// Pickles put together by hand, beyond what Python writes; opcodes by their names in pickletools.
const text = (value: string) => [...Buffer.from(value, 'latin1')]
const PROTO2 = [0x80, 2]
const STOP = 0x2e
const REDUCE = 0x52
const BUILD = 0x62
const MARK = 0x28
const TUPLE = 0x74
const TUPLE2 = 0x86
const TUPLE3 = 0x87
const NONE = 0x4e
const global = (module: string, name: string) => [0x63, ...text(`${module}\n${name}\n`)]
const unicode = (value: string) => {
  const bytes = [...Buffer.from(value)]
  return [0x58, bytes.length & 255, bytes.length >> 8, 0, 0, ...bytes]
}
const put = (slot: number) => [0x71, slot]
const get = (slot: number) => [0x68, slot]
const int = (value: number) => [0x4a, ...Buffer.from(Int32Array.of(value).buffer)]

const dtype = [
  ...[...global('numpy', 'dtype'), ...unicode('f4'), 0x89, 0x88, TUPLE3, REDUCE],
  ...[MARK, 0x4b, 3, ...unicode('<'), NONE, NONE, NONE, ...int(-1), ...int(-1), 0x4b, 0],
  ...[TUPLE, BUILD],
]
const encode = (value: string) => [
  ...[...global('_codecs', 'encode'), ...unicode(value), ...unicode('latin1'), TUPLE2, REDUCE],
]
const empty = [
  ...[...global('numpy.core.multiarray', '_reconstruct'), ...global('numpy', 'ndarray')],
  ...[0x4b, 0, 0x85, ...encode('b'), TUPLE3, REDUCE],
]
/** An array of one value, `\0\0\x80?` as little-endian float32. */
const state = [MARK, 0x4b, 1, 0x4b, 1, 0x85, ...dtype, 0x89, ...encode('\0\0\x80?'), TUPLE]
const one = [...PROTO2, ...empty, ...state, BUILD, STOP]

const parse = (bytes: readonly number[]) => parseNumpyPickle(Uint8Array.from(bytes), 1)

function reasonOf(bytes: readonly number[]): string | undefined {
  try {
    parse(bytes)
  } catch (error) {
    if (isFaceError(error, 'invalidEmbedding')) return error.detail
    throw error
  }
  return undefined
}

describe('parseNumpyPickle', () => {
  it('reads an array', () => {
    expect(parse(one)).toEqual(Float32Array.of(1))
  })

  const doubled = Array.from({ length: 60 }, () => [...put(0), ...get(0), TUPLE2]).flat()
  const refused: readonly [what: string, bytes: readonly number[], reason: RegExp][] = [
    ['nothing', [], /not a pickle/],
    ['only a header', PROTO2, /damaged or cut off/],
    ['a later protocol', [0x80, 6, STOP], /not a pickle of protocol/],
    ['an array that was never filled', [...PROTO2, ...empty, STOP], /one array/],
    ['a data type alone', [...PROTO2, ...dtype, STOP], /one array/],
    ['more after its end', [...one, STOP], /one array/],
    ['a pickle of 9 KB', [...one, ...new Array(9000).fill(0)], /bytes; 8192 are allowed/],
    ['a module that it would import', [...PROTO2, ...global('os', 'system'), STOP], /os\.system/],
    [
      'a longer name that begins like an allowed one',
      [...PROTO2, ...global('numpy', 'ndarray.tofile'), STOP],
      /numpy\.ndarray\.tofile/,
    ],
    [
      'names of JavaScript',
      [...PROTO2, ...global('__proto__', 'constructor'), STOP],
      /nothing was/,
    ],
    ['a name that is no text', [...PROTO2, NONE, NONE, 0x93, STOP], /broken name/],
    ['a call of text', [...PROTO2, ...unicode('eval'), ...unicode('1'), REDUCE, STOP], /damaged/],
    [
      'a call of ndarray itself',
      [...PROTO2, ...global('numpy', 'ndarray'), 0x4b, 1, 0x85, REDUCE, STOP],
      /another way/,
    ],
    [
      'an array of another type',
      [
        ...[...PROTO2, ...global('numpy.core.multiarray', '_reconstruct'), NONE, NONE, NONE],
        ...[TUPLE3, REDUCE, STOP],
      ],
      /something else than an array/,
    ],
    ['text that is not bytes', [...PROTO2, ...encode('\u0100'), STOP], /not as pickle writes/],
    ['a length that would lead backwards', [...PROTO2, 0x42, ...int(-5), STOP], /negative length/],
    ['text longer than the pickle', [...PROTO2, 0x58, 255, 255, 255, 127, STOP], /cut off/],
    ['tuples that double 60 times', [...PROTO2, NONE, ...doubled, STOP], /one array/],
    [
      'tuples that double as the name of a module',
      [...PROTO2, NONE, ...doubled, NONE, 0x93, STOP],
      /broken name/,
    ],
    [
      'a state written on a function',
      [...PROTO2, ...global('numpy', 'ndarray'), ...unicode('xyz'), BUILD, STOP],
      /one array/,
    ],
    ['a tuple without a mark', [...PROTO2, TUPLE, STOP], /damaged/],
    ['a slot that is empty', [...PROTO2, ...get(7), ...get(7), BUILD, STOP], /damaged/],
    ['a dict', [...PROTO2, 0x7d, STOP], /opcode 0x7d/],
    ['a list', [...PROTO2, 0x5d, STOP], /opcode 0x5d/],
    ['an object by NEWOBJ', [...PROTO2, ...global('numpy', 'dtype'), 0x29, 0x81], /opcode 0x29/],
    ['an object by INST', [...PROTO2, MARK, 0x69, ...text('os\nsystem\n')], /opcode 0x69/],
    ['an extension', [...PROTO2, 0x82, 1, STOP], /opcode 0x82/],
    ['a persistent id', [...PROTO2, 0x50, ...text('1\n'), STOP], /opcode 0x50/],
    ['a number of a million digits', [...PROTO2, 0x8b, 255, 255, 255, 0], /opcode 0x8b/],
  ]
  for (const [what, bytes, reason] of refused) {
    it(`refuses ${what}`, () => {
      expect(reasonOf(bytes)).toMatch(reason)
    })
  }

  it('is not changed by a state written on its functions', () => {
    const writes = [...global('numpy', 'dtype'), ...unicode('xyz'), BUILD]
    expect(reasonOf([...PROTO2, ...writes, STOP])).toMatch(/one array/)
    expect(parse(one)).toEqual(Float32Array.of(1))
  })
})
