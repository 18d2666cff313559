import { FaceError } from '../../core/errors.ts'
import { type NamedArray, sizeOf } from './named-array.ts'

const MAGIC = '\x93NUMPY'
const HEADER =
  /^\{'descr': '(<f2|<f4|<f8)', 'fortran_order': (True|False), 'shape': \(((?:\d+, ?)*\d*)\), ?\}\s*$/

const BYTES_PER_VALUE = { '<f2': 2, '<f4': 4, '<f8': 8 } as const

function fail(name: string, what: string): never {
  throw new FaceError('modelImportFailed', { detail: `Array ${name} ${what}.` })
}

/** IEEE 754 half precision to a number. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function readValues(view: DataView, type: keyof typeof BYTES_PER_VALUE): Float32Array {
  const step = BYTES_PER_VALUE[type]
  const out = new Float32Array(view.byteLength / step)
  for (let i = 0; i < out.length; i++) {
    if (type === '<f2') out[i] = fromHalf(view.getUint16(i * step, true))
    else if (type === '<f4') out[i] = view.getFloat32(i * step, true)
    else out[i] = view.getFloat64(i * step, true)
  }
  return out
}

/** Column-major (first index fastest) to row-major. */
function toRowMajor(data: Float32Array, shape: readonly number[]): Float32Array {
  const out = new Float32Array(data.length)
  const index = shape.map(() => 0)
  for (let source = 0; source < data.length; source++) {
    let target = 0
    for (let d = 0; d < shape.length; d++) target = target * shape[d]! + index[d]!
    out[target] = data[source]!
    for (let d = 0; d < shape.length; d++) {
      index[d]!++
      if (index[d]! < shape[d]!) break
      index[d] = 0
    }
  }
  return out
}

/**
 * Reads one `.npy` array of little-endian floats. Strict: any other type, and anything that is not
 * the plain header that NumPy writes, is refused; nothing is evaluated.
 *
 * @param name   for messages
 * @param bytes  the whole `.npy`
 * @returns row-major float32 values; float16 and float64 are converted
 * @throws {FaceError} `modelImportFailed`
 * @source NumPy enhancement proposal 1, format versions 1.0 to 3.0
 */
export function parseNpy(name: string, bytes: Uint8Array): NamedArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 12 || Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== MAGIC) {
    fail(name, 'is not in NumPy format')
  }
  const isFirstVersion = bytes[6] === 1
  const headerStart = isFirstVersion ? 10 : 12
  const headerLength = isFirstVersion ? view.getUint16(8, true) : view.getUint32(8, true)
  const start = headerStart + headerLength
  if (start > bytes.byteLength) fail(name, 'is cut off')
  const header = Buffer.from(bytes.subarray(headerStart, start)).toString('latin1')
  const match = HEADER.exec(header)
  if (!match) fail(name, 'is not a little-endian float array')
  const type = match[1] as keyof typeof BYTES_PER_VALUE
  const shape = match[3]!.split(',').flatMap((part) => (part.trim() ? [Number(part)] : []))
  if (bytes.byteLength - start !== sizeOf(shape) * BYTES_PER_VALUE[type]) {
    fail(name, `does not hold the ${sizeOf(shape)} values that its shape tells of`)
  }
  const data = readValues(
    new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start),
    type,
  )
  return { shape, data: match[2] === 'True' ? toRowMajor(data, shape) : data }
}
