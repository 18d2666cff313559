import type { onnx } from 'onnx-proto'
import onnxProto from 'onnx-proto'
import { FaceError } from '../../core/errors.ts'

const { ModelProto, NodeProto, TensorProto, ValueInfoProto, AttributeProto } = onnxProto.onnx

export type Graph = onnx.GraphProto
export type Model = onnx.ModelProto
export type Node = onnx.NodeProto
export type Tensor = onnx.TensorProto
export type ValueInfo = onnx.ValueInfoProto

/** Values of TensorProto.DataType (onnx.proto). */
export const elementType = { float32: 1, uint8: 2, int64: 7 } as const

/** Values of AttributeProto.AttributeType (onnx.proto). */
const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const

/** onnxruntime 1.30 reads it; old enough for other readers too. */
const IR_VERSION = 8

/** Resize with `antialias` needs 18; 19 is what the graphs were measured with. */
const DEFAULT_OPSET = 19

/** A float attribute; a plain number is an int attribute. */
export interface FloatAttribute {
  readonly float: number
}

export type AttributeValue = number | string | readonly number[] | FloatAttribute

/** The parts of a graph. Names connect nodes, initializers, inputs and outputs. */
export interface GraphParts {
  readonly nodes: readonly Node[]
  readonly initializers: readonly Tensor[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
}

function toAttribute(name: string, value: AttributeValue): onnx.AttributeProto {
  if (typeof value === 'number') {
    return AttributeProto.create({ name, type: attributeType.int, i: value })
  }
  if (typeof value === 'string') {
    return AttributeProto.create({ name, type: attributeType.string, s: Buffer.from(value) })
  }
  if ('float' in value) {
    return AttributeProto.create({ name, type: attributeType.float, f: value.float })
  }
  return AttributeProto.create({ name, type: attributeType.ints, ints: [...value] })
}

/**
 * A node; it is named after its first output.
 *
 * @param inputs  value names; '' means an optional input that is left out
 */
export function makeNode(
  opType: string,
  io: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
  attributes: Readonly<Record<string, AttributeValue>> = {},
): Node {
  return NodeProto.create({
    opType,
    name: `${io.outputs[0]}_${opType}`,
    input: [...io.inputs],
    output: [...io.outputs],
    attribute: Object.entries(attributes).map(([name, value]) => toAttribute(name, value)),
  })
}

function toRawBytes(data: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength))
}

/** A float32 initializer. @param dims  [] for a scalar */
export function makeFloatTensor(
  name: string,
  dims: readonly number[],
  data: Float32Array | readonly number[],
): Tensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data)
  return TensorProto.create({
    name,
    dims: [...dims],
    dataType: elementType.float32,
    rawData: toRawBytes(values),
  })
}

/** A one-dimensional int64 initializer. */
export function makeInt64Tensor(name: string, values: readonly number[]): Tensor {
  return TensorProto.create({
    name,
    dims: [values.length],
    dataType: elementType.int64,
    rawData: toRawBytes(BigInt64Array.from(values.map(BigInt))),
  })
}

/** Declares a graph input or output. @param dims  a string is a symbolic dimension */
export function makeValueInfo(
  name: string,
  dims: readonly (number | string)[],
  type: number = elementType.float32,
): ValueInfo {
  const dim = dims.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d }))
  return ValueInfoProto.create({ name, type: { tensorType: { elemType: type, shape: { dim } } } })
}

/** A model of one graph in the default operator set. */
export function makeModel(parts: GraphParts, opset: number = DEFAULT_OPSET): Model {
  return ModelProto.create({
    irVersion: IR_VERSION,
    producerName: 'face-watcher',
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'graph',
      node: [...parts.nodes],
      initializer: [...parts.initializers],
      input: [...parts.inputs],
      output: [...parts.outputs],
    },
  })
}

/** The bytes of an `.onnx` file; the same model always gives the same bytes. */
export function encodeModel(model: Model): Uint8Array {
  // A copy: protobufjs answers a view into its pool, whose buffer must not be handed out.
  return Uint8Array.from(ModelProto.encode(model).finish())
}

/**
 * Reads an `.onnx` file.
 *
 * @throws {FaceError} `modelImportFailed` when the bytes are not an ONNX model
 */
export function parseModel(bytes: Uint8Array): Model {
  let model: Model
  try {
    model = ModelProto.decode(bytes)
  } catch (cause) {
    throw new FaceError('modelImportFailed', { detail: 'It is not an ONNX file.', cause })
  }
  if (!model.graph?.node?.length || !model.graph.output?.length) {
    throw new FaceError('modelImportFailed', { detail: 'It is not an ONNX file with a graph.' })
  }
  return model
}

/** The model's graph; {@link parseModel} and {@link makeModel} have checked that there is one. */
export function graphOf(model: Model): Graph {
  return model.graph as Graph
}

function toNumber(value: number | { toNumber(): number }): number {
  return typeof value === 'number' ? value : value.toNumber()
}

/** Dimensions of an initializer. */
export function tensorDims(tensor: Tensor): number[] {
  return tensor.dims.map(toNumber)
}

/**
 * Values of a float32 initializer, row-major, as a copy.
 *
 * @throws {FaceError} `modelImportFailed` when its element type is another one
 */
export function tensorFloats(tensor: Tensor): Float32Array {
  if (tensor.dataType !== elementType.float32) {
    throw new FaceError('modelImportFailed', { detail: `Weight ${tensor.name} is not float32.` })
  }
  const raw = tensor.rawData
  if (!raw?.length) return Float32Array.from(tensor.floatData)
  // A copy also aligns: protobuf's bytes start anywhere in the file's buffer.
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength))
}

/** Values of an int64 initializer. */
export function tensorInts(tensor: Tensor): number[] {
  const raw = tensor.rawData
  if (!raw?.length) return tensor.int64Data.map(toNumber)
  const buffer = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength)
  return Array.from(new BigInt64Array(buffer), Number)
}

/** Value of an `int` attribute, or `fallback`. */
export function attributeInt(node: Node, name: string, fallback: number): number {
  const attribute = node.attribute.find((a) => a.name === name)
  return attribute?.i === undefined || attribute.i === null ? fallback : toNumber(attribute.i)
}

/** Dimensions of a declared input or output; a symbolic or unknown one is its name or ''. */
export function valueDims(info: onnx.IValueInfoProto): (number | string)[] {
  const dims = info.type?.tensorType?.shape?.dim ?? []
  // Own properties only: protobuf's prototype answers 0 for a field that is not there.
  return dims.map((d) =>
    Object.hasOwn(d, 'dimValue') && d.dimValue ? toNumber(d.dimValue) : (d.dimParam ?? ''),
  )
}
