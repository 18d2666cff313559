import { FaceError } from '../../core/errors.ts'
import type { EmbedderInput } from '../manifest-types.ts'
import { encodeModel, graphOf, makeValueInfo, parseModel, valueDims } from './onnx.ts'
import {
  flushTinyWeightsInPlace,
  freeBatchInPlace,
  removeIdleInputsInPlace,
  renameValueInPlace,
  rewritePreluInPlace,
  takeRawPixelsInPlace,
} from './rewrites.ts'

/**
 * Names that every built embedder uses. [Note: raw embedding] The output is the vector as the network
 * leaves it: its direction tells who it is, its length how sure the network is that it sees a face.
 * {@link createEmbedder} separates the two.
 */
export const EMBEDDER_INPUT = 'input'
export const EMBEDDER_OUTPUT = 'embedding.raw'

function assertDimension(
  actual: string | number | undefined,
  expected: number,
  what: string,
): void {
  // A symbolic dimension cannot be checked before the model runs.
  if (typeof actual === 'number' && actual !== expected) {
    throw new FaceError('modelImportFailed', {
      detail: `Its ${what} is ${actual}, expected ${expected}.`,
    })
  }
}

/**
 * Turns a face embedder's `.onnx` file into the form that Face Watcher runs: `input` float32
 * [N, 3, s, s], RGB 0..255, planar -> `embedding.raw` float32 [N, d] ([Note: raw embedding]). The same
 * network, with normalisation and channel order inside, a free batch size, without PRelu
 * and without weights that only cost time ([Note: denormal weights] in rewrites.ts).
 *
 * @param bytes      the original file; one image input, one output
 * @param input      what the original network expects
 * @param embedding  its dimension, and the name of the output where there are several
 * @throws {FaceError} `modelImportFailed` when it is not an ONNX file or has another input or output
 */
export function buildOnnxEmbedder(
  bytes: Uint8Array,
  input: EmbedderInput,
  { dimension, outputName }: { readonly dimension: number; readonly outputName?: string },
): Uint8Array {
  const { normalization, channelOrder, sizePx } = input
  if (normalization.kind === 'perImage') {
    throw new FaceError('modelImportFailed', {
      detail: 'Normalisation `perImage` is not supported for ONNX embedders.',
    })
  }
  const model = parseModel(bytes)
  const graph = graphOf(model)
  removeIdleInputsInPlace(graph)
  if (outputName !== undefined) {
    graph.output = graph.output.filter(({ name }) => name === outputName)
  }
  const [image, output] = [graph.input[0], graph.output[0]]
  if (!image?.name || !output?.name || graph.input.length !== 1 || graph.output.length !== 1) {
    throw new FaceError('modelImportFailed', {
      detail: `It has ${graph.input.length} inputs and ${graph.output.length} outputs, expected one of each.`,
    })
  }
  const dims = valueDims(image)
  assertDimension(dims[1], 3, 'number of input channels')
  assertDimension(dims[2], sizePx, 'input height')
  assertDimension(dims[3], sizePx, 'input width')
  assertDimension(valueDims(output)[1], dimension, 'embedding dimension')

  renameValueInPlace(graph, image.name, EMBEDDER_INPUT)
  renameValueInPlace(graph, output.name, EMBEDDER_OUTPUT)
  flushTinyWeightsInPlace(graph)
  rewritePreluInPlace(graph)
  // A symbolic batch is free already, whatever its reshapes are computed from.
  if (dims[0] === '' || typeof dims[0] === 'number') freeBatchInPlace(graph)
  takeRawPixelsInPlace(graph, EMBEDDER_INPUT, {
    channelOrder,
    ...(normalization.kind === 'affine' ? { affine: normalization } : {}),
  })
  graph.input = [makeValueInfo(EMBEDDER_INPUT, ['N', 3, sizePx, sizePx])]
  graph.output = [makeValueInfo(EMBEDDER_OUTPUT, ['N', dimension])]
  // Intermediate shapes of the original are of batch size 1.
  graph.valueInfo = []
  return encodeModel(model)
}
