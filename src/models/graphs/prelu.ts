import { makeFloatTensor, makeNode, type Node, type Tensor } from './onnx.ts'

export interface PreluSpec {
  /** Name of the input's value; `output` is that of the result. */
  readonly input: string
  readonly output: string
  readonly slope: Float32Array
  /** How the slope meets the input: [c, 1, 1] for [n, c, h, w], [c] for [n, c]. */
  readonly dims: readonly number[]
}

/**
 * max(0, x) + slope * min(0, x) as slope * x + Relu((1 - slope) * x).
 *
 * [Note: PRelu is slow] ONNX Runtime's CPU provider runs PRelu unvectorised. Of the nodes here it
 * makes two passes over blocked data: it takes a product with constants for a depthwise
 * convolution, and joins the Relu to the first and the sum to the second.
 *
 * A slope above 1 bends the other way: its part is slope * x - Relu((slope - 1) * x).
 */
export function writePrelu({ input, output, slope, dims }: PreluSpec): {
  readonly nodes: Node[]
  readonly initializers: Tensor[]
} {
  const name = { slope: `${output}.slope`, bend: `${output}.bend`, sign: `${output}.sign` }
  const initializers = [
    makeFloatTensor(name.slope, dims, slope),
    makeFloatTensor(
      name.bend,
      dims,
      slope.map((a) => Math.abs(1 - a)),
    ),
  ]
  const value = { bent: `${output}.bent`, rest: `${output}.rest`, linear: `${output}.linear` }
  const nodes = [
    makeNode('Mul', { inputs: [input, name.bend], outputs: [value.bent] }),
    makeNode('Relu', { inputs: [value.bent], outputs: [value.rest] }),
    makeNode('Mul', { inputs: [input, name.slope], outputs: [value.linear] }),
  ]
  let rest = value.rest
  if (slope.some((a) => a > 1)) {
    rest = `${output}.signed`
    const signs = slope.map((a) => (a > 1 ? -1 : 1))
    initializers.push(makeFloatTensor(name.sign, dims, signs))
    nodes.push(makeNode('Mul', { inputs: [value.rest, name.sign], outputs: [rest] }))
  }
  nodes.push(makeNode('Add', { inputs: [value.linear, rest], outputs: [output] }))
  return { nodes, initializers }
}
