/** Tags of TIFF 6.0 that say how pixels are stored. */
const tags = {
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  planarConfiguration: 284,
  tileWidth: 322,
  extraSamples: 338,
  sampleFormat: 339,
} as const

/** Bytes of a value by its type: BYTE, SHORT and LONG are what these tags come in. */
const valueBytes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 }

const decodedCompressions: ReadonlySet<number> = new Set([
  ...[1, 2, 3, 4, 5, 7, 8],
  // PackBits, Deflate under its first number, WebP.
  ...[32_773, 32_946, 50_001],
])
const compressionNames: Readonly<Record<number, string>> = {
  6: 'the JPEG compression of TIFF before 1995',
  34712: 'JPEG 2000 compression',
  34887: 'LERC compression',
  34925: 'LZMA compression',
  50000: 'Zstandard compression',
  50002: 'JPEG XL compression',
}
const jpegCompression = 7

const colourNames: Readonly<Record<number, string>> = {
  4: 'a transparency mask instead of colours',
  9: '8-bit Lab colours',
  10: 'ITU Lab colours',
  32803: 'raw sensor data',
  34892: 'raw sensor data',
}
const [yCbCr, cieLab] = [6, 8]
/** White is zero, black is zero, RGB, palette, CMYK, YCbCr and CIE Lab. */
const decodedColours: ReadonlySet<number> = new Set([0, 1, 2, 3, 5, yCbCr, cieLab])

/**
 * Says what keeps the decoder from reading an intact TIFF file rightly. libvips fails on some layouts
 * with errors that look like damage, and reads others with wrong colours.
 *
 * @param bytes  a file that begins as a TIFF or BigTIFF file does
 * @returns words that complete "TIFF with ...", or `undefined` when nothing is known to be in the way,
 *   also when the file is too damaged to tell
 */
export function findTiffObstacle(bytes: Uint8Array): string | undefined {
  const directory = readFirstDirectory(bytes)
  if (directory === undefined) return undefined
  const numberOf = (tag: number, otherwise: number) => directory.get(tag)?.first ?? otherwise
  const compression = numberOf(tags.compression, 1)
  const colours = directory.get(tags.photometric)?.first
  const bits = numberOf(tags.bitsPerSample, 1)
  const samples = numberOf(tags.samplesPerPixel, 1)
  if (!decodedCompressions.has(compression)) {
    return compressionNames[compression] ?? `compression ${compression}`
  }
  if (colours !== undefined && !decodedColours.has(colours)) {
    return colourNames[colours] ?? `colours of kind ${colours}`
  }
  // Only the JPEG decoder converts it; otherwise the channels would be taken for red, green and blue.
  if (colours === yCbCr && compression !== jpegCompression) {
    return 'YCbCr colours that are not JPEG-compressed'
  }
  if (colours === cieLab && bits !== 16) return '8-bit Lab colours'
  // Lab has signed samples by nature, whatever the tag says.
  const format = colours === cieLab ? 1 : numberOf(tags.sampleFormat, 1)
  // What black and white are is known for neither: they would be read too dark or too bright.
  if (format === 3) return 'floating-point samples'
  if (format === 2) return 'signed samples'
  if (bits > 16) return `${bits}-bit samples`
  const isTiled = directory.has(tags.tileWidth)
  if (isTiled && samples > 1 && numberOf(tags.planarConfiguration, 1) === 2) {
    return 'tiles of one channel each'
  }
  const extra = directory.get(tags.extraSamples)?.count ?? 0
  if (extra > 1) return `${extra} channels beside the colours`
  return undefined
}

interface Entry {
  readonly count: number
  readonly first: number
}

/** The tags above in the first directory, which is the image that is read. */
function readFirstDirectory(bytes: Uint8Array): ReadonlyMap<number, Entry> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wanted: ReadonlySet<number> = new Set(Object.values(tags))
  const entries = new Map<number, Entry>()
  try {
    const little = view.getUint8(0) === 0x49
    const isBig = view.getUint16(2, little) === 43
    const word = (at: number) =>
      isBig ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little)
    const start = word(isBig ? 8 : 4)
    const size = isBig ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little)
    const wordBytes = isBig ? 8 : 4
    const entryBytes = 4 + 2 * wordBytes
    for (let i = 0; i < size; i++) {
      const at = start + (isBig ? 8 : 2) + i * entryBytes
      const tag = view.getUint16(at, little)
      if (!wanted.has(tag)) continue
      const bytesEach = valueBytes[view.getUint16(at + 2, little)]
      const count = word(at + 4)
      if (bytesEach === undefined || count === 0) continue
      const field = at + 4 + wordBytes
      const from = count * bytesEach <= wordBytes ? field : word(field)
      entries.set(tag, { count, first: readUint(view, from, { bytesEach, little }) })
    }
    return entries
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readUint(
  view: DataView,
  at: number,
  { bytesEach, little }: { readonly bytesEach: number; readonly little: boolean },
): number {
  if (bytesEach === 1) return view.getUint8(at)
  return bytesEach === 2 ? view.getUint16(at, little) : view.getUint32(at, little)
}
