/** Facts that an image file states before it is decoded. */
export interface ImageHeader {
  readonly format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff'
  /** Width as stored, before the EXIF orientation; pixels. */
  readonly width: number
  readonly height: number
  /** Whether decoding needs all of the file's data at once: a progressive JPEG, an interlaced PNG. */
  readonly isProgressive: boolean
  /** Bytes a pixel of the decoded samples: channels times bytes a sample. */
  readonly sampleBytes: number
}

/** Facts that are known of a JPEG only. */
export interface JpegHeader extends ImageHeader {
  /** There may be an EXIF orientation: there is a segment of the kind that holds one. */
  readonly mayBeTurned: boolean
  /** Scans, counted up to one more than {@link maxScans}. */
  readonly scans: number
}

/**
 * Scans that a JPEG may have. Encoders write 10 of a progressive one, optimisers up to about 30. Each
 * goes over the whole image: 5,000 of them, which fit into 200 kB, keep a core busy for 17 s with 16
 * megapixels, and the decoder cannot be stopped.
 */
export const maxScans = 100

const frameMarkers = 0xc0
/** Huffman tables, the JPEG extension and arithmetic tables share the frames' range of markers. */
const notFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc])
const scanMarker = 0xda
/** Holds EXIF or XMP. */
const applicationMarker = 0xe1
/** A frame up to this marker is in one scan, or in one a component; all others are progressive or rarer. */
const lastSequentialFrame = 0xc1

/**
 * Reads the segments of a JPEG file before its first scan: some hops, where the image library would
 * need a trip to its threads.
 *
 * @returns `undefined` where no frame is found; the decoder knows why
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let frame: ImageHeader | undefined
  let mayBeTurned = false
  let at = 2
  while (at + 5 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!
    // Any number of fill bytes may come before a marker.
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === scanMarker) {
      if (frame === undefined) return undefined
      // Fewer components than the frame has: there are several scans.
      const isProgressive = frame.isProgressive || bytes[at + 4]! < frame.sampleBytes
      const scans = isProgressive ? countScans(bytes, at) : 1
      return { ...frame, isProgressive, mayBeTurned, scans }
    }
    if (marker === applicationMarker) mayBeTurned = true
    const isFrame = marker >= frameMarkers && marker <= 0xcf && !notFrames.has(marker)
    if (isFrame && frame === undefined && at + 10 <= bytes.length) {
      frame = {
        format: 'jpeg',
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        isProgressive: marker > lastSequentialFrame,
        sampleBytes: bytes[at + 9]!,
      }
    }
    at += 2 + view.getUint16(at + 2)
  }
  // A frame and no scan is unusual: the more careful answers.
  return frame && { ...frame, isProgressive: true, mayBeTurned: true, scans: countScans(bytes, 2) }
}

/** In the data of a scan a byte of 0xff never stands before another marker than that of its end. */
function countScans(bytes: Uint8Array, from: number): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const marker = Buffer.from([0xff, scanMarker])
  let count = 0
  for (let at = file.indexOf(marker, from); at >= 0; at = file.indexOf(marker, at + 2)) {
    count++
    if (count > maxScans) break
  }
  return count
}
