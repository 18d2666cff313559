import { mutateJson } from './json-mutator.ts'

export interface MutatorOptions {
  readonly random: () => number
  /** Inputs to take parts of. */
  readonly others: readonly Uint8Array[]
  readonly words: readonly string[]
  readonly maxBytes: number
}

const numbers = [
  ...[0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 1023, 1024, 4095, 4096],
  ...[32_767, 32_768, 65_535, 65_536, 2 ** 24 - 1, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1],
]
const decimals = [
  ...['0', '-1', '1', '255', '256', '65536', '2147483647', '2147483648', '4294967295', '-0'],
  ...['4294967296', '9007199254740993', '99999999999999999999', '1e308', '1e999', '0.5', 'NaN'],
]
const hostileWords = ['__proto__', 'constructor', '\0', '../', '\ud800', '"', '\\', '\r\n', '\xff']
/** Most changes to one input. */
const maxChanges = 6

/** A changed copy of an input; one to {@link maxChanges} changes. */
export function mutate(input: Uint8Array, options: MutatorOptions): Uint8Array {
  const { random, maxBytes } = options
  let bytes = Buffer.from(input)
  const changes = 1 + Math.floor(random() ** 2 * maxChanges)
  for (let i = 0; i < changes; i++) bytes = change(bytes, options)
  return Uint8Array.from(bytes.subarray(0, maxBytes))
}

function change(bytes: Buffer, options: MutatorOptions): Buffer<ArrayBuffer> {
  const { random, others, words } = options
  const below = (end: number) => Math.floor(random() * end)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const at = below(bytes.length + 1)
  /** Short lengths are more likely. */
  const length = () => Math.min(bytes.length - at, 1 + below(2 ** below(10)))
  const insert = (part: Uint8Array, over = 0) =>
    Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + over)])
  const set = (write: (copy: Buffer<ArrayBuffer>) => void) => {
    const copy = Buffer.from(bytes)
    if (copy.length >= 8) write(copy)
    return copy
  }
  const ways: readonly (() => Buffer<ArrayBuffer>)[] = [
    // One bit, one byte, several bytes.
    () => set((copy) => (copy[below(copy.length)]! ^= 1 << below(8))),
    () => set((copy) => (copy[below(copy.length)] = below(256))),
    () => set((copy) => copy.fill(pick([0, 0xff, 0x20, 0x7f, below(256)]), at, at + length())),
    // A number of two, four or eight bytes, in either order.
    () =>
      set((copy) => {
        const place = below(copy.length - 7)
        const number = Math.max(0, pick(numbers) + pick([0, 0, -1, 1]))
        const way = below(6)
        if (way === 0) copy.writeUInt16LE(number % 65_536, place)
        else if (way === 1) copy.writeUInt16BE(number % 65_536, place)
        else if (way === 2) copy.writeUInt32LE(number % 2 ** 32, place)
        else if (way === 3) copy.writeUInt32BE(number % 2 ** 32, place)
        else if (way === 4) copy.writeBigUInt64LE(BigInt(number) << BigInt(below(32)), place)
        else copy.writeBigUInt64BE(BigInt(number) << BigInt(below(32)), place)
      }),
    // A number that is there, a little larger or smaller.
    () =>
      set((copy) => {
        const place = below(copy.length)
        copy[place] = (copy[place]! + below(9) - 4) & 0xff
      }),
    // Cut off, taken out, repeated, moved.
    () => Buffer.from(bytes.subarray(0, at)),
    () => insert(Buffer.alloc(0), length()),
    () => insert(bytes.subarray(at, at + length())),
    () => insert(Buffer.concat(Array(1 + below(200)).fill(bytes.subarray(at, at + below(16))))),
    () => {
      const part = Buffer.from(bytes.subarray(at, at + length()))
      const rest = insert(Buffer.alloc(0), part.length)
      const to = below(rest.length + 1)
      return Buffer.concat([rest.subarray(0, to), part, rest.subarray(to)])
    },
    // Parts of another input.
    () => {
      const other = pick(others) ?? bytes
      const from = below(other.length)
      return insert(other.subarray(from, from + 1 + below(2 ** below(12))), pick([0, length()]))
    },
    () => {
      const other = pick(others) ?? bytes
      return Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length))])
    },
    // Texts.
    () => insert(Buffer.from(pick([...words, ...hostileWords])), pick([0, length()])),
    () => replaceDigits(bytes, pick(decimals), random),
    () => mutateJson(bytes, random),
    () => mutateJson(bytes, random),
    () => insert(Buffer.from(Array.from({ length: below(32) }, () => below(256)))),
  ]
  return pick(ways)()
}

/** Writes another number in the place of digits. */
function replaceDigits(bytes: Buffer, number: string, random: () => number): Buffer<ArrayBuffer> {
  const text = bytes.toString('latin1')
  const places = [...text.matchAll(/\d+/g)]
  const place = places[Math.floor(random() * places.length)]
  if (place === undefined) return Buffer.from(bytes)
  const end = place.index + place[0].length
  return Buffer.from(`${text.slice(0, place.index)}${number}${text.slice(end)}`, 'latin1')
}
