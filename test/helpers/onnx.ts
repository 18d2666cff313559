import ort from 'onnxruntime-node'

/** One thread: tests run in parallel on few cores. */
const OPTIONS: ort.InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  logSeverityLevel: 3,
}

export type Feeds = Readonly<Record<string, { data: Float32Array; dims: readonly number[] }>>

/** Runs a model once on float32 inputs. */
export async function runModel(
  model: Uint8Array | string,
  feeds: Feeds,
): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>> {
  // One call a type: the declaration has no overload for the union.
  const session =
    typeof model === 'string'
      ? await ort.InferenceSession.create(model, OPTIONS)
      : await ort.InferenceSession.create(model, OPTIONS)
  try {
    const tensors = Object.entries(feeds).map(
      ([name, { data, dims }]) => [name, new ort.Tensor('float32', data, dims)] as const,
    )
    const outputs = await session.run(Object.fromEntries(tensors))
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data, dims }]) => [
        name,
        { data: data as Float32Array, dims },
      ]),
    )
  } finally {
    await session.release()
  }
}

/**
 * Byte values that look random, as float32: the top 8 bits of the states of a linear congruential
 * generator (Numerical Recipes' constants).
 */
export function makePixels(count: number, seed: number): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
}

/** Largest absolute difference; Infinity when the lengths differ. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let k = 0; k < a.length; k++) largest = Math.max(largest, Math.abs(a[k]! - b[k]!))
  return largest
}
