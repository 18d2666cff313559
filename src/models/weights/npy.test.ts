import { describe, expect, it } from 'vitest'
import { parseNpy } from './npy.ts'

function makeNpy(header: string, values: Uint8Array, version = 1): Uint8Array {
  const padded = `${header.padEnd(117)}\n`
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0])
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) length.writeUInt16LE(padded.length)
  else length.writeUInt32LE(padded.length)
  return Buffer.concat([prefix, length, Buffer.from(padded, 'latin1'), values])
}

function toBytes(values: Float32Array | Float64Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer)
}

function header(type: string, shape: string, order = 'False'): string {
  return `{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${shape}, }`
}

describe('parseNpy', () => {
  it('reads float32 and float64 of both header versions', () => {
    const floats = makeNpy(header('<f4', '(2, 3)'), toBytes(Float32Array.of(1, 2, 3, 4, 5, 6)))
    expect(parseNpy('a', floats)).toEqual({
      shape: [2, 3],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    })
    const doubles = makeNpy(header('<f8', '(2,)'), toBytes(Float64Array.of(0.5, -8)), 2)
    expect(parseNpy('a', doubles)).toEqual({ shape: [2], data: Float32Array.of(0.5, -8) })
  })

  it('reads half precision exactly', () => {
    // IEEE 754: 1, -2, largest, smallest normal, smallest denormal, infinity, zero
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00, 0)
    const { data } = parseNpy('a', makeNpy(header('<f2', '(7,)'), toBytes(bits)))
    expect(Array.from(data)).toEqual([
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      Number.POSITIVE_INFINITY,
      0,
    ])
    const nan = makeNpy(header('<f2', '(1,)'), toBytes(Uint16Array.of(0x7e00)))
    expect(parseNpy('a', nan).data[0]).toBeNaN()
  })

  it('turns column-major into row-major', () => {
    const values = toBytes(Float32Array.of(1, 4, 2, 5, 3, 6))
    const { shape, data } = parseNpy('a', makeNpy(header('<f4', '(2, 3)', 'True'), values))
    expect(shape).toEqual([2, 3])
    expect(Array.from(data)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('reads a scalar', () => {
    const { shape, data } = parseNpy('a', makeNpy(header('<f4', '()'), toBytes(Float32Array.of(9))))
    expect(shape).toEqual([])
    expect(Array.from(data)).toEqual([9])
  })

  const four = toBytes(Float32Array.of(1, 2, 3, 4))
  const refused: readonly [string, Uint8Array, RegExp][] = [
    ['other bytes', Buffer.from('not an array, only text'), /not in NumPy format/],
    ['nothing', new Uint8Array(), /not in NumPy format/],
    ['pickled objects', makeNpy(header('|O', '(1,)'), four), /not a little-endian float array/],
    ['big-endian values', makeNpy(header('>f4', '(4,)'), four), /not a little-endian float/],
    ['integers', makeNpy(header('<i4', '(4,)'), four), /not a little-endian float/],
    ['an expression as header', makeNpy('__import__("os")', four), /not a little-endian float/],
    ['too few values', makeNpy(header('<f4', '(5,)'), four), /does not hold the 5 values/],
    ['too many values', makeNpy(header('<f4', '(3,)'), four), /does not hold the 3 values/],
    ['a cut-off header', makeNpy(header('<f4', '(4,)'), four).slice(0, 50), /cut off/],
  ]
  for (const [what, bytes, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => parseNpy('weights', bytes)).toThrow(message)
      expect(() => parseNpy('weights', bytes)).toThrow(/Array weights/)
    })
  }
})
