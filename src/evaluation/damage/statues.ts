import type { ApplyDamage, Colour, Random } from './picture.ts'
import {
  createClouds,
  type Field,
  fillPicture,
  inPlaceOf,
  madeSize,
  randomColour,
} from './textures.ts'

/** Stone, metal or wood, from its albedo and how strongly it shines. */
export interface Material {
  readonly colour: Readonly<Colour>
  /** Strength of stains and grain, 0 to 1. */
  readonly grain: number
  readonly shine: number
  /** Openings instead of eyes, as masks have them. */
  readonly holes: boolean
}

/** Depth of a head towards the viewer, units of half its width; `undefined` outside of it. */
type Relief = (u: number, v: number) => number | undefined

/** A head in relief, lit from one side: a statue, a bust of bronze, a mask, a mannequin. */
export function carveStatue(material: Material): ApplyDamage {
  return inPlaceOf((random) => {
    const relief = shapeHead(random)
    return render(relief, material, random)
  })
}

/** The head of an animal: ears, a long snout with a dark nose, fur. */
export function growAnimal(): ApplyDamage {
  return inPlaceOf((random) => {
    const snout = 0.5 + 0.4 * random()
    const ear = 0.25 + 0.2 * random()
    const relief: Relief = (u, v) => {
      const head = 1 - u * u - v * v
      const isEar = v < -0.5 && Math.hypot((Math.abs(u) - 0.75) / ear, (v + 1) / 0.6) < 1
      if (head <= 0) return isEar ? 0.1 : undefined
      const nose = bump([u, v - 0.35], [0.4, 0.45], snout)
      const sockets = bump([Math.abs(u) - 0.4, v + 0.2], [0.16, 0.13], -0.3)
      return 0.6 * Math.sqrt(head) + nose + sockets
    }
    const eye = 0.09 + 0.05 * random()
    const dark = (u: number, v: number): boolean =>
      Math.hypot(Math.abs(u) - 0.4, v + 0.2) < eye ||
      Math.hypot(u / 1.3, v - 0.4) < 0.14 ||
      (Math.abs(u) < 0.3 && Math.abs(v - 0.65 + 0.6 * u * u) < 0.02)
    const colour: Colour = [120 + 110 * random(), 90 + 90 * random(), 60 + 80 * random()]
    const material = { colour, grain: 0.8, shine: 0, holes: false }
    return render(relief, material, random, dark)
  })
}

function shapeHead(random: Random): Relief {
  const length = 1.25 + 0.25 * random()
  const nose = 0.35 + 0.3 * random()
  const brow = 0.1 + 0.15 * random()
  const eyes = 0.36 + 0.08 * random()
  const lips = 0.1 + 0.1 * random()
  return (u, v) => {
    const head = 1 - u * u - (v / length) ** 2
    if (head <= 0) return undefined
    const side: readonly [number, number] = [Math.abs(u) - eyes, v + 0.15]
    return (
      0.8 * Math.sqrt(head) +
      bump([u, v - 0.12], [0.13, 0.3], nose) +
      bump([Math.abs(u) - eyes, v + 0.36], [0.28, 0.07], brow) +
      bump(side, [0.2, 0.11], -0.22) +
      bump(side, [0.12, 0.06], 0.14) +
      bump([u, v - 0.62], [0.28, 0.05], lips) +
      bump([u, v - 0.74], [0.24, 0.05], lips) +
      bump([u, v - 0.68], [0.3, 0.02], -lips) +
      bump([u, v - 1.0], [0.22, 0.14], 0.12)
    )
  }
}

function bump(
  [u, v]: readonly [number, number],
  [width, height]: readonly [number, number],
  depth: number,
): number {
  return depth * Math.exp(-((u / width) ** 2) - (v / height) ** 2)
}

/** Lambert's law with a light from above and one side, a highlight, grain and a cloudy background. */
function render(
  relief: Relief,
  material: Material,
  random: Random,
  dark: (u: number, v: number) => boolean = () => false,
) {
  const scale = madeSize * (0.24 + 0.06 * random())
  const [background, light] = [randomColour(random), lightFrom(random)]
  const clouds: Field = createClouds(random, 50)
  const grain: Field = createClouds(random, 5, 3)
  const turned = 0.5 * (random() - 0.5)
  return fillPicture((out, x, y) => {
    const u = (x - madeSize / 2) / scale
    const v = (y - madeSize / 2) / scale
    // Features lie off the middle where the head is turned away a little.
    const depth = (a: number, b: number): number | undefined => relief(a + turned * (1 - a * a), b)
    const here = depth(u, v)
    if (here === undefined) {
      for (let c = 0; c < 3; c++) out[c] = background[c]! * (0.7 + 0.3 * clouds(x, y))
      return
    }
    const step = 0.02
    const slopeU = ((depth(u + step, v) ?? 0) - here) / step
    const slopeV = ((depth(u, v + step) ?? 0) - here) / step
    const length = Math.hypot(slopeU, slopeV, 1)
    const facing = (-slopeU * light[0] - slopeV * light[1] + light[2]) / length
    const hole = material.holes && isHole(u + turned * (1 - u * u), v)
    const bright = hole || dark(u, v) ? 0.06 : 0.22 + 0.85 * Math.max(0, facing)
    const stain = 1 + material.grain * (0.35 * clouds(x, y) + 0.45 * grain(x, y))
    const shine = hole ? 0 : 255 * material.shine * Math.max(0, facing) ** 18
    for (let c = 0; c < 3; c++) out[c] = material.colour[c]! * bright * stain + shine
  })
}

function isHole(u: number, v: number): boolean {
  const isEye = Math.hypot((Math.abs(u) - 0.4) / 0.18, (v + 0.15) / 0.09) < 1
  return isEye || Math.hypot(u / 0.25, (v - 0.68) / 0.07) < 1
}

/** A unit vector towards the light. */
function lightFrom(random: Random): readonly [number, number, number] {
  const u = 1.2 * (random() - 0.5)
  const v = -0.3 - 0.4 * random()
  const length = Math.hypot(u, v, 1)
  return [u / length, v / length, 1 / length]
}
