import { isInEllipse } from './face-frame.ts'
import type { ApplyDamage, Colour, Random } from './picture.ts'
import { createClouds, fillPicture, inPlaceOf, madeSize, randomColour } from './textures.ts'

type Pair = readonly [number, number]

/** Sizes of a drawn face, in units of its head's half width, from the head's centre. */
interface Drawing {
  readonly head: Pair
  readonly eye: Pair
  readonly eyeAt: Pair
  readonly pupil: number
  readonly brow: number
  readonly nose: Pair
  readonly mouth: Pair
  readonly mouthAt: number
  /** Curve of the mouth; positive: smiling. */
  readonly smile: number
  readonly hair: number
  readonly scale: number
  readonly centre: Pair
}

function draw(random: Random): Drawing {
  const between = (low: number, high: number): number => low + (high - low) * random()
  return {
    head: [1, between(1.15, 1.5)],
    eye: [between(0.15, 0.3), between(0.1, 0.28)],
    eyeAt: [between(0.34, 0.5), between(-0.3, -0.1)],
    pupil: between(0.35, 0.6),
    brow: between(0.12, 0.25),
    nose: [between(0.08, 0.18), between(0.1, 0.3)],
    mouth: [between(0.25, 0.5), between(0.05, 0.16)],
    mouthAt: between(0.55, 0.75),
    smile: between(-0.15, 0.3),
    hair: between(-0.9, -0.4),
    scale: madeSize * between(0.2, 0.3),
    centre: [madeSize * between(0.42, 0.58), madeSize * between(0.45, 0.55)],
  }
}

type Part = 'background' | 'hair' | 'head' | 'white' | 'pupil' | 'brow' | 'nose' | 'mouth'

/** The part of a drawn face at a point. */
function partAt(face: Drawing, x: number, y: number): Part {
  const u = (x - face.centre[0]) / face.scale
  const v = (y - face.centre[1]) / face.scale
  const side: Pair = [Math.abs(u), v]
  if (!isInEllipse([u, v], [0, 0], face.head)) {
    return isInEllipse([u, v], [0, -0.15], [1.12, face.head[1] + 0.12]) && v < 0.3
      ? 'hair'
      : 'background'
  }
  const [eyeU, eyeV] = face.eyeAt
  const pupil = face.pupil * Math.min(...face.eye)
  if (isInEllipse(side, [eyeU, eyeV], [pupil, pupil])) return 'pupil'
  if (isInEllipse(side, [eyeU, eyeV], face.eye)) return 'white'
  const browV = eyeV - face.eye[1] - face.brow + 0.5 * (side[0] - eyeU) ** 2
  if (Math.abs(v - browV) < 0.04 && Math.abs(side[0] - eyeU) < face.eye[0] * 1.3) return 'brow'
  const noseV = 0.22
  if (v > noseV - face.nose[1] && v < noseV && side[0] < (v - noseV + face.nose[1]) * 0.5) {
    return 'nose'
  }
  const mouthV = face.mouthAt - face.smile * (u / face.mouth[0]) ** 2 * 0.5
  if (side[0] < face.mouth[0]) {
    const open = face.mouth[1] * Math.sqrt(1 - (u / face.mouth[0]) ** 2)
    if (Math.abs(v - mouthV) < open) return 'mouth'
  }
  return v < face.hair ? 'hair' : 'head'
}

/** A cartoon: areas of one colour each, skin or any other; outlined when `outlined`. */
export function drawCartoon(skin: 'human' | 'any', outlined: boolean): ApplyDamage {
  return inPlaceOf((random) => {
    const face = draw(random)
    const light = 0.45 + 0.55 * random()
    const colours: Record<Part, Colour> = {
      background: randomColour(random),
      hair: randomColour(random).map((value) => value * 0.6) as Colour,
      head: skin === 'human' ? [245 * light, 205 * light, 170 * light] : randomColour(random),
      white: [250, 250, 250],
      pupil: [20, 25, 40],
      brow: [50, 35, 25],
      nose: [200 * light, 150 * light, 125 * light],
      mouth: [180, 50, 60],
    }
    return fillPicture((out, x, y) => {
      const part = partAt(face, x, y)
      const isEdge =
        outlined && (partAt(face, x + 1.6, y) !== part || partAt(face, x, y + 1.6) !== part)
      for (let c = 0; c < 3; c++) out[c] = isEdge ? 15 : colours[part][c]!
    })
  })
}

/** A doll: the drawing shaded like a ball, with soft light and some texture. */
export function drawDoll(): ApplyDamage {
  return inPlaceOf((random) => {
    const face = draw(random)
    const clouds = createClouds(random, 60)
    const lightU = random() - 0.5
    const colours: Record<Part, Colour> = {
      background: randomColour(random),
      hair: [90 * random(), 70 * random(), 50 * random()],
      head: [235, 190 + 20 * random(), 160 + 30 * random()],
      white: [245, 245, 245],
      pupil: [40, 60 + 60 * random(), 90],
      brow: [80, 60, 45],
      nose: [225, 170, 145],
      mouth: [200, 80, 85],
    }
    return fillPicture((out, x, y) => {
      let shade = 1 + 0.3 * clouds(x, y)
      const u = (x - face.centre[0]) / face.scale
      const v = (y - face.centre[1]) / face.scale / face.head[1]
      const part = partAt(face, x, y)
      const inside = 1 - u * u - v * v
      if (inside > 0) shade = 0.35 + 0.5 * Math.sqrt(inside) + 0.3 * (u * lightU - v * 0.5)
      for (let c = 0; c < 3; c++) out[c] = colours[part][c]! * shade
    })
  })
}

/** A drawing in lines on white or in chalk on black. */
export function drawLines(ink: number, paper: number): ApplyDamage {
  return inPlaceOf((random) => {
    const face = draw(random)
    const width = 1 + 2.5 * random()
    return fillPicture((out, x, y) => {
      const part = partAt(face, x, y)
      const isLine =
        part === 'pupil' ||
        part === 'brow' ||
        partAt(face, x + width, y) !== part ||
        partAt(face, x, y + width) !== part
      out.fill(isLine ? ink : paper)
    })
  })
}

/** Two dots and a mouth in a disc. */
export function drawSmiley(): ApplyDamage {
  return inPlaceOf((random) => {
    const face: Drawing = { ...draw(random), head: [1.1, 1.1], hair: -9 }
    const [disc, background] = [randomColour(random), randomColour(random)]
    return fillPicture((out, x, y) => {
      const part = partAt(face, x, y)
      const isDark = part === 'pupil' || part === 'white' || part === 'mouth'
      const colour = part === 'background' || part === 'hair' ? background : disc
      for (let c = 0; c < 3; c++) out[c] = isDark ? 20 : colour[c]!
    })
  })
}

/** Holes in plates, headlights, dials: things in which people see faces. */
export function drawThing(thing: 'socket' | 'clock' | 'car' | 'house'): ApplyDamage {
  return inPlaceOf((random) => {
    const wall = createClouds(random, 40)
    const [ground, plate] = [randomColour(random), randomColour(random)]
    const size = madeSize * (0.25 + 0.1 * random())
    const turnOfHand = 2 * Math.PI * random()
    const variation = 0.8 + 0.4 * random()
    return fillPicture((out, x, y) => {
      const u = (x - madeSize / 2) / size
      const v = (y - madeSize / 2) / size
      const shade = thingShade[thing](u, v, { variation, turnOfHand })
      const colour = shade === undefined ? ground : plate
      const light = (shade ?? 1) * (1 + 0.3 * wall(x, y))
      for (let c = 0; c < 3; c++) out[c] = colour[c]! * light
    })
  })
}

interface ThingShape {
  /** 0.8 to 1.2, of sizes. */
  readonly variation: number
  readonly turnOfHand: number
}

/** Brightness of the plate, 0 for holes; `undefined` outside of it. */
const thingShade: Readonly<
  Record<
    'socket' | 'clock' | 'car' | 'house',
    (u: number, v: number, shape: ThingShape) => number | undefined
  >
> = {
  socket(u, v, { variation }) {
    if (Math.max(Math.abs(u), Math.abs(v)) > 1) return undefined
    if (isInEllipse([Math.abs(u), v], [0.3, -0.15], [0.09, 0.16 * variation])) return 0.05
    if (isInEllipse([u, v], [0, 0.35], [0.14 * variation, 0.12])) return 0.05
    return Math.hypot(u, v) > 0.75 ? 0.85 : 1
  },
  clock(u, v, { variation, turnOfHand }) {
    const radius = Math.hypot(u, v)
    if (radius > 1) return undefined
    if (radius > 0.92) return 0.2
    const angle = Math.atan2(v, u)
    const hand = (at: number, length: number): boolean =>
      radius < length && Math.abs(Math.sin(angle - at)) * radius < 0.04 && Math.cos(angle - at) > 0
    if (hand(turnOfHand, 0.8) || hand(variation * 7, 0.5)) return 0.1
    return radius > 0.75 && Math.abs(Math.sin(6 * angle)) < 0.15 ? 0.1 : 1
  },
  car(u, v, { variation }) {
    if (Math.abs(u) > 1.2 || v < -0.8 || v > 0.8) return undefined
    if (isInEllipse([Math.abs(u), v], [0.8, 0], [0.25, 0.2 * variation])) return 1.6
    if (Math.abs(u) < 0.5 && Math.abs(v - 0.1) < 0.2) return (v * 14) % 1 > 0.5 ? 0.1 : 0.4
    if (v < -0.3 && Math.abs(u) < 0.9) return 0.25
    return Math.abs(v - 0.55) < 0.05 ? 0.3 : 0.9
  },
  house(u, v, { variation }) {
    if (Math.abs(u) > 1 || v < -0.9 || v > 1) return undefined
    if (Math.abs(Math.abs(u) - 0.45) < 0.2 * variation && Math.abs(v + 0.2) < 0.2) return 0.2
    if (Math.abs(u) < 0.18 && v > 0.35) return 0.3
    return v < -0.6 ? 0.6 : 1
  },
}
