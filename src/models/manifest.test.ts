import { describe, expect, it } from 'vitest'
import { isFaceError } from '../core/errors.ts'
import { findModel, findParts, findPartsProblem, parseManifest } from './manifest.ts'
import type { ModelRecord } from './manifest-types.ts'

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
  const fused = {
    parts: [
      { model: 'one', weight: 0.4 },
      { model: 'two', weight: 0.6 },
    ],
    ...{ sources: [], files: [], builder: undefined, input: undefined },
  }
  const refusedParts: typeof refused = [
    ['parts beside a builder', { ...fused, builder: 'onnxEmbedder' }],
    ['parts beside files', { ...fused, files: record.files }],
    ['a single part', { ...fused, parts: [{ model: 'one', weight: 1 }] }],
    ['a model without parts, builder and files', { ...fused, parts: undefined }],
    ['a detector of parts', { ...fused, task: 'detector' }],
  ]

  it('accepts a model that is made of parts', () => {
    expect(parse(fused)[0]?.parts).toEqual(fused.parts)
  })

  for (const [what, change] of [...refused, ...refusedParts]) {
    it(`refuses ${what}`, () => {
      expect(() => parse(change)).toThrow(/models\/manifest\.json: /)
    })
  }

  it('refuses what is not JSON', () => {
    expect(() => parseManifest('{', 'mine.json')).toThrow(/mine\.json: is not JSON/)
  })
})

describe('findPartsProblem', () => {
  const parts = ['one', 'two'].map((id) => parse({ id })[0]!)
  const problemOf = (change: object, others = parts) => {
    const model = { ...parse({ id: 'both' })[0]!, dimension: 512, parts: weighted(0.4), ...change }
    return findPartsProblem([...others, model], model)
  }
  const weighted = (weight: number, model = 'one') => [
    { model, weight },
    { model: 'two', weight: 0.6 },
  ]

  it('has nothing against parts with one crop whose weights make a whole', () => {
    expect(problemOf({})).toBeUndefined()
  })

  it('tells what does not fit', () => {
    expect(problemOf({ parts: weighted(0.5) })).toMatch(/weights add up to 1\.1/)
    expect(problemOf({ parts: weighted(0.4, 'nobody') })).toMatch(/its part nobody is not an/)
    const nested = { parts: weighted(0.4, 'both'), input: undefined }
    expect(problemOf(nested)).toMatch(/its part both is not an embedder with an input/)
    expect(problemOf({ dimension: 640 })).toMatch(/have 512 dimensions, not 640/)
    const [one, two] = parts as [ModelRecord, ModelRecord]
    const input = { ...two.input!, sizePx: 160 }
    expect(problemOf({}, [one, { ...two, input }])).toMatch(/one size with one set of points/)
    const turned = (margin: number) =>
      ({ ...parse({})[0]!.input!, crop: 'turnedBox', margin }) as never
    const margins = [one, two].map((part, i) => ({ ...part, input: turned(i / 2) }))
    expect(problemOf({}, margins)).toMatch(/one size with one set of points/)
    const box = { ...two, input: { ...parse({})[0]!.input!, crop: 'box' } as never }
    expect(problemOf({}, [one, box])).toMatch(/one size with one set of points/)
  })
})

describe('findParts', () => {
  it('answers the parts of a model, or itself', () => {
    const models = ['one', 'two'].map((id) => parse({ id })[0]!)
    const both = { ...parse({ ...fusedOf('one', 'two') })[0]!, id: 'both' }
    const manifest = { models: [...models, both] }
    expect(findParts(manifest, 'both').map(({ id }) => id)).toEqual(['one', 'two'])
    expect(findParts(manifest, 'two').map(({ id }) => id)).toEqual(['two'])
    expect(() => findParts(manifest, 'three')).toThrow(/one, two, both/)
  })

  function fusedOf(...ids: string[]): object {
    return {
      parts: ids.map((model) => ({ model, weight: 0.5 })),
      ...{ sources: [], files: [], builder: undefined, input: undefined },
    }
  }
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
