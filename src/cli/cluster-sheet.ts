import { readFile } from 'node:fs/promises'
import sharp, { type OverlayOptions } from 'sharp'
import { clipBox, expandBox } from '../core/geometry.ts'
import type { Box } from '../core/types.ts'
import type { MixedStranger, SplitPerson } from '../evaluation/strangers/cluster-rates.ts'
import { decodeImage } from '../vision/pipeline/image.ts'
import type { ImageLimits } from '../vision/pipeline/image-limits.ts'
import { escapeXml } from './draw.ts'
import { examineLetters } from './draw-letters.ts'

/** A row of a sheet: photographs in groups that a colour marks. */
interface SheetRow {
  readonly title: string
  /** Names of images. */
  readonly groups: readonly (readonly string[])[]
}

/** Of photographs, pixels. */
const tileSize = 112
const gap = 6
const titleHeight = 24
const tilesPerRow = 14

const colors = ['#2563eb', '#dc2626', '#16a34a', '#d97706', '#9333ea', '#0891b2']

/** Around the box of a face, as a share of its sides: hair and chin help to recognise somebody. */
const margin = 0.4

export interface SheetOptions {
  /** Path of an image by its name. */
  readonly fileOf: (key: string) => string
  /** The face that an image is about, in pixels after its EXIF orientation. */
  readonly findFace: (image: Uint8Array) => Promise<Box | undefined>
  readonly limits: ImageLimits
}

/**
 * Draws the worst strangers of an evaluation as a sheet of faces: first those that several persons
 * came to, a colour each person, then persons who were split, a colour each stranger.
 *
 * @returns a JPEG file
 * @throws {FaceError} as `decodeImage`, and `findFace`
 */
export async function drawClusterSheet(
  {
    mixed,
    split,
  }: { readonly mixed: readonly MixedStranger[]; readonly split: readonly SplitPerson[] },
  options: SheetOptions,
): Promise<Uint8Array> {
  const rows = [...mixed.map(toMixedRow), ...split.map(toSplitRow)]
  const { canDraw } = await examineLetters(rows.map(({ title }) => title))
  const width = gap + tilesPerRow * (tileSize + gap)
  const rowHeight = titleHeight + tileSize + gap
  const tiles: OverlayOptions[] = []
  const shapes: string[] = []
  for (const [r, { title, groups }] of rows.entries()) {
    const top = gap + r * rowHeight
    // Without a font for a name the colours still tell.
    if (canDraw(title)) {
      shapes.push(
        `<text x="${gap}" y="${top + 17}" font-family="sans-serif" font-size="15">${escapeXml(title)}</text>`,
      )
    }
    for (const [i, { key, group }] of chooseTiles(groups).entries()) {
      const place = { left: gap + i * (tileSize + gap), top: top + titleHeight }
      tiles.push({ input: await readTile(key, options), ...place })
      const color = colors[group % colors.length]
      shapes.push(
        `<rect x="${place.left}" y="${place.top}" width="${tileSize}" height="${tileSize}" fill="none" stroke="${color}" stroke-width="5"/>`,
      )
    }
  }
  const height = gap + Math.max(1, rows.length) * rowHeight
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`
  return sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([...tiles, { input: Buffer.from(svg), left: 0, top: 0 }])
    .jpeg({ quality: 88 })
    .toBuffer()
}

function toMixedRow({ wrongPairs, people }: MixedStranger): SheetRow {
  const names = people.map(({ person, images }) => `${person} (${images.length})`)
  return {
    title: `together, ${wrongPairs} wrong pairs: ${names.join(', ')}`,
    groups: people.map(({ images }) => images),
  }
}

function toSplitRow({ person, missedPairs, parts }: SplitPerson): SheetRow {
  const sizes = parts.map(({ length }) => length)
  return {
    title: `split, ${missedPairs} missed pairs: ${person} (${sizes.join(' + ')})`,
    groups: parts,
  }
}

/** As many of each group as have room, and of every group one while there is room. */
function chooseTiles(
  groups: readonly (readonly string[])[],
): readonly { readonly key: string; readonly group: number }[] {
  const each = Math.max(1, Math.floor(tilesPerRow / groups.length))
  return groups
    .flatMap((keys, group) => keys.slice(0, each).map((key) => ({ key, group })))
    .slice(0, tilesPerRow)
}

async function readTile(key: string, { fileOf, findFace, limits }: SheetOptions): Promise<Buffer> {
  const file = new Uint8Array(await readFile(fileOf(key)))
  const { data, width, height } = await decodeImage(file, limits)
  // The analyzer takes the bytes over.
  const face = await findFace(file)
  const whole = { x: 0, y: 0, width, height }
  const part = (face && clipBox(expandBox(face, margin), width, height)) ?? whole
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .extract({ left: part.x, top: part.y, width: part.width, height: part.height })
    .resize(tileSize, tileSize, { fit: 'cover' })
    .png()
    .toBuffer()
}
