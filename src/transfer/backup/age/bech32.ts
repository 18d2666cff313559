import { FaceError } from '../../../core/errors.ts'

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const
const checksumLength = 6

/**
 * Bytes as text that finds typing errors.
 *
 * @param prefix  lower case
 * @source BIP 173, Bech32, without its limit of 90 characters, as age uses it
 */
export function toBech32(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, { from: 8, to: 5, pad: true })
  const zeros = new Array<number>(checksumLength).fill(0)
  const sum = computeChecksum([...expandPrefix(prefix), ...words, ...zeros]) ^ 1
  const check = zeros.map((_, i) => (sum >>> (5 * (checksumLength - 1 - i))) & 31)
  return `${prefix}1${[...words, ...check].map((word) => alphabet[word]).join('')}`
}

/**
 * Bytes of such a text.
 *
 * @param prefix  lower case; the text may be all upper case
 * @throws {FaceError} `invalidOption` when it is not of this prefix, or mistyped
 */
export function fromBech32(prefix: string, text: string): Uint8Array {
  const lower = text.toLowerCase()
  const isOneCase = text === lower || text === text.toUpperCase()
  const words = [...lower.slice(prefix.length + 1)].map((letter) => alphabet.indexOf(letter))
  if (
    !isOneCase ||
    !lower.startsWith(`${prefix}1`) ||
    words.length < checksumLength ||
    words.includes(-1) ||
    computeChecksum([...expandPrefix(prefix), ...words]) !== 1
  ) {
    throw new FaceError('invalidOption', { detail: 'The key of backups is mistyped or cut off.' })
  }
  return regroup(words.slice(0, -checksumLength), { from: 5, to: 8, pad: false })
}

function expandPrefix(prefix: string): readonly number[] {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0))
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)]
}

function computeChecksum(words: readonly number[]): number {
  let sum = 1
  for (const word of words) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ word
    for (const [i, value] of generator.entries()) if ((top >>> i) & 1) sum ^= value
  }
  return sum >>> 0
}

/** The same bits in groups of another size; what is left over at the end is padding. */
function regroup(
  groups: Iterable<number>,
  { from, to, pad }: { readonly from: number; readonly to: number; readonly pad: boolean },
): Uint8Array {
  const result: number[] = []
  let value = 0
  let bits = 0
  for (const group of groups) {
    value = ((value << from) | group) & 0xfff
    bits += from
    while (bits >= to) {
      bits -= to
      result.push((value >>> bits) & ((1 << to) - 1))
    }
  }
  if (pad && bits > 0) result.push((value << (to - bits)) & ((1 << to) - 1))
  return Uint8Array.from(result)
}
