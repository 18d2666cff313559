import { FaceError } from '../../core/errors.ts'
import { elementType, type Graph, graphOf, parseModel, type ValueInfo, valueDims } from './onnx.ts'
import { removeIdleInputsInPlace } from './rewrites.ts'

/** The crop of ArcFace's alignment, pixels: what nearly all five-point embedders take. */
const CROP_SIZE = 112

/** Shorter outputs are lengths, qualities or classes of something else. */
const LEAST_DIMENSION = 32

/** Values of TensorProto.DataLocation (onnx.proto). */
const EXTERNAL_DATA = 1

/** Facts about an embedder that its file states. */
export interface EmbedderFacts {
  /** Dimension of the embedding; `undefined` when the file does not say. */
  readonly dimension: number | undefined
  /** Name of the output that holds the embedding. */
  readonly output: string
  /** Whether its first nodes subtract a constant and multiply or divide: it takes 0 to 255 as they are. */
  readonly normalizes: boolean
}

function refuse(detail: string): never {
  throw new FaceError('modelImportFailed', { detail })
}

function describe(dims: readonly (number | string)[]): string {
  return `[${dims.map((d) => (d === '' ? '?' : d)).join(', ')}]`
}

function assertImageInput(graph: Graph): string {
  const [image] = graph.input
  if (!image?.name || graph.input.length !== 1) {
    return refuse(`It has ${graph.input.length} inputs, expected one, the face crop.`)
  }
  const dims = valueDims(image)
  const expected = `[n, 3, ${CROP_SIZE}, ${CROP_SIZE}]`
  const fits =
    dims.length === 4 &&
    dims[1] === 3 &&
    dims.slice(2).every((side) => typeof side === 'string' || side === CROP_SIZE)
  if (!fits) {
    const channelsLast = dims.length === 4 && dims[3] === 3 ? ' (its channels come last)' : ''
    return refuse(`Its input is ${describe(dims)}${channelsLast}, expected ${expected}.`)
  }
  if (image.type?.tensorType?.elemType !== elementType.float32) {
    return refuse('Its input is not of type float32.')
  }
  return image.name
}

function isEmbedding(output: Pick<ValueInfo, 'type'>): boolean {
  const dims = valueDims(output)
  const last = dims.at(-1)
  if (dims.length > 2 || (dims.length === 1 && dims[0] !== '')) return false
  return typeof last !== 'number' || last >= LEAST_DIMENSION
}

function findEmbedding(graph: Graph, wanted: string | undefined): ValueInfo {
  const outputs = graph.output as ValueInfo[]
  const names = outputs.map(({ name }) => name).join(', ')
  if (wanted !== undefined) {
    const output = outputs.find(({ name }) => name === wanted)
    return output ?? refuse(`It has no output ${wanted}; its outputs are ${names}.`)
  }
  const candidates = outputs.filter(isEmbedding)
  const [only] = candidates
  if (only === undefined) {
    const shapes = outputs.map((output) => `${output.name} ${describe(valueDims(output))}`)
    return refuse(`None of its outputs is an embedding [n, d]: ${shapes.join(', ')}.`)
  }
  if (candidates.length > 1) refuse(`Name the embedding among its outputs: ${names}.`)
  return only
}

/** A subtraction of a constant and a multiplication or division by one, straight behind the input. */
function normalizesInGraph(graph: Graph, input: string): boolean {
  const constants = new Set(graph.initializer.map((tensor) => tensor.name))
  const next = (name: string) => graph.node.filter((node) => node.input?.includes(name))
  const [first, ...others] = next(input)
  if (others.length > 0 || first?.opType !== 'Sub' || !constants.has(first.input?.[1])) return false
  const [second] = next(first.output?.[0] ?? '')
  return second?.opType === 'Mul' || second?.opType === 'Div'
}

/**
 * Reads off a five-point embedder's file what it tells, and refuses what is none.
 *
 * @param bytes   of an `.onnx` file: one float32 input [n, 3, 112, 112], an output [n, d]
 * @param output  name of the embedding where the file has several that could be it
 * @throws {FaceError} `modelImportFailed` saying what differs
 */
export function inspectEmbedder(bytes: Uint8Array, output?: string): EmbedderFacts {
  const graph = graphOf(parseModel(bytes))
  if (graph.initializer.some((tensor) => tensor.dataLocation === EXTERNAL_DATA)) {
    refuse('Its weights lie in another file; save the model as one file.')
  }
  removeIdleInputsInPlace(graph)
  const input = assertImageInput(graph)
  const embedding = findEmbedding(graph, output)
  const last = valueDims(embedding).at(-1)
  return {
    dimension: typeof last === 'number' ? last : undefined,
    output: embedding.name as string,
    normalizes: normalizesInGraph(graph, input),
  }
}
