import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { normalizeInPlace } from '../../src/core/similarity.ts'
import {
  elementType,
  encodeModel,
  makeFloatTensor,
  makeModel,
  makeNode,
  makeValueInfo,
  type Node,
  type ValueInfo,
} from '../../src/models/graphs/onnx.ts'
import { createModelInstaller } from '../../src/models/install.ts'
import { loadManifest } from '../../src/models/manifest.ts'
import type { OwnModelOptions } from '../../src/models/own-import.ts'
import { parseOwnRecord, readOwnRecord, saveOwnRecord } from '../../src/models/own-record.ts'
import { makePixels, maxDifference, runModel } from '../helpers/onnx.ts'

const SIDE = 112
const DIMENSION = 192
const IMAGE = [1, 3, SIDE, SIDE]

let root: string
let dataDir: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'face-watcher-own-'))
})
beforeEach(async () => {
  dataDir = await mkdtemp(join(root, 'data-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

interface NetOptions {
  readonly image?: ValueInfo
  readonly outputs?: readonly ValueInfo[]
  /** Before and behind the pool. */
  readonly first?: readonly Node[]
  readonly last?: readonly Node[]
}

/** Means of 8 x 8 fields of the three channels: the smallest network that tells crops apart. */
async function writeNet(name: string, options: NetOptions = {}): Promise<string> {
  const { first = [], last = [] } = options
  const file = join(root, name)
  const input = first.length > 0 ? 'prepared' : 'data'
  const bytes = encodeModel(
    makeModel({
      nodes: [
        ...first,
        makeNode(
          'AveragePool',
          { inputs: [input], outputs: ['pooled'] },
          { kernel_shape: [14, 14], strides: [14, 14] },
        ),
        makeNode('Flatten', { inputs: ['pooled'], outputs: ['out'] }),
        ...last,
      ],
      initializers: [
        makeFloatTensor('mean', [1], [127.5]),
        makeFloatTensor('scale', [1], [1 / 128]),
      ],
      inputs: [options.image ?? makeValueInfo('data', IMAGE)],
      outputs: options.outputs ?? [makeValueInfo('out', [1, DIMENSION])],
    }),
  )
  await writeFile(file, bytes)
  return file
}

const inGraph = [
  makeNode('Sub', { inputs: ['data', 'mean'], outputs: ['centred'] }),
  makeNode('Mul', { inputs: ['centred', 'scale'], outputs: ['prepared'] }),
]

async function makeInstaller() {
  return createModelInstaller({ dataDir, manifest: await loadManifest({ dataDir }) })
}

async function importOwn(file: string, options: Omit<OwnModelOptions, 'id'> = {}, id = 'mine') {
  return (await makeInstaller()).importOwn(file, { ...options, id })
}

describe('importOwn', () => {
  it('brings in an embedder with what its file tells and what is usual', async () => {
    const record = await importOwn(await writeNet('plain.onnx'), { title: 'Mine' })
    expect(record).toMatchObject({ id: 'mine', title: 'Mine', dimension: DIMENSION })
    expect(record.input).toMatchObject({ sizePx: 112, channelOrder: 'rgb' })
    expect(record.input?.normalization).toMatchObject({
      kind: 'affine',
      mean: [127.5, 127.5, 127.5],
    })
    const { models } = await loadManifest({ dataDir })
    expect(models.at(-1)).toEqual(record)
    const installer = await makeInstaller()
    expect(await installer.verify(['mine'])).toEqual([{ id: 'mine', status: 'ok' }])
    expect((await readdir(join(dataDir, 'models', 'mine'))).sort()).toEqual([
      'embedder.onnx',
      'model.json',
      'own-model.json',
    ])
  })

  it('builds a network that takes RGB pixels as they are', async () => {
    const normalization = { mean: 100, std: 50 }
    await importOwn(await writeNet('bgr.onnx'), { channelOrder: 'bgr', normalization })
    const data = makePixels(3 * SIDE * SIDE, 5)
    const path = join(dataDir, 'models', 'mine', 'embedder.onnx')
    const outputs = await runModel(path, { input: { data, dims: IMAGE } })
    const plane = SIDE * SIDE
    const bgr = [2, 1, 0].flatMap((channel) => [
      ...data.subarray(channel * plane, (channel + 1) * plane),
    ])
    const outside = Float32Array.from(bgr, (pixel) => (pixel - 100) / 50)
    const original = await runModel(join(root, 'bgr.onnx'), {
      data: { data: outside, dims: IMAGE },
    })
    // Observed 2e-7, bound 1e-5.
    expect(maxDifference(outputs['embedding.raw']!.data, original.out!.data)).toBeLessThan(1e-5)
    expect(normalizeInPlace(outputs['embedding.raw']!.data)).toBeGreaterThan(0)
  })

  it('sees that a file normalises itself', async () => {
    const record = await importOwn(await writeNet('in-graph.onnx', { first: inGraph }))
    expect(record.input?.normalization).toEqual({ kind: 'inGraph' })
  })

  it('takes the embedding among several outputs, or the one that is named', async () => {
    const outputs = [makeValueInfo('out', [1, DIMENSION]), makeValueInfo('length', [1, 1])]
    const last = [makeNode('ReduceMean', { inputs: ['out'], outputs: ['length'] }, { keepdims: 1 })]
    const file = await writeNet('two.onnx', { outputs, last })
    await expect(importOwn(file)).resolves.toMatchObject({ dimension: DIMENSION })
    const twice = [makeValueInfo('out', [1, DIMENSION]), makeValueInfo('again', [1, DIMENSION])]
    const copy = [makeNode('Neg', { inputs: ['out'], outputs: ['again'] })]
    const both = await writeNet('both.onnx', { outputs: twice, last: copy })
    await expect(importOwn(both, {}, 'both')).rejects.toThrow(/Name the embedding .* out, again/)
    const named = await importOwn(both, { output: 'again' }, 'both')
    expect(named.outputName).toBe('again')
  })

  it('asks for a dimension that the file does not tell, and checks it by a run', async () => {
    const file = await writeNet('open.onnx', { outputs: [makeValueInfo('out', ['n', 'd'])] })
    await expect(importOwn(file)).rejects.toThrow(/does not tell the dimension/)
    await expect(importOwn(file, { dimension: 512 })).rejects.toThrow(/not answer 512 numbers/)
    await expect(importOwn(file, { dimension: DIMENSION })).resolves.toBeDefined()
  })

  const refused: readonly [string, NetOptions, RegExp][] = [
    ['another size', { image: makeValueInfo('data', [1, 3, 160, 160]) }, /\[1, 3, 160, 160\], exp/],
    ['channels last', { image: makeValueInfo('data', [1, 112, 112, 3]) }, /channels come last/],
    ['bytes', { image: makeValueInfo('data', IMAGE, elementType.uint8) }, /not of type float32/],
    [
      'no embedding',
      { outputs: [makeValueInfo('out', [1, 2])] },
      /None of its outputs .* \[1, 2\]/,
    ],
    [
      'one answer for all',
      {
        last: [makeNode('Sub', { inputs: ['out', 'out'], outputs: ['same'] })],
        outputs: [makeValueInfo('same', [1, DIMENSION])],
      },
      /two different crops the same embedding/,
    ],
    [
      'an operator that nobody knows',
      {
        last: [makeNode('Magic', { inputs: ['out'], outputs: ['spell'] })],
        outputs: [makeValueInfo('spell', [1, DIMENSION])],
      },
      /does not run/,
    ],
  ]
  for (const [what, options, message] of refused) {
    it(`refuses ${what} and leaves nothing`, async () => {
      const file = await writeNet('refused.onnx', options)
      await expect(importOwn(file)).rejects.toMatchObject({
        code: 'modelImportFailed',
        message: expect.stringMatching(message),
      })
      const { models } = await loadManifest({ dataDir })
      expect(models.some(({ id }) => id === 'mine')).toBe(false)
      expect(await readdir(join(dataDir, 'models')).catch(() => [])).toEqual([])
    })
  }

  it('refuses what is no ONNX file', async () => {
    const file = join(root, 'text.onnx')
    await writeFile(file, 'hello')
    await expect(importOwn(file)).rejects.toThrow(/not an ONNX file/)
  })

  it('never puts another network under an id, and repairs the same one with its curve', async () => {
    const file = await writeNet('again.onnx')
    const record = await importOwn(file)
    await expect(importOwn(file, {}, 'sface')).rejects.toThrow(/another model has this id/)
    await expect(importOwn(file, { channelOrder: 'bgr' })).rejects.toThrow(/models remove mine/)
    const curve = (await loadManifest()).models.find(({ id }) => id === 'sface')!.fmrCurve!
    await saveOwnRecord(dataDir, { ...record, fmrCurve: curve })
    await writeFile(join(dataDir, 'models', 'mine', 'embedder.onnx'), 'torn')
    await importOwn(file)
    expect(await (await makeInstaller()).verify(['mine'])).toMatchObject([{ status: 'ok' }])
    expect((await readOwnRecord(dataDir, 'mine'))?.fmrCurve).toEqual(curve)
  })

  it('keeps its record when it is imported again by its id', async () => {
    const file = await writeNet('by-id.onnx')
    const record = await importOwn(file)
    await (await makeInstaller()).import('mine', file)
    expect(await readOwnRecord(dataDir, 'mine')).toEqual(record)
    const other = await writeNet('other.onnx', { first: inGraph })
    await expect((await makeInstaller()).import('mine', other)).rejects.toThrow(/not the expected/)
  })
})

describe('remove', () => {
  it('takes the model and its record away', async () => {
    await importOwn(await writeNet('gone.onnx'))
    await (await makeInstaller()).remove('mine')
    expect((await loadManifest({ dataDir })).models.some(({ id }) => id === 'mine')).toBe(false)
    expect(await readdir(join(dataDir, 'models'))).toEqual([])
  })
})

describe('parseOwnRecord', () => {
  it('names the file and what is wrong with it', async () => {
    await importOwn(await writeNet('record.onnx'))
    const text = await readFile(join(dataDir, 'models', 'mine', 'own-model.json'), 'utf8')
    expect(parseOwnRecord(text, 'mine').id).toBe('mine')
    expect(() => parseOwnRecord(text, 'other')).toThrow(/other\/own-model\.json: is of model mine/)
    expect(() => parseOwnRecord('{', 'mine')).toThrow(/own-model\.json: is not JSON/)
    const broken = text.replace('"dimension": 192', '"dimension": "many"')
    expect(() => parseOwnRecord(broken, 'mine')).toThrow(/own-model\.json: \/model\/dimension/)
    await writeFile(join(dataDir, 'models', 'mine', 'own-model.json'), broken)
    await expect(loadManifest({ dataDir })).rejects.toMatchObject({ code: 'invalidConfig' })
  })
})
