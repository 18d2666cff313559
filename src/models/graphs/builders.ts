import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { FaceError } from '../../core/errors.ts'
import type { BuilderName, EmbedderInput, ModelRecord } from '../manifest-types.ts'
import { parseFaceApiWeights } from '../weights/face-api.ts'
import type { NamedArrays } from '../weights/named-array.ts'
import { loadNamedArrays } from '../weights/named-array-files.ts'
import { buildDlibResnet } from './dlib-resnet.ts'
import { buildFacenet } from './facenet.ts'
import { buildMtcnn } from './mtcnn.ts'
import { buildOnnxEmbedder } from './onnx-embedder.ts'

/** Name of the file of every embedder. */
export const EMBEDDER_FILE = 'embedder.onnx'

type Builder = (record: ModelRecord, paths: readonly string[]) => Promise<Map<string, Uint8Array>>

function requireEmbedder(record: ModelRecord): { input: EmbedderInput; dimension: number } {
  if (!record.input || !record.dimension) {
    throw new FaceError('invalidConfig', {
      detail: `models/manifest.json: model ${record.id} needs "input" and "dimension".`,
    })
  }
  return { input: record.input, dimension: record.dimension }
}

function onlyPath(paths: readonly string[]): string {
  const path = paths[0]
  if (path === undefined || paths.length !== 1) {
    throw new FaceError('modelImportFailed', {
      detail: `It takes one source file, got ${paths.length}.`,
    })
  }
  return path
}

async function loadFaceApi(paths: readonly string[]): Promise<NamedArrays> {
  const manifestPath = paths.find((path) => path.endsWith('.json'))
  if (!manifestPath) {
    throw new FaceError('modelImportFailed', { detail: 'The weights manifest is missing.' })
  }
  const shards = new Map<string, Uint8Array>()
  for (const path of paths) {
    if (path !== manifestPath) shards.set(basename(path), await readFile(path))
  }
  return parseFaceApiWeights(await readFile(manifestPath, 'utf8'), shards)
}

const builders: Readonly<Record<BuilderName, Builder>> = {
  mtcnn: async (_record, paths) => buildMtcnn(await loadFaceApi(paths)),
  onnxEmbedder: async (record, paths) => {
    const { input, dimension } = requireEmbedder(record)
    const named = record.outputName === undefined ? {} : { outputName: record.outputName }
    const embedding = { dimension, ...named }
    const bytes = await readFile(onlyPath(paths))
    return new Map([[EMBEDDER_FILE, buildOnnxEmbedder(bytes, input, embedding)]])
  },
  facenet: async (record, paths) => {
    const { input, dimension } = requireEmbedder(record)
    const weights = await loadNamedArrays(onlyPath(paths))
    return new Map([[EMBEDDER_FILE, buildFacenet(weights, input, dimension)]])
  },
  dlibResnet: async (record, paths) => {
    const { input, dimension } = requireEmbedder(record)
    const weights = await loadFaceApi(paths)
    return new Map([[EMBEDDER_FILE, buildDlibResnet(weights, input, dimension)]])
  },
}

/**
 * Builds a model's ONNX files from its source files.
 *
 * @param paths  of the source files, in the order of the manifest
 * @returns bytes by file name; the same input always gives the same bytes
 * @throws {FaceError} `modelImportFailed` when a source file does not hold what the model needs
 */
export function buildModelFiles(
  record: ModelRecord,
  paths: readonly string[],
): Promise<Map<string, Uint8Array>> {
  if (record.builder === undefined) {
    throw new FaceError('modelImportFailed', { detail: `${record.id} is made of other models.` })
  }
  return builders[record.builder](record, paths)
}
