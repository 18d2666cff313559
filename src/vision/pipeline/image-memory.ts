import {
  defaultMinFaceSize,
  type ResolvedDetectorOptions,
  retryMinFaceSize,
} from './detectors/detector.ts'
import { planPyramid } from './detectors/mtcnn-levels.ts'
import type { ImageHeader } from './image-header.ts'

// Measured as peaks of resident memory of a process that does nothing else (Linux, x64):
// docs/decisions/0016-memory-of-images.md has the numbers.

/** Bytes of a pixel of the decoded image, interleaved. */
const rgbBytes = 3
/**
 * Bytes a pixel while a file is decoded, by its format: the image, and what the decoder holds besides
 * it. Of JPEG, PNG and TIFF it holds some rows; of the others the image in its own form, twice where
 * it converts it.
 */
const decodeBytes = { jpeg: 3.6, png: 3.8, tiff: 3.8, gif: 8, webp: 8.6, avif: 21 } as const
/** A progressive JPEG is held as coefficients of two bytes. */
const coefficientBytes = 2
/** Floats of a level, and of the level that it is made from, which a graph has twice for a moment. */
const floatLevelBytes = 12
const floatSourceBytes = 24
/** P-Net on a tile, crops, garbage that V8 has not collected: whatever the image's size. */
const fixedBytes = 40_000_000

/** Memory that an image takes at its peak, bytes; careful rather than exact. */
export function estimateImageMemory(
  header: ImageHeader,
  { minFaceSize, readTurned }: Pick<ResolvedDetectorOptions, 'minFaceSize' | 'readTurned'>,
): number {
  const pixels = header.width * header.height
  // With the default a second try looks for smaller faces.
  const least = minFaceSize === defaultMinFaceSize ? retryMinFaceSize : minFaceSize
  const copies = readTurned ? 2 : 1
  const detecting = copies * rgbBytes * pixels + estimateLevels(header, least)
  return fixedBytes + Math.max(decodeBytesOf(header) * pixels, detecting)
}

function decodeBytesOf({ format, isProgressive, sampleBytes }: ImageHeader): number {
  const perPixel = decodeBytes[format]
  // Turning by the EXIF orientation takes a second image.
  const turned = format === 'jpeg' || format === 'tiff' ? rgbBytes : 0
  if (format === 'jpeg') {
    return perPixel + Math.max(turned, isProgressive ? coefficientBytes * sampleBytes : 0)
  }
  if (format === 'avif') return perPixel * Math.max(1, sampleBytes / 3)
  return perPixel + turned + (isProgressive ? sampleBytes : Math.max(0, sampleBytes - rgbBytes))
}

/** Bytes of the levels below the full image. */
function estimateLevels(
  size: { readonly width: number; readonly height: number },
  minFaceSize: number,
): number {
  const { extra, byteWindows, floatWindows } = planPyramid(size, minFaceSize)
  const pixels = size.width * size.height
  const area = (scales: readonly number[]): number =>
    scales.reduce((sum, scale) => sum + scale ** 2 * pixels, 0)
  const above = [...extra, ...byteWindows]
  // A level at full size is the image itself.
  const bytes = rgbBytes * area(above.filter((scale) => scale < 1))
  const source = (above.at(-1) ?? 1) ** 2 * pixels
  return bytes + floatLevelBytes * area(floatWindows) + floatSourceBytes * source
}

/** A refusal in words: how much it is, what the limit is, and what would fit. */
export function describeWhatFits(
  header: ImageHeader,
  options: Pick<ResolvedDetectorOptions, 'minFaceSize' | 'readTurned'>,
  limitBytes: number,
): { readonly detail: string; readonly info: Readonly<Record<string, number>> } {
  const { width, height } = header
  const { minFaceSize } = options
  const needed = estimateImageMemory(header, options)
  const fits = (share: number, least = minFaceSize): boolean => {
    const size = { width: Math.floor(width * share), height: Math.floor(height * share) }
    return (
      estimateImageMemory({ ...header, ...size }, { ...options, minFaceSize: least }) <= limitBytes
    )
  }
  const share = findLargest(fits)
  const fittingPixels = Math.floor(width * share) * Math.floor(height * share)
  const larger = Array.from({ length: Math.max(0, largestHint - Math.ceil(minFaceSize)) }, (_, i) =>
    Math.ceil(minFaceSize + 1 + i),
  ).find((least) => fits(1, least))
  const hint = larger === undefined ? '' : `, or this one with a minFaceSize of ${larger}`
  return {
    detail: `With ${width} x ${height} pixels and a minFaceSize of ${minFaceSize} it needs about ${toMegabytes(needed)} MB of memory; the limit is ${toMegabytes(limitBytes)} MB (limits.maxImageMemoryBytes). An image of ${fittingPixels} pixels fits${hint}.`,
    info: {
      ...{ width, height, minFaceSize, neededBytes: Math.ceil(needed), fittingPixels },
      maxImageMemoryBytes: limitBytes,
      ...(larger === undefined ? {} : { fittingMinFaceSize: larger }),
    },
  }
}

const largestHint = 400
const bisections = 20

/** The largest share that fits, 0 to 1. */
function findLargest(fits: (share: number) => boolean): number {
  let low = 0
  let high = 1
  for (let i = 0; i < bisections; i++) {
    const middle = (low + high) / 2
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}

function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000)
}
