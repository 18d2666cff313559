import { Binary, BSON } from 'mongodb'
import { parseNumpyPickle } from '../../../src/transfer/importers/seed/numpy-pickle.ts'
import { parseSeedDocument } from '../../../src/transfer/importers/seed/seed-document.ts'
import { type FuzzTarget, MustRefuse } from '../target.ts'

const length = 512

/** What `pickle.dumps(array, 2)` and `3` write of an array of float32. */
function makePickle(protocol: 2 | 3, values: number): Buffer {
  const bytes = Buffer.from(new Float32Array(values).fill(1 / Math.sqrt(values)).buffer)
  const unicode = (text: string) => {
    const size = Buffer.alloc(4)
    const encoded = Buffer.from(text)
    size.writeUInt32LE(encoded.length)
    return Buffer.concat([Buffer.from('X'), size, encoded])
  }
  const binint2 = Buffer.from([0x4d, values & 0xff, values >> 8])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length)
  const content =
    protocol === 3
      ? Buffer.concat([Buffer.from('B'), size, bytes])
      : Buffer.concat([
          Buffer.from('c_codecs\nencode\n'),
          ...[unicode(bytes.toString('latin1')), unicode('latin1'), Buffer.from([0x86, 0x52])],
        ])
  return Buffer.concat([
    Buffer.from([0x80, protocol]),
    Buffer.from('cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n'),
    Buffer.from([0x4b, 0, 0x85]),
    protocol === 3
      ? Buffer.from('C\x01b')
      : Buffer.concat([
          Buffer.from('c_codecs\nencode\n'),
          unicode('b'),
          unicode('latin1'),
          Buffer.from([0x86, 0x52]),
        ]),
    Buffer.from([0x87, 0x52, 0x28, 0x4b, 1]),
    ...[
      binint2,
      Buffer.concat([Buffer.from([0x85]), Buffer.from('cnumpy\ndtype\n')]),
      unicode('f4'),
    ],
    Buffer.from([0x89, 0x88, 0x87]),
    Buffer.from('R(K\x03'),
    unicode('<'),
    Buffer.from('NNN'),
    Buffer.from([0x4a, 0xff, 0xff, 0xff, 0xff, 0x4a, 0xff, 0xff, 0xff, 0xff, 0x4b, 0, 0x74, 0x62]),
    Buffer.from([0x89]),
    content,
    Buffer.from('tb.'),
  ])
}

const pickles = [makePickle(3, length), makePickle(2, length)]
const words = [
  'cos\nsystem\n',
  'cbuiltins\neval\n',
  'c__main__\n__proto__\n',
  '(tR',
  '\x93',
  '\x94',
  'h\0',
]

export const seedTargets: readonly FuzzTarget[] = [
  {
    name: 'pickle',
    refusals: ['invalidEmbedding'],
    words,
    seeds: async () => pickles,
    read(input) {
      const values = parseNumpyPickle(input, length)
      if (values.length !== length) throw new MustRefuse(`An array of ${values.length} values.`)
    },
  },
  {
    name: 'seed-document',
    refusals: [],
    words: [...words, 'faceName', 'embedding', '_id'],
    seeds: async () =>
      pickles.map((pickle) =>
        BSON.serialize({ _id: 'a', faceName: 'Ann', embedding: new Binary(pickle, 128) }),
      ),
    read(input) {
      let document: Record<string, unknown>
      try {
        document = BSON.deserialize(input, { promoteBuffers: false })
      } catch {
        // It does not come from a database.
        return
      }
      const { kind } = parseSeedDocument(document)
      if (kind !== 'face' && kind !== 'refused') throw new Error(`It is ${kind}.`)
    },
  },
]
