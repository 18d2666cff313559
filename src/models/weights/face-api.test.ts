import { describe, expect, it } from 'vitest'
import { parseFaceApiWeights } from './face-api.ts'

const weights = [
  { name: 'a', shape: [2], dtype: 'float32' },
  {
    name: 'b',
    shape: [1, 2],
    dtype: 'float32',
    quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
  },
]
const manifest = JSON.stringify([{ paths: ['one', 'two'], weights }])
const bytes = new Uint8Array([...new Uint8Array(Float32Array.of(1.5, -2).buffer), 0, 255])

function shards(content = bytes): Map<string, Uint8Array> {
  return new Map([
    ['one', content.slice(0, 3)],
    ['two', content.slice(3)],
  ])
}

describe('parseFaceApiWeights', () => {
  it('reads plain and 8-bit weights across shards', () => {
    const arrays = parseFaceApiWeights(manifest, shards())
    expect(arrays.get('a')).toEqual({ shape: [2], data: Float32Array.of(1.5, -2) })
    expect(arrays.get('b')).toEqual({ shape: [1, 2], data: Float32Array.of(-1, 126.5) })
  })

  it('refuses a missing, cut-off or too long shard and other types', () => {
    expect(() => parseFaceApiWeights(manifest, new Map())).toThrow(/Shard one is missing/)
    expect(() => parseFaceApiWeights(manifest, shards(bytes.slice(0, 9)))).toThrow(/cut off/)
    const longer = new Uint8Array([...bytes, 0])
    expect(() => parseFaceApiWeights(manifest, shards(longer))).toThrow(/hold 11 bytes/)
    const other = manifest.replace('float32', 'int32')
    expect(() => parseFaceApiWeights(other, shards())).toThrow(/Weight a is stored as int32/)
  })

  it('refuses what is no manifest', () => {
    const broken = ['', '[', '{}', '[{}]', '[{"paths":["one"],"weights":[{"name":"a"}]}]', '[null]']
    const negative = manifest.replace('[2]', '[-2]')
    for (const text of [...broken, negative]) {
      expect(() => parseFaceApiWeights(text, shards())).toThrow(/no manifest of face-api/)
    }
  })
})
