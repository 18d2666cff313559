import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { FaceError } from '../core/errors.ts'
import type { EmbedderInput, ModelRecord } from './manifest-types.ts'
import { computeFileHash } from './sources/npm.ts'

/** Facts that the user gives about a face embedder; the others are read from the file or taken as usual. */
export interface OwnModelOptions {
  /** Id of the model, and name of its folder. */
  readonly id: string
  /** Title in lists. Default: the id. */
  readonly title?: string
  /** Channel order that the network was trained with. Default `rgb`; no file tells it. */
  readonly channelOrder?: 'rgb' | 'bgr'
  /**
   * (x - mean) / std of pixel values 0 to 255; `inGraph`: the file does it. Default: `inGraph` where
   * the file begins with such nodes, else 127.5 and 127.5.
   */
  readonly normalization?: { readonly mean: number; readonly std: number } | 'inGraph'
  /** Dimension of the embedding, where the file does not tell it. */
  readonly dimension?: number
  /** Name of the output that holds the embedding, where the file has several. */
  readonly output?: string
  readonly license?: string
  readonly trainingData?: string
}

/** Normalisation of ArcFace's published code and of nearly all networks that follow it. */
const USUAL_NORMALIZATION = { mean: 127.5, std: 127.5 } as const

/**
 * Five points of a frontal face in a crop of 112 pixels.
 *
 * @source Deng et al. 2019, CVPR, ArcFace: the alignment of the authors' published code
 */
const ARCFACE_POINTS = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
] as const

function toInput(options: OwnModelOptions, normalizes: boolean): EmbedderInput {
  const { channelOrder = 'rgb', normalization } = options
  const chosen = normalization ?? (normalizes ? 'inGraph' : USUAL_NORMALIZATION)
  const each = (value: number) => [value, value, value]
  return {
    sizePx: 112,
    referencePoints: ARCFACE_POINTS,
    channelOrder,
    normalization:
      chosen === 'inGraph'
        ? { kind: 'inGraph' }
        : { kind: 'affine', mean: each(chosen.mean), std: each(chosen.std) },
  }
}

/**
 * Makes the manifest record of a face embedder that the user has as an `.onnx` file.
 *
 * @param file  one float32 input [n, 3, 112, 112], aligned by ArcFace's five points; an output [n, d]
 * @throws {FaceError} `modelImportFailed` when the file is no such network or does not tell its dimension
 */
export async function describeOwnModel(
  file: string,
  options: OwnModelOptions,
): Promise<ModelRecord> {
  const { inspectEmbedder } = await import('./graphs/inspect-embedder.ts')
  const facts = inspectEmbedder(await readFile(file), options.output)
  const dimension = facts.dimension ?? options.dimension
  if (dimension === undefined) {
    throw new FaceError('modelImportFailed', {
      detail: 'It does not tell the dimension of its embedding; give it.',
    })
  }
  if (options.dimension !== undefined && options.dimension !== dimension) {
    throw new FaceError('modelImportFailed', {
      detail: `Its embedding has ${dimension} dimensions, not ${options.dimension}.`,
    })
  }
  const sha256 = await computeFileHash(file, 'sha256', 'hex')
  return {
    id: options.id,
    task: 'embedder',
    title: options.title ?? options.id,
    sources: [{ kind: 'file', formats: ['onnx'], hint: basename(file), sha256 }],
    builder: 'onnxEmbedder',
    outputName: facts.output,
    files: [{ name: 'embedder.onnx' }],
    license: options.license ?? 'not stated',
    trainingData: options.trainingData ?? 'not stated',
    notes: '',
    dimension,
    input: toInput(options, facts.normalizes),
  }
}

/** Whether two records build the same network, so that their embeddings may be compared. */
export function isSameNetwork(a: ModelRecord, b: ModelRecord): boolean {
  const essence = ({ sources, input, dimension, outputName }: ModelRecord) =>
    JSON.stringify([sources.map((s) => 'sha256' in s && s.sha256), input, dimension, outputName])
  return essence(a) === essence(b)
}

/**
 * Runs a built embedder once on two crops: whether this machine's runtime knows its operators, and
 * whether each face of a batch gets a vector of its own.
 *
 * @param temporary  an existing directory
 * @throws {FaceError} `modelImportFailed`
 */
export async function assertRuns(
  { id, dimension = 0 }: ModelRecord,
  bytes: Uint8Array,
  temporary: string,
): Promise<void> {
  const path = join(temporary, `trial-${id}.onnx`)
  await writeFile(path, bytes)
  const { loadSession } = await import('../vision/runtime.ts')
  const side = 112
  const area = 3 * side * side
  const data = Float32Array.from({ length: 2 * area }, (_, k) =>
    k < area ? k % 251 : 255 - ((k * k) % 241),
  )
  const values = await loadSession({ path, modelId: id, threads: 1 })
    .then((session) => session.run({ input: { data, dims: [2, 3, side, side] } }))
    .then((outputs) => outputs['embedding.raw']?.data)
    .catch((cause: unknown) => {
      throw new FaceError('modelImportFailed', {
        detail: `It does not run on two faces at once: ${(cause as Error).message}`,
        cause,
      })
    })
  if (values?.length !== 2 * dimension || !values.every(Number.isFinite)) {
    throw new FaceError('modelImportFailed', {
      detail: `It does not answer ${dimension} numbers a face.`,
    })
  }
  if (values.subarray(0, dimension).every((value, k) => value === values[dimension + k])) {
    throw new FaceError('modelImportFailed', {
      detail: 'It gives two different crops the same embedding.',
    })
  }
}
