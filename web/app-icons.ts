import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import type { Plugin } from 'vite'

const source = new URL('./public/icon.svg', import.meta.url)

/** The icon's own background; masks cut off its corners. */
const background = '#0f766e'

/** What a mask leaves of a picture in any case is a circle of four fifths of its width. */
const safePart = 0.8

/** Draws the page's icon for where systems take no SVG. */
export function appIcons(): Plugin {
  return {
    name: 'app-icons',
    apply: 'build',
    async generateBundle() {
      const svg = await readFile(source)
      const icons: readonly (readonly [string, Buffer])[] = [
        ['icon-192.png', await draw(svg, { size: 192, part: 1 })],
        ['icon-512.png', await draw(svg, { size: 512, part: 1 })],
        ['icon-maskable-512.png', await draw(svg, { size: 512, part: safePart, background })],
        ['apple-touch-icon.png', await draw(svg, { size: 180, part: 1, background })],
      ]
      for (const [fileName, bytes] of icons) {
        this.emitFile({ type: 'asset', fileName, source: bytes })
      }
    },
  }
}

interface Drawing {
  /** Width and height, pixels. */
  readonly size: number
  /** How much of the width the icon has. */
  readonly part: number
  /** Behind and around the icon; default: nothing. */
  readonly background?: string
}

async function draw(
  svg: Buffer,
  { size, part, background: color = '#0000' }: Drawing,
): Promise<Buffer> {
  const inner = Math.round(size * part)
  const icon = await sharp(svg, { density: (72 * inner) / 32 })
    .resize(inner, inner)
    .toBuffer()
  const blank = { width: size, height: size, channels: 4 as const, background: color }
  return sharp({ create: blank })
    .composite([{ input: icon }])
    .png({ palette: true, effort: 10 })
    .toBuffer()
}
