import { Binary, ObjectId } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { parseSeedDocument } from './seed-document.ts'

const id = new ObjectId('0123456789abcdef01234567')

/** What `pickle.dumps(array, protocol=2)` writes, without the memo that arrays do not need. */
function toPickle(values: Float32Array): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return Buffer.concat([Buffer.from('X'), length, bytes])
  }
  const encode = (value: string) =>
    Buffer.concat([
      Buffer.from('c_codecs\nencode\n'),
      text(value),
      text('latin1'),
      Buffer.from('\x86R', 'latin1'),
    ])
  const ascii = (value: string) => Buffer.from(value, 'latin1')
  const data = Buffer.from(values.buffer).toString('latin1')
  return Buffer.concat([
    ...[ascii('\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85')],
    ...[
      encode('b'),
      ascii('\x87R(K\x01M\0\x02\x85cnumpy\ndtype\n'),
      text('f4'),
      ascii('\x89\x88\x87R(K\x03'),
    ],
    ...[
      text('<'),
      ascii('NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89'),
      encode(data),
      ascii('tb.'),
    ],
  ])
}

const unit = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i + 1))
const norm = Math.hypot(...unit)
for (const [i, value] of unit.entries()) unit[i] = value / norm

const binary = (values: Float32Array, subtype = 128) => new Binary(toPickle(values), subtype)

describe('parseSeedDocument', () => {
  it('reads the face of a name', () => {
    const read = parseSeedDocument({ _id: id, faceName: ' Zoe\u0308 ', embedding: binary(unit) })
    expect(read).toEqual({ kind: 'face', id: id.toHexString(), name: 'Zo\u00eb', embedding: unit })
  })

  it('takes an embedding whose norm is off by what float32 rounding does', () => {
    const nearly = unit.map((value) => value * (1 + 5e-6))
    expect(parseSeedDocument({ _id: id, faceName: 'Zoe', embedding: binary(nearly) }).kind).toBe(
      'face',
    )
  })

  const withNaN = unit.slice()
  withNaN[17] = Number.NaN
  const refused: readonly [what: string, fields: object, reason: RegExp][] = [
    ['no name', { faceName: undefined }, /faceName is not text/],
    ['a number as the name', { faceName: 7 }, /faceName is not text/],
    ['an empty name', { faceName: ' ' }, /name is not valid/],
    ['no embedding', { embedding: undefined }, /not a binary of subtype 128/],
    ['an embedding that is a list', { embedding: [...unit] }, /not a binary of subtype 128/],
    ['a binary of another subtype', { embedding: binary(unit, 0) }, /not a binary of subtype 128/],
    ['a value that is not a number', { embedding: binary(withNaN) }, /not a number/],
    ['zeros', { embedding: binary(new Float32Array(512)) }, /norm is 0\.00000;/],
    ['another norm', { embedding: binary(unit.map((v) => v * 1.001)) }, /norm is 1\.00100;/],
    ['128 values', { embedding: binary(unit.slice(0, 128)) }, /bytes of values/],
  ]
  for (const [what, fields, reason] of refused) {
    it(`refuses ${what}`, () => {
      const document = { _id: id, faceName: 'Zoe', embedding: binary(unit), ...fields }
      const read = parseSeedDocument(document)
      expect(read).toMatchObject({ kind: 'refused', id: id.toHexString() })
      expect(read.kind === 'refused' && read.reason).toMatch(reason)
    })
  }

  it('names a document whose id is not an ObjectId', () => {
    expect(parseSeedDocument({ _id: 'anukool' }).id).toBe('anukool')
    expect(parseSeedDocument({ _id: { at: 7 } }).id).toBe('{"at":7}')
  })
})
