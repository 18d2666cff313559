import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import hdf5 from 'h5wasm/node'
import { exposeRawEmbedding } from '../../../src/models/graphs/former-output.ts'
import { inspectEmbedder } from '../../../src/models/graphs/inspect-embedder.ts'
import {
  encodeModel,
  makeFloatTensor,
  makeInt64Tensor,
  makeModel,
  makeNode,
  makeValueInfo,
} from '../../../src/models/graphs/onnx.ts'
import { buildOnnxEmbedder } from '../../../src/models/graphs/onnx-embedder.ts'
import { parseManifest } from '../../../src/models/manifest.ts'
import type { ModelRecord } from '../../../src/models/manifest-types.ts'
import { formatOwnRecord, parseOwnRecord } from '../../../src/models/own-record.ts'
import { parseFaceApiWeights } from '../../../src/models/weights/face-api.ts'
import { loadKerasWeights, parseNpz } from '../../../src/models/weights/named-array-files.ts'
import { parseNpy } from '../../../src/models/weights/npy.ts'
import type { FuzzTarget } from '../target.ts'

const importFailed = ['modelImportFailed'] as const

function makeNpy(header: string, bytes: number): Uint8Array {
  const padded = `${header.padEnd(117)}\n`
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length, 0])
  return new Uint8Array(Buffer.concat([prefix, Buffer.from(padded), Buffer.alloc(bytes, 63)]))
}

const npyFiles = [
  makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24),
  makeNpy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2, 2), }", 64),
  makeNpy("{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }", 8),
  makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4),
]

const shards = ['one', 'two'].map((path) => ({ path, bytes: Buffer.alloc(5, 1) }))
const weights = [
  { name: 'a', shape: [2], dtype: 'float32' },
  {
    name: 'b',
    shape: [1, 2],
    dtype: 'float32',
    quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
  },
]

function makeEmbedder(): Uint8Array {
  const image = makeValueInfo('data', [1, 3, 112, 112])
  const nodes = [
    makeNode('Sub', { inputs: ['data', 'mean'], outputs: ['centred'] }),
    makeNode('Mul', { inputs: ['centred', 'scale'], outputs: ['scaled'] }),
    makeNode(
      'Conv',
      { inputs: ['scaled', 'kernel'], outputs: ['conv'] },
      { strides: [16, 16], group: 1 },
    ),
    makeNode('PRelu', { inputs: ['conv', 'slope'], outputs: ['relu'] }),
    makeNode('Reshape', { inputs: ['relu', 'shape'], outputs: ['flat'] }),
    makeNode('LpNormalization', { inputs: ['flat'], outputs: ['embedding'] }, { axis: 1, p: 2 }),
  ]
  return encodeModel(
    makeModel({
      nodes,
      initializers: [
        makeFloatTensor('mean', [1], [127.5]),
        makeFloatTensor('scale', [1], [1 / 128]),
        makeFloatTensor('kernel', [2, 3, 1, 1], [1, 2, 3, 4, 1e-20, 6]),
        makeFloatTensor('slope', [2, 1, 1], [0.25, -0.5]),
        makeInt64Tensor('shape', [1, 98]),
      ],
      inputs: [image],
      outputs: [makeValueInfo('embedding', [1, 98])],
    }),
  )
}

const bgr = {
  ...{ sizePx: 112, channelOrder: 'bgr', crop: 'aligned', referencePoints: [] },
  normalization: { kind: 'affine', mean: [127.5, 127.5, 127.5], std: [128, 128, 128] },
} as unknown as Parameters<typeof buildOnnxEmbedder>[1]

/** A Keras file of two layers, written by the HDF5 library. */
async function makeKerasFile(): Promise<Uint8Array> {
  await hdf5.ready
  const path = join(mkdtempSync(join(tmpdir(), 'face-watcher-hdf5-')), 'weights.h5')
  const file = new hdf5.File(path, 'w')
  const layers = file.create_group('model_weights')
  for (const name of ['conv', 'dense']) {
    const group = layers.create_group(name).create_group(name)
    group.create_dataset({ name: 'kernel:0', data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] })
  }
  file.flush()
  file.close()
  return new Uint8Array(readFileSync(path))
}

const builtIn = new URL('../../../models/manifest.json', import.meta.url)
const readBuiltIn = () => parseManifest(readFileSync(builtIn, 'utf8'), 'manifest.json')

export const modelTargets: readonly FuzzTarget[] = [
  {
    name: 'npy',
    refusals: importFailed,
    words: ["'descr'", "'<f8'", "'fortran_order': True", '(99999999999,)', '(0, 4294967296)'],
    seeds: async () => npyFiles,
    read: (input) => parseNpy('weights', input),
  },
  {
    name: 'npz',
    refusals: importFailed,
    words: ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06', '.npy', '__proto__.npy'],
    seeds: async () => [
      zipSync({ 'a.npy': npyFiles[0]!, 'b.npy': npyFiles[1]! }),
      zipSync({ 'a.npy': npyFiles[0]!, 'readme.txt': Buffer.from('x') }, { level: 0 }),
      zipSync({
        'zeros.npy': makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (2048,), }", 8192),
      }),
    ],
    read: (input) => parseNpz(input),
  },
  {
    name: 'hdf5',
    refusals: importFailed,
    seeds: async () => [await makeKerasFile()],
    async read(input) {
      const path = join(tmpdir(), 'weights.h5')
      writeFileSync(path, input)
      await loadKerasWeights(path)
    },
  },
  {
    name: 'face-api-weights',
    refusals: importFailed,
    words: ['"quantization"', '"shape":[4294967296,4294967296]', '"dtype":"uint8"', '"paths"'],
    seeds: async () => [
      Buffer.from(JSON.stringify([{ paths: shards.map(({ path }) => path), weights }])),
      Buffer.from(JSON.stringify([])),
    ],
    read: (input) =>
      parseFaceApiWeights(
        Buffer.from(input).toString(),
        new Map(shards.map(({ path, bytes }) => [path, bytes])),
      ),
  },
  {
    name: 'model-manifest',
    refusals: ['invalidConfig'],
    maxBytes: 65_536,
    seeds: async () =>
      readBuiltIn().map((model) => Buffer.from(JSON.stringify({ version: 1, models: [model] }))),
    read: (input) => parseManifest(Buffer.from(input).toString(), 'manifest.json'),
  },
  {
    name: 'own-record',
    refusals: ['invalidConfig'],
    seeds: async () => {
      const embedder = readBuiltIn().find(({ task, parts }) => task === 'embedder' && !parts)
      return [Buffer.from(formatOwnRecord({ ...embedder, id: 'mine' } as ModelRecord))]
    },
    read: (input) => parseOwnRecord(Buffer.from(input).toString(), 'mine'),
  },
  {
    name: 'onnx',
    refusals: importFailed,
    words: ['Conv', 'PRelu', 'Reshape', 'LpNormalization', 'kernel', 'data', 'embedding'],
    seeds: async () => [makeEmbedder()],
    read(input) {
      const failures: unknown[] = []
      const readers = [
        () => inspectEmbedder(input),
        () => exposeRawEmbedding(input),
        () => buildOnnxEmbedder(input, bgr, { dimension: 98 }),
      ]
      for (const reader of readers) {
        try {
          reader()
        } catch (error) {
          failures.push(error)
        }
      }
      // One that is of another kind than a refusal, before the others.
      const [first] = failures.sort(
        (a, b) => Number('code' in Object(a)) - Number('code' in Object(b)),
      )
      if (first !== undefined) throw first
    },
  },
]
