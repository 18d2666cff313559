import { encodeModel, graphOf, makeValueInfo, type Node, parseModel, valueDims } from './onnx.ts'
import { EMBEDDER_OUTPUT } from './onnx-embedder.ts'
import { renameValueInPlace } from './rewrites.ts'

/** Name of a built embedder's output in the form in which its graph normalised. */
const FORMER_OUTPUT = 'embedding'

/**
 * Turns an embedder's file as versions up to 0.1 built it (its last node normalises) into what is
 * built today ([Note: raw embedding] in onnx-embedder.ts), byte for byte. So an upgrade needs no
 * download.
 *
 * @returns `undefined` when the file is not of that form
 * @throws {FaceError} `modelImportFailed` when it is not an ONNX file
 */
export function exposeRawEmbedding(bytes: Uint8Array): Uint8Array | undefined {
  const model = parseModel(bytes)
  const graph = graphOf(model)
  const last = graph.node.at(-1)
  const output = graph.output[0]
  const raw = last?.input?.[0]
  if (last?.opType !== 'LpNormalization' || output?.name !== FORMER_OUTPUT || raw === undefined) {
    return undefined
  }
  graph.node.pop()
  const source = graph.node.find((node) => node.output?.includes(raw)) as Node | undefined
  // Nodes that were written here are named after their output.
  if (source?.name === `${raw}_${source?.opType}`) {
    source.name = `${EMBEDDER_OUTPUT}_${source.opType}`
  }
  renameValueInPlace(graph, raw, EMBEDDER_OUTPUT)
  graph.output = [makeValueInfo(EMBEDDER_OUTPUT, valueDims(output))]
  return encodeModel(model)
}
