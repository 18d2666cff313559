import { extname } from 'node:path'
import sharp from 'sharp'
import type { Box, Decision } from '../core/types.ts'
import { decodeImage } from '../vision/pipeline/image.ts'
import type { ImageLimits } from '../vision/pipeline/image-limits.ts'
import { examineLetters, type MissingLetters } from './draw-letters.ts'
import { UsageError } from './failures.ts'

/** A face to mark in an image. */
export interface DrawnFace {
  readonly box: Box
  readonly label: string
  readonly decision: Decision
}

const colors: Readonly<Record<Decision, string>> = {
  match: '#16a34a',
  possible: '#d97706',
  unknown: '#dc2626',
  undetermined: '#6b7280',
}

const encoders: Readonly<Record<string, 'jpeg' | 'png' | 'webp'>> = {
  ...{ '.jpg': 'jpeg', '.jpeg': 'jpeg', '.png': 'png', '.webp': 'webp' },
}

/** What `drawFaces` can write, by the ending of the file's name. */
export const drawnFormats: readonly string[] = Object.keys(encoders)

/** @throws {UsageError} when the ending is not one that can be written */
export function assertDrawnFormat(path: string): void {
  if (drawnFormats.includes(extname(path).toLowerCase())) return
  throw new UsageError(`${path}: an image to write ends in ${drawnFormats.join(', ')}.`)
}

export interface DrawOptions {
  /** One of {@link drawnFormats}. */
  readonly format: string
  readonly limits: ImageLimits
}

/**
 * An image with a box and a label around each face, as an encoded file. It is decoded as for the
 * search of faces, so that what was read can be drawn, and boxes fit.
 *
 * @param image  encoded file; boxes are in pixels after its EXIF orientation
 * @returns `missing`: a face whose label has letters that no font has is numbered instead, from 1 in
 *   the order of the faces
 * @throws {FaceError} as `decodeImage`
 */
export async function drawFaces(
  image: Uint8Array,
  faces: readonly DrawnFace[],
  { format, limits }: DrawOptions,
): Promise<{ readonly file: Uint8Array; readonly missing: MissingLetters }> {
  const { data, width, height } = await decodeImage(image, limits)
  const { missing, canDraw } = await examineLetters(faces.map(({ label }) => label))
  const svg = toSvg(faces, { width, height, canDraw })
  const raw = { width, height, channels: 3 } as const
  const file = await sharp(data, { raw, limitInputPixels: false })
    .composite([{ input: Buffer.from(svg), top: 0, left: 0 }])
    .toFormat(encoders[format.toLowerCase()] ?? 'jpeg')
    .toBuffer()
  return { file, missing }
}

/** The boxes and labels as SVG of the image's size. A label that cannot be drawn is the face's number. */
export function toSvg(
  faces: readonly DrawnFace[],
  image: {
    readonly width: number
    readonly height: number
    readonly canDraw: (label: string) => boolean
  },
): string {
  const line = Math.max(2, Math.round(Math.max(image.width, image.height) / 400))
  const fontSize = line * 8
  const shapes = faces.map(({ box, label, decision }, index) => {
    const color = colors[decision]
    const rect = `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="${line}" fill="none" stroke="${color}" stroke-width="${line}"/>`
    const x = Math.max(line, box.x)
    const top = box.y - fontSize * 1.3
    const y = top >= 0 ? top : Math.min(box.y + box.height + line, image.height - fontSize * 1.3)
    if (!image.canDraw(label)) return rect + drawNumber(index + 1, { x, y, size: fontSize, color })
    const text = `x="${x}" y="${y + fontSize}" font-family="sans-serif" font-weight="bold" font-size="${fontSize}"`
    const escaped = escapeXml(label)
    return `${rect}<text ${text} fill="none" stroke="${color}" stroke-width="${fontSize / 4}" stroke-linejoin="round">${escaped}</text><text ${text} fill="#ffffff">${escaped}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${image.width}" height="${image.height}">${shapes.join('')}</svg>`
}

/** Segments of a digit as on a pocket calculator: top, upper left, upper right, middle, lower left, lower right, bottom. */
const digitSegments: readonly string[] = [
  '1110111',
  '0010010',
  '1011101',
  '1011011',
  '0111010',
  '1101011',
  '1101111',
  '1010010',
  '1111111',
  '1111011',
]
const segmentPaths: readonly string[] = [
  'M0 0H1',
  'M0 0V1',
  'M1 0V1',
  'M0 1H1',
  'M0 1V2',
  'M1 1V2',
  'M0 2H1',
]

function drawNumber(
  value: number,
  at: { readonly x: number; readonly y: number; readonly size: number; readonly color: string },
): string {
  const scale = at.size / 2.4
  const digits = [...String(value)].map((digit, column) => {
    const segments = digitSegments[Number(digit)] ?? ''
    const path = segmentPaths.filter((_, index) => segments[index] === '1').join('')
    const place = `translate(${at.x + column * scale * 1.7 + scale / 2} ${at.y + scale / 4}) scale(${scale})`
    return `<g transform="${place}" fill="none" stroke-linecap="round"><path d="${path}" stroke="${at.color}" stroke-width="0.6"/><path d="${path}" stroke="#ffffff" stroke-width="0.25"/></g>`
  })
  return digits.join('')
}

/** The text for XML: markup escaped, characters that XML forbids replaced. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\u{FFFD}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
