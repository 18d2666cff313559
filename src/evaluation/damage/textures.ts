import type { RgbImage } from '../../vision/pipeline/image.ts'
import { gaussian } from './noise.ts'
import {
  type ApplyDamage,
  type ChangePixel,
  type Colour,
  changePixels,
  createImage,
  type Random,
} from './picture.ts'

/** Sides of a made picture, pixels: as LFW's. */
export const madeSize = 250

/** A picture without a person in place of the photograph; its "face" is the whole picture. */
export function inPlaceOf(make: (random: Random) => RgbImage): ApplyDamage {
  return (_image, _face, random) => {
    const image = make(random)
    return { image, box: { x: 0, y: 0, width: image.width, height: image.height } }
  }
}

/** A square picture, pixel by pixel from black. */
export function fillPicture(fill: ChangePixel): RgbImage {
  return changePixels(createImage(madeSize, madeSize), fill)
}

export function randomColour(random: Random): Colour {
  return [255 * random(), 255 * random(), 255 * random()]
}

/** Smooth random values between -1 and 1 over the picture. */
export type Field = (x: number, y: number) => number

/**
 * Sums of random values on ever finer grids, interpolated smoothly.
 *
 * @param size  of the coarsest cells, pixels
 * @source value noise with octaves, after Perlin 1985
 */
export function createClouds(random: Random, size: number, octaves = 4): Field {
  const count = 64
  const grids = Array.from({ length: octaves }, () =>
    Float32Array.from({ length: count * count }, () => 2 * random() - 1),
  )
  const valueAt = (grid: Float32Array, x: number, y: number): number => {
    const [left, top] = [Math.floor(x), Math.floor(y)]
    const [fx, fy] = [ease(x - left), ease(y - top)]
    const node = (dx: number, dy: number): number =>
      grid[((top + dy) & (count - 1)) * count + ((left + dx) & (count - 1))]!
    const upper = node(0, 0) * (1 - fx) + node(1, 0) * fx
    return upper * (1 - fy) + (node(0, 1) * (1 - fx) + node(1, 1) * fx) * fy
  }
  return (x, y) => {
    let sum = 0
    let weight = 0.5
    let scale = 1 / size
    for (const grid of grids) {
      sum += weight * valueAt(grid, x * scale, y * scale)
      weight /= 2
      scale *= 2
    }
    return sum
  }
}

function ease(t: number): number {
  return t * t * (3 - 2 * t)
}

export function makeNoise(colours: 'grey' | 'colour', cell: number): ApplyDamage {
  return inPlaceOf((random) => {
    const columns = Math.ceil(madeSize / cell)
    const values = Float32Array.from(
      { length: 3 * columns * columns },
      () => 128 + 70 * gaussian(random),
    )
    return fillPicture((out, x, y) => {
      const at = 3 * (Math.floor(y / cell) * columns + Math.floor(x / cell))
      for (let c = 0; c < 3; c++) out[c] = values[colours === 'grey' ? at : at + c]!
    })
  })
}

/** Several sinusoids of random direction and length. */
export function makeWaves(count: number): ApplyDamage {
  return inPlaceOf((random) => {
    const waves = Array.from({ length: count }, () => {
      const angle = Math.PI * random()
      const frequency = 0.03 + 0.25 * random()
      return {
        x: frequency * Math.cos(angle),
        y: frequency * Math.sin(angle),
        phase: 2 * Math.PI * random(),
        colour: randomColour(random),
      }
    })
    return fillPicture((out, x, y) => {
      out.fill(128)
      for (const wave of waves) {
        const value = Math.sin(wave.x * x + wave.y * y + wave.phase) / Math.sqrt(count)
        for (let c = 0; c < 3; c++) out[c] = out[c]! + value * (wave.colour[c]! - 60)
      }
    })
  })
}

export function makeClouds(size: number): ApplyDamage {
  return inPlaceOf((random) => {
    const field = createClouds(random, size)
    const detail = createClouds(random, size / 3)
    const [from, to] = [randomColour(random), randomColour(random)]
    return fillPicture((out, x, y) => {
      const t = 0.5 + 0.7 * field(x, y)
      const grain = 25 * detail(x, y)
      for (let c = 0; c < 3; c++) out[c] = from[c]! * (1 - t) + to[c]! * t + grain
    })
  })
}

/** Ellipses of random colours over each other. */
export function makeEllipses(count: number): ApplyDamage {
  return inPlaceOf((random) => {
    const ellipses = Array.from({ length: count }, () => ({
      x: madeSize * random(),
      y: madeSize * random(),
      width: 8 + 60 * random() ** 2,
      height: 8 + 60 * random() ** 2,
      colour: randomColour(random),
    }))
    const background = randomColour(random)
    return fillPicture((out, x, y) => {
      const top = ellipses.findLast(
        (each) => ((x - each.x) / each.width) ** 2 + ((y - each.y) / each.height) ** 2 < 1,
      )
      const colour = top?.colour ?? background
      for (let c = 0; c < 3; c++) out[c] = colour[c]!
    })
  })
}

export function makeCheckerboard(cell: number): ApplyDamage {
  return inPlaceOf((random) => {
    const [from, to] = [randomColour(random), randomColour(random)]
    const shift = cell * random()
    const angle = 0.4 * (random() - 0.5)
    return fillPicture((out, x, y) => {
      const a = Math.floor((x * Math.cos(angle) + y * Math.sin(angle) + shift) / cell)
      const b = Math.floor((y * Math.cos(angle) - x * Math.sin(angle) + shift) / cell)
      const colour = ((a + b) & 1) === 0 ? from : to
      for (let c = 0; c < 3; c++) out[c] = colour[c]!
    })
  })
}

/** A wall of bricks or a front of windows: rows of rectangles, each a little different. */
export function makeWall(rows: number): ApplyDamage {
  return inPlaceOf((random) => {
    const pitch = madeSize / rows
    const shades = Float32Array.from({ length: 1024 }, () => 0.7 + 0.5 * random())
    const [brick, joint] = [randomColour(random), randomColour(random)]
    const grain = createClouds(random, 9)
    return fillPicture((out, x, y) => {
      const row = Math.floor(y / pitch)
      const along = x / (2 * pitch) + (row & 1) / 2
      const column = Math.floor(along)
      const isJoint = y % pitch < 0.14 * pitch || along - column < 0.08
      const light = isJoint ? 1 : shades[(31 * row + column) & 1023]!
      for (let c = 0; c < 3; c++) {
        out[c] = (isJoint ? joint : brick)[c]! * light + 20 * grain(x, y)
      }
    })
  })
}
