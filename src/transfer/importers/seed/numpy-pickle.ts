import { BufferReader, Parser } from 'pickleparser'
import { FaceError, isFaceError } from '../../../core/errors.ts'

/** An array of 512 float32 takes 4.4 KB at most; what is larger holds something else. */
const maxPickleBytes = 8192

/**
 * The first bytes: PROTO and its version. Protocols 0 and 1 are text, 5 stores arrays in another
 * way; Python uses 4 unless told otherwise.
 */
const protoOpcode = 0x80
const protocols: readonly number[] = [2, 3, 4]

/** Opcodes that pickles of an array consist of: no dicts, lists, objects, extensions or persistent ids. */
const allowedOpcodes: ReadonlySet<number> = new Set([
  ...[protoOpcode, 0x95, 0x2e], // PROTO, FRAME, STOP
  ...[0x28, 0x74, 0x85, 0x86, 0x87], // MARK, TUPLE, TUPLE1, TUPLE2, TUPLE3
  ...[0x63, 0x93, 0x52, 0x62], // GLOBAL, STACK_GLOBAL, REDUCE, BUILD
  ...[0x71, 0x72, 0x94, 0x68, 0x6a], // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  ...[0x4e, 0x88, 0x89, 0x4a, 0x4b, 0x4d], // NONE, NEWTRUE, NEWFALSE, BININT, BININT1, BININT2
  ...[0x58, 0x8c, 0x42, 0x43], // BINUNICODE, SHORT_BINUNICODE, BINBYTES, SHORT_BINBYTES
])

// [Note: Pickles] A pickle is a program. The parser has no way to import or run anything of ours
// but the four functions of `createGlobals`; what is left is to keep it from working without end:
// - only the opcodes above: the library's dicts and object updates would also accept keys and
//   lengths that make it allocate without bound;
// - it never moves back in the input, which a negative length would do, so it takes at most one
//   step a byte;
// - nothing of it is turned into text, since nested tuples can share their parts and become huge.

/** Refuses what is not allowed before the parser does it. */
class GuardedReader extends BufferReader {
  /** The parser asks before each opcode. */
  override hasNext(): boolean {
    if (!super.hasNext()) return false
    const opcode = this.byte()
    super.skip(-1)
    if (!allowedOpcodes.has(opcode)) {
      refuse(`It has the opcode 0x${opcode.toString(16).padStart(2, '0')}, which no array needs.`)
    }
    return true
  }

  override skip(length: number): void {
    if (length < 0) refuse('It has a negative length.')
    super.skip(length)
  }
}

/** `numpy.dtype`; ends as little-endian float32 or refuses. */
class Dtype {
  #complete = false

  constructor(args: readonly unknown[]) {
    const [code, align, copy] = args
    // `align` and `copy` are integers in old versions of NumPy.
    const plain =
      args.length === 3 && [false, 0].includes(align as 0) && [true, 1].includes(copy as 1)
    if (code !== 'f4') refuse('Its values are not float32.')
    if (!plain) refuse('Its data type is not a plain one.')
  }

  __setstate__(state: unknown): void {
    const [, order, ...rest] = Array.isArray(state) ? state : []
    if (order === '>') refuse('Its values are big-endian.')
    const isPlain = [null, null, null, -1, -1, 0].every((value, i) => value === rest[i])
    if (order !== '<' || rest.length !== 6 || !isPlain) refuse('Its data type is not a plain one.')
    this.#complete = true
  }

  static isComplete(value: unknown): boolean {
    return value instanceof Dtype && value.#complete
  }
}

/** `numpy.ndarray` of one dimension. */
class NumpyArray {
  readonly #length: number
  #values: Float32Array | undefined

  constructor(length: number) {
    this.#length = length
  }

  __setstate__(state: unknown): void {
    const [, shape, dtype, isFortran, data] = Array.isArray(state) ? state : []
    if (!Array.isArray(shape) || shape.length !== 1 || shape[0] !== this.#length) {
      refuse(`Its shape is not (${this.#length},).`)
    }
    if (!Dtype.isComplete(dtype) || isFortran !== false || !(data instanceof Uint8Array)) {
      refuse('Its array is not as NumPy writes it.')
    }
    if (data.length !== 4 * this.#length) refuse(`It has ${data.length} bytes of values.`)
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    this.#values = Float32Array.from({ length: this.#length }, (_, i) =>
      view.getFloat32(4 * i, true),
    )
  }

  static valuesOf(value: unknown): Float32Array | undefined {
    return value instanceof NumpyArray ? value.#values : undefined
  }
}

type Global = (...args: unknown[]) => unknown

/** Everything that a pickle may name. They are made for each pickle, because it may write on them. */
function createGlobals(length: number): ReadonlyMap<string, Global> {
  const ndarray: Global = () => refuse('It makes an array in another way than NumPy does.')
  const reconstruct: Global = (type) =>
    type === ndarray ? new NumpyArray(length) : refuse('It makes something else than an array.')
  return new Map<string, Global>([
    ['numpy.core.multiarray _reconstruct', reconstruct],
    ['numpy._core.multiarray _reconstruct', reconstruct],
    ['numpy ndarray', ndarray],
    ['numpy dtype', (...args) => new Dtype(args)],
    ['_codecs encode', (text, encoding) => encodeLatin1(text, encoding)],
  ])
}

/** How protocol 2, which has no bytes, stores them: text of which each character is one byte. */
function encodeLatin1(text: unknown, encoding: unknown): Uint8Array {
  if (typeof text !== 'string' || encoding !== 'latin1' || /[^\0-\xff]/.test(text)) {
    refuse('Its bytes are not as pickle writes them.')
  }
  return Buffer.from(text, 'latin1')
}

function refuse(detail: string): never {
  throw new FaceError('invalidEmbedding', { detail })
}

/**
 * Reads the pickle of one NumPy array of float32, as `pickle.dumps(array, protocol)` writes it for
 * protocols 2 to 4. Nothing is executed or looked up: see [Note: Pickles].
 *
 * @param length  of the array; its shape is (length,)
 * @returns the values as they are
 * @throws {FaceError} `invalidEmbedding` for everything else, with the reason
 */
export function parseNumpyPickle(bytes: Uint8Array, length: number): Float32Array {
  if (bytes.length > maxPickleBytes) {
    refuse(`The pickle has ${bytes.length} bytes; ${maxPickleBytes} are allowed.`)
  }
  if (bytes[0] !== protoOpcode || !protocols.includes(bytes[1] ?? 0)) {
    refuse(`It is not a pickle of protocol ${protocols.join(', ')}.`)
  }
  const globals = createGlobals(length)
  const parser = new Parser({
    nameResolver: {
      resolve(module: unknown, name: unknown) {
        if (typeof module !== 'string' || typeof name !== 'string') refuse('It has a broken name.')
        const known = globals.get(`${module} ${name}`)
        return (
          known ?? refuse(`It would use ${`${module}.${name}`.slice(0, 100)}; nothing was run.`)
        )
      },
    },
  })
  const reader = new GuardedReader(bytes)
  let parsed: unknown
  try {
    parsed = parser.read(reader)
  } catch (cause) {
    if (isFaceError(cause)) throw cause
    throw new FaceError('invalidEmbedding', { detail: 'The pickle is damaged or cut off.', cause })
  }
  const values = NumpyArray.valuesOf(parsed)
  if (values === undefined || reader.position !== bytes.length) {
    refuse('It is not the pickle of one array.')
  }
  return values
}
