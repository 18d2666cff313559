export interface TiffOptions {
  /** Values by tag; those of the layout are set by the writer where they are not given. */
  readonly tags?: Readonly<Record<number, number | readonly number[]>>
  /** Bytes of the samples, one strip or tile each. */
  readonly pieces: readonly Uint8Array[]
  /** BigTIFF, with 64-bit offsets. */
  readonly big?: boolean
  /** Big-endian. */
  readonly motorola?: boolean
  /** Pieces are tiles of 16 x 16. */
  readonly tiled?: boolean
}

/** Side of every image that {@link makeTiff} writes, pixels. */
export const tiffSide = 16

/** A TIFF file of 16 x 16 pixels, RGB of 8 bits unless the tags say otherwise, with one directory. */
export function makeTiff(options: TiffOptions): Uint8Array {
  const { pieces, big = false, motorola = false, tiled = false } = options
  const lengths = pieces.map((piece) => piece.length)
  const places = tiled ? { 322: tiffSide, 323: tiffSide, 325: lengths } : { 278: 16, 279: lengths }
  const given = { 256: 16, 257: 16, 258: [8, 8, 8], 259: 1, 262: 2, 277: 3, 284: 1, ...places }
  const all: Record<number, number | readonly number[]> = { ...given, ...options.tags }
  const offsetsTag = tiled ? 324 : 273
  all[offsetsTag] = lengths
  const tags = Object.entries(all)
    .map(([tag, value]) => ({ tag: Number(tag), values: [value].flat() }))
    .toSorted((a, b) => a.tag - b.tag)
  const word = big ? 8 : 4
  const header = big ? 16 : 8
  const entryBytes = 4 + 2 * word
  const directory = header + (big ? 8 : 2) + tags.length * entryBytes + word
  const outside = tags.filter(({ values }) => values.length * 4 > word)
  let end = directory + outside.reduce((sum, { values }) => sum + values.length * 4, 0)
  const offsets = pieces.map((piece) => {
    const at = end
    end += piece.length
    return at
  })
  const bytes = new Uint8Array(end)
  const view = new DataView(bytes.buffer)
  const little = !motorola
  const putWord = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), little) : view.setUint32(at, value, little)
  bytes.set(Buffer.from(motorola ? 'MM' : 'II'))
  view.setUint16(2, big ? 43 : 42, little)
  if (big) view.setUint16(4, 8, little)
  putWord(big ? 8 : 4, header)
  if (big) putWord(header, tags.length)
  else view.setUint16(header, tags.length, little)
  let free = directory
  for (const [index, { tag, values: stated }] of tags.entries()) {
    const values = tag === offsetsTag ? offsets : stated
    const at = header + (big ? 8 : 2) + index * entryBytes
    view.setUint16(at, tag, little)
    // LONG.
    view.setUint16(at + 2, 4, little)
    putWord(at + 4, values.length)
    const isOutside = values.length * 4 > word
    const from = isOutside ? free : at + 4 + word
    if (isOutside) {
      putWord(at + 4 + word, free)
      free += values.length * 4
    }
    for (const [i, value] of values.entries()) view.setUint32(from + 4 * i, value, little)
  }
  for (const [index, piece] of pieces.entries()) bytes.set(piece, offsets[index] as number)
  return bytes
}
