import { describe, expect, it } from 'vitest'
import { isFaceError } from '../../core/errors.ts'
import { findModel, parseManifest } from './manifest.ts'

const record = {
  id: 'mine',
  task: 'embedder',
  title: 'My embedder',
  sources: [{ kind: 'file', formats: ['onnx'], hint: 'mine.onnx' }],
  builder: 'onnxEmbedder',
  files: [{ name: 'embedder.onnx' }],
  license: 'mine',
  trainingData: 'mine',
  notes: '',
  dimension: 256,
  input: {
    sizePx: 112,
    referencePoints: [
      [38, 51],
      [73, 51],
      [56, 71],
      [41, 92],
      [70, 92],
    ],
    channelOrder: 'rgb',
    normalization: { kind: 'affine', mean: [0, 0, 0], std: [255, 255, 255] },
  },
}

function parse(change: object) {
  return parseManifest(
    JSON.stringify({ version: 1, models: [{ ...record, ...change }] }),
    'models/manifest.json',
  )
}

describe('parseManifest', () => {
  it('accepts a valid record', () => {
    expect(parse({})).toEqual([record])
  })

  it('accepts an embedder that takes the box of the face, without points', () => {
    const { referencePoints: _, ...rest } = record.input
    const [model] = parse({ input: { ...rest, crop: 'box' } })
    expect(model?.input?.crop).toBe('box')
  })

  it('accepts an embedder that takes the turned box with a margin, without points', () => {
    const { referencePoints: _, ...rest } = record.input
    const [model] = parse({ input: { ...rest, crop: 'turnedBox', margin: 0.3 } })
    expect(model?.input).toMatchObject({ crop: 'turnedBox', margin: 0.3 })
  })

  const npm = {
    kind: 'npm',
    package: 'pack@1.0.0',
    integrity: `sha512-${'A'.repeat(86)}==`,
    files: ['package/model.onnx'],
  }
  const refused: readonly [string, object][] = [
    ['an id that is a path', { id: '../evil' }],
    ['a file name that is a path', { files: [{ name: '../embedder.onnx' }] }],
    ['a package that is an option', { sources: [{ ...npm, package: '--registry=http://x' }] }],
    ['an archive path that climbs', { sources: [{ ...npm, files: ['package/../../x'] }] }],
    ['a weak integrity', { sources: [{ ...npm, integrity: 'sha1-AAAA' }] }],
    ['an unknown builder', { builder: 'magic' }],
    ['an unknown field', { colour: 'red' }],
    ['an embedder without a dimension', { dimension: undefined }],
    ['an embedder without an input', { input: undefined }],
    ['aligned crops without points', { input: { ...record.input, referencePoints: undefined } }],
    ['points for crops that are not aligned', { input: { ...record.input, crop: 'box' } }],
    [
      'a turned box without a margin',
      { input: { ...record.input, referencePoints: undefined, crop: 'turnedBox' } },
    ],
    ['an unknown way to crop', { input: { ...record.input, crop: 'round' } }],
  ]
  for (const [what, change] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => parse(change)).toThrow(/models\/manifest\.json: /)
    })
  }

  it('refuses what is not JSON', () => {
    expect(() => parseManifest('{', 'mine.json')).toThrow(/mine\.json: is not JSON/)
  })
})

describe('findModel', () => {
  it('names the known models', () => {
    const manifest = { models: parse({}) }
    expect(findModel(manifest, 'mine').title).toBe('My embedder')
    try {
      findModel(manifest, 'other')
      expect.unreachable()
    } catch (error) {
      expect(isFaceError(error, 'unknownModel') && error.info).toEqual({ known: ['mine'] })
    }
  })
})
