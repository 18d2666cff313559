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

const frameMarkers = 0xc0
/** Huffman tables, the JPEG extension and arithmetic tables share the frames' range of markers. */
const notFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc])
const scanMarker = 0xda
/** A frame of this marker is in one scan a component at most; all others are progressive or rarer. */
const lastSequentialFrame = 0xc1

/**
 * Reads the frame header of a JPEG file: some hops over the segments before it, where the image
 * library would need a trip to its threads.
 *
 * @returns `undefined` where none is found; the decoder knows why
 */
export function readJpegHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 2
  while (at + 10 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1]!
    // Any number of fill bytes may come before a marker.
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === scanMarker) return undefined
    if (marker >= frameMarkers && marker <= 0xcf && !notFrames.has(marker)) {
      return {
        format: 'jpeg',
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        isProgressive: marker > lastSequentialFrame || hasSeveralScans(bytes, at),
        sampleBytes: bytes[at + 9]!,
      }
    }
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}

/** Whether the first scan after a frame's header has fewer components than the frame. */
function hasSeveralScans(bytes: Uint8Array, frameAt: number): boolean {
  const components = bytes[frameAt + 9]!
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = frameAt + 2 + view.getUint16(frameAt + 2)
  while (at + 5 <= bytes.length && bytes[at] === 0xff) {
    if (bytes[at + 1] === scanMarker) return bytes[at + 4]! < components
    if (bytes[at + 1] === 0xff) at++
    else at += 2 + view.getUint16(at + 2)
  }
  // Unusual: the more careful answer.
  return true
}
