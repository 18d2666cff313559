import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { FaceError } from '../../core/errors.ts'
import { type NamedArray, sizeOf } from './named-array.ts'

const WeightSchema = Type.Object({
  name: Type.String(),
  shape: Type.Array(Type.Integer({ minimum: 0 })),
  dtype: Type.String(),
  quantization: Type.Optional(
    Type.Object({ dtype: Type.String(), scale: Type.Number(), min: Type.Number() }),
  ),
})
type WeightEntry = Static<typeof WeightSchema>

const ManifestSchema = Type.Array(
  Type.Object({ paths: Type.Array(Type.String()), weights: Type.Array(WeightSchema) }),
)

const FLOAT_BYTES = 4

function readEntry(entry: WeightEntry, bytes: Uint8Array, offset: number): [NamedArray, number] {
  const size = sizeOf(entry.shape)
  const quantization = entry.quantization
  if (entry.dtype !== 'float32' || (quantization && quantization.dtype !== 'uint8')) {
    throw new FaceError('modelImportFailed', {
      detail: `Weight ${entry.name} is stored as ${quantization?.dtype ?? entry.dtype}.`,
    })
  }
  const end = offset + (quantization ? size : size * FLOAT_BYTES)
  if (end > bytes.byteLength) {
    throw new FaceError('modelImportFailed', { detail: 'A weight file is cut off.' })
  }
  if (!quantization) {
    const buffer = bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + end)
    return [{ shape: entry.shape, data: new Float32Array(buffer as ArrayBuffer) }, end]
  }
  const { scale, min } = quantization
  const data = Float32Array.from(bytes.subarray(offset, end), (code) => code * scale + min)
  return [{ shape: entry.shape, data }, end]
}

/**
 * Reads TensorFlow.js weights as face-api.js stores them: a JSON manifest and binary shards.
 *
 * @param manifest  text of the `*-weights_manifest.json`
 * @param shards    bytes of each shard by the name that the manifest uses
 * @returns float32 arrays by name; 8-bit codes become code x scale + min
 * @throws {FaceError} `modelImportFailed` when the manifest is none, or a shard is missing, cut off
 *   or too long
 */
export function parseFaceApiWeights(
  manifest: string,
  shards: ReadonlyMap<string, Uint8Array>,
): Map<string, NamedArray> {
  const groups = parseGroups(manifest)
  const arrays = new Map<string, NamedArray>()
  for (const group of groups) {
    const parts = group.paths.map((path) => {
      const shard = shards.get(path)
      if (!shard) throw new FaceError('modelImportFailed', { detail: `Shard ${path} is missing.` })
      return shard
    })
    const bytes = Buffer.concat(parts)
    let offset = 0
    for (const entry of group.weights) {
      const [array, end] = readEntry(entry, bytes, offset)
      arrays.set(entry.name, array)
      offset = end
    }
    if (offset !== bytes.byteLength) {
      throw new FaceError('modelImportFailed', {
        detail: `The weight files hold ${bytes.byteLength} bytes, the manifest tells of ${offset}.`,
      })
    }
  }
  return arrays
}

function parseGroups(text: string): Static<typeof ManifestSchema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (Value.Check(ManifestSchema, value)) return value
  throw new FaceError('modelImportFailed', { detail: 'It has no manifest of face-api.js weights.' })
}
