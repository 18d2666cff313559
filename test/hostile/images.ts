import sharp from 'sharp'
import { sampleFaces, samplePhoto } from '../helpers/cli.ts'
import type { Dice } from './dice.ts'

/** Draws image files, most of them broken. */
export interface HostileImages {
  draw(dice: Dice): Buffer
  /** A photograph of one face that can be enrolled. */
  readonly face: Buffer
}

/** Prepares a face in several formats, about 200 pixels wide. */
export async function createHostileImages(): Promise<HostileImages> {
  const [x, y, width, height] = sampleFaces.ann.box
  const margin = Math.round(width * 0.4)
  const region = { left: x - margin, top: y - margin, width: width + 2 * margin }
  const source = sharp(samplePhoto(sampleFaces.ann.sample))
    .extract({ ...region, height: height + 2 * margin })
    .resize(200)
  const png = await source.clone().png().toBuffer()
  const valid = await Promise.all([
    source.clone().jpeg().toBuffer(),
    source.clone().webp().toBuffer(),
    source.clone().tiff().toBuffer(),
    source.clone().avif({ effort: 0 }).toBuffer(),
    source.clone().gif().toBuffer(),
  ])
  const files = [png, ...valid]
  const face = valid[0] ?? png
  return {
    face,
    draw(dice) {
      const file = dice.pick(files)
      return dice.pick([
        () => file,
        () => file.subarray(0, dice.below(file.length)),
        () => mutate(file, dice),
        () => mutate(file, dice),
        () => withHugeHeader(png, dice),
        () => Buffer.concat([file, dice.bytes(dice.below(5000))]),
        () => Buffer.concat([file.subarray(0, dice.below(64)), dice.bytes(dice.below(5000))]),
        () => dice.bytes(dice.below(3000)),
        () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>'),
        () => Buffer.from('%PDF-1.7\n%%EOF'),
        () => Buffer.alloc(0),
      ])()
    },
  }
}

function mutate(file: Buffer, dice: Dice): Buffer {
  const copy = Buffer.from(file)
  for (let i = 1 + dice.below(20); i > 0; i--) copy[dice.below(copy.length)] = dice.below(256)
  return copy
}

/** A PNG whose header claims other dimensions than its data have. */
function withHugeHeader(png: Buffer, dice: Dice): Buffer {
  const copy = Buffer.from(png)
  const sides = [0, 1, 15_000, 65_535, 0x7fffffff, 0xffffffff]
  copy.writeUInt32BE(dice.pick(sides), 16)
  copy.writeUInt32BE(dice.pick(sides), 20)
  return copy
}
