import { describe, expect, it } from 'vitest'
import { parseNormalization, toId } from './models-import.ts'

describe('toId', () => {
  it('makes an id of a file name', () => {
    expect(toId('/tmp/Glint R100.onnx')).toBe('glint-r100')
    expect(toId('adaface_ir50-MS1MV2.ONNX')).toBe('adaface-ir50-ms1mv2')
  })
})

describe('parseNormalization', () => {
  it('reads mean and std, or that the file does it', () => {
    expect(parseNormalization('127.5,128')).toEqual({ mean: 127.5, std: 128 })
    expect(parseNormalization('0, 255')).toEqual({ mean: 0, std: 255 })
    expect(parseNormalization('in-graph')).toBe('inGraph')
  })

  it('refuses what it cannot divide by', () => {
    for (const text of ['', '127.5', '127.5,0', '1,2,3', 'a,b', '127.5,-1']) {
      expect(() => parseNormalization(text), text).toThrow(/mean and std such as 127.5,127.5/)
    }
  })
})
