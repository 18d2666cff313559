import { cover, createFaceFrame, flat, isInEllipse, isInPolygon, skinOf } from './face-frame.ts'
import { type ApplyDamage, type Colour, keepPlace, type Random } from './picture.ts'

/** A cloth mask from the bridge of the nose to under the chin, with three folds and ear loops. */
export function wearMask(colour: Readonly<Colour>): ApplyDamage {
  return keepPlace((image, face, random) => {
    const top = 0.32 + jitter(random, 0.08)
    const side = 0.55 + jitter(random, 0.08)
    const corners = [
      ...[-1.02, side, -0.45, top + 0.08, 0, top, 0.45, top + 0.08, 1.02, side],
      ...[1, 1.25, 0.55, 1.88, 0, 2.08, -0.55, 1.88, -1, 1.25],
    ]
    return cover(image, createFaceFrame(face), {
      region: (u, v) => isInPolygon(u, v, corners) || isLoop(u, v, side),
      paint: (out, u, v) => {
        const fold = Math.abs(((v - 0.7 + 10) % 0.3) - 0.15) < 0.025 ? 0.8 : 1
        const light = fold * (1 - 0.18 * Math.abs(u))
        for (let c = 0; c < 3; c++) out[c] = colour[c]! * light
      },
    })
  })
}

/** The loop that leads from the mask's upper corner to the ear. */
function isLoop(u: number, v: number, side: number): boolean {
  const along = Math.abs(u) - 1
  return along > 0 && along < 0.3 && Math.abs(v - (side - 1.3 * along)) < 0.03
}

/** Dark glasses over both eyes, `size` 1 for usual ones. */
export function wearSunglasses(size: number, colour: Readonly<Colour>): ApplyDamage {
  return keepPlace((image, face, random) => {
    const frame = createFaceFrame(face)
    const height = 0.33 * size * (1 + jitter(random, 0.1))
    const width = 0.44 * size * (1 + jitter(random, 0.05))
    const lens = Math.max(frame.eyeU, 0.3)
    return cover(image, frame, {
      region: (u, v) =>
        isInEllipse([Math.abs(u), v], [lens, 0.06], [width, height]) ||
        (Math.abs(u) < lens && Math.abs(v + 0.08) < 0.05) ||
        (Math.abs(u) >= lens && Math.abs(u) < lens + 0.65 && Math.abs(v + 0.08) < 0.045),
      paint: (out, u, v) => {
        const shine = 18 * Math.max(0, 1 - Math.hypot(Math.abs(u) - lens + 0.15, v + 0.08) / 0.25)
        for (let c = 0; c < 3; c++) out[c] = colour[c]! + shine
      },
    })
  })
}

/** A bar over the eyes, as newspapers print it. */
export function barEyes(): ApplyDamage {
  return keepPlace((image, face) =>
    cover(image, createFaceFrame(face), {
      region: (u, v) => Math.abs(u) < 1.05 && Math.abs(v) < 0.25,
      paint: flat([5, 5, 5]),
    }),
  )
}

/** A hand of the face's colour over the mouth, a cheek or an eye. */
export function coverByHand(over: 'mouth' | 'cheek' | 'eye'): ApplyDamage {
  return keepPlace((image, face, random) => {
    const frame = createFaceFrame(face)
    const skin = skinOf(image, frame)
    const side = random() < 0.5 ? -1 : 1
    const places = {
      mouth: [0.15, 1.2, 0.2],
      cheek: [0.75, 0.9, 0.9],
      eye: [0.6, 0.15, 0.8],
    } as const
    const [centreU, centreV, angle] = places[over]
    const cos = Math.cos(angle)
    const sin = Math.sin(angle)
    const fingers = [-0.33, -0.11, 0.11, 0.33].map((offset) => offset + jitter(random, 0.03))
    const lengths = fingers.map((_, i) => 0.75 + 0.2 * Math.sin(i + 1) + jitter(random, 0.08))
    /** The hand's own axes: fingers point along -a from the palm, which lies at a > 0. */
    const toHand = (u: number, v: number): [number, number] => {
      const du = side * (u - side * centreU)
      const dv = v - centreV
      return [du * cos + dv * sin, dv * cos - du * sin]
    }
    return cover(image, frame, {
      region: (u, v) => {
        const [a, b] = toHand(u, v)
        if (a > 0 && a < 2.5 && Math.abs(b) < 0.45 - (a > 0.9 ? 0.1 : 0)) return true
        return fingers.some(
          (at, i) => Math.abs(b - at) < 0.105 && a <= 0 && a > -(lengths[i] ?? 0.8),
        )
      },
      paint: (out, u, v) => {
        const [, b] = toHand(u, v)
        const nearest = Math.min(...fingers.map((at) => Math.abs(b - at)))
        const light = 0.98 - 2.2 * Math.max(0, nearest - 0.03)
        for (let c = 0; c < 3; c++) out[c] = skin[c]! * Math.max(0.55, light)
      },
    })
  })
}

/** All of one side from the middle line on. */
export function coverHalf(side: 'left' | 'right', colour: Readonly<Colour>): ApplyDamage {
  return keepPlace((image, face) =>
    cover(image, createFaceFrame(face), {
      region: (u, v) =>
        (side === 'left' ? u < 0 : u > 0) && Math.abs(u) < 1.6 && v > -1.8 && v < 2.4,
      paint: flat(colour),
    }),
  )
}

/** Everything below the line of the nose's tip. */
export function coverLowerHalf(colour: Readonly<Colour>): ApplyDamage {
  return keepPlace((image, face) =>
    cover(image, createFaceFrame(face), { region: (_u, v) => v > 0.6, paint: flat(colour) }),
  )
}

/** Cloth with a pattern around mouth, chin and neck. */
export function wearScarf(colour: Readonly<Colour>): ApplyDamage {
  return keepPlace((image, face, random) => {
    const top = 0.8 + jitter(random, 0.08)
    const phase = random()
    return cover(image, createFaceFrame(face), {
      region: (u, v) => v > top + 0.12 * Math.cos(2 * u) && Math.abs(u) < 1.35 && v < 3.2,
      paint: (out, u, v) => {
        const fold = 0.8 + 0.2 * Math.sin(9 * (v + 0.4 * u * u) + 6 * phase)
        const stripe = (v * 2.2 + phase) % 1 < 0.3 ? 0.55 : 1
        for (let c = 0; c < 3; c++) out[c] = colour[c]! * fold * stripe
      },
    })
  })
}

/** A hat whose brim reaches down to `brim` above the eyes (0.35 the brows, 0.1 nearly the eyes). */
export function wearHat(brim: number, colour: Readonly<Colour>): ApplyDamage {
  return keepPlace((image, face, random) => {
    const edge = -brim + jitter(random, 0.04)
    return cover(image, createFaceFrame(face), {
      region: (u, v) =>
        (Math.abs(u) < 1.5 && v < edge - 0.06 * u * u && v > edge - 0.22) ||
        (v < edge && isInEllipse([u, v], [0, edge], [1.15, 1.5])),
      paint: (out, u, v) => {
        const light = (v > edge - 0.22 ? 0.75 : 1) * (1 - 0.25 * Math.abs(u))
        for (let c = 0; c < 3; c++) out[c] = colour[c]! * light
      },
    })
  })
}

/** Bars over the face, narrower than the gaps between them. */
export function coverByBars(count: number, direction: 'across' | 'down'): ApplyDamage {
  return keepPlace((image, face, random) => {
    const phase = random()
    return cover(image, createFaceFrame(face), {
      region: (u, v) => {
        if (Math.abs(u) > 1.4 || v < -1.4 || v > 2.3) return false
        const along = direction === 'across' ? (v + 1.4) / 3.7 : (u + 1.4) / 2.8
        return (along * count + phase) % 1 < 0.4
      },
      paint: flat([40, 42, 45]),
    })
  })
}

/** Rectangles of random colours, about `share` of the face together. */
export function eraseParts(share: number): ApplyDamage {
  return keepPlace((image, face, random) => {
    const rectangles = Array.from({ length: Math.max(1, Math.round(share * 10)) }, () => ({
      u: -1 + 2 * random(),
      v: -0.8 + 2.6 * random(),
      width: 0.25 + 0.2 * random(),
      height: 0.3 + 0.25 * random(),
      colour: [255 * random(), 255 * random(), 255 * random()] as Colour,
    }))
    const at = (u: number, v: number) =>
      rectangles.find((r) => Math.abs(u - r.u) < r.width && Math.abs(v - r.v) < r.height)
    return cover(image, createFaceFrame(face), {
      region: (u, v) => at(u, v) !== undefined,
      paint: (out, u, v) => {
        const { colour } = at(u, v) ?? { colour: [128, 128, 128] }
        for (let c = 0; c < 3; c++) out[c] = colour[c]!
      },
    })
  })
}

/** Lines of blocks like letters over the whole face, as of captions and watermarks. */
export function writeOver(lines: number): ApplyDamage {
  return keepPlace((image, face, random) => {
    const seed = Math.floor(1e6 * random())
    const pitch = 3 / lines
    return cover(image, createFaceFrame(face), {
      region: (u, v) => {
        const line = Math.floor((v + 1) / pitch)
        const within = (v + 1) / pitch - line
        if (line < 0 || line >= lines || within > 0.55 || Math.abs(u) > 1.6) return false
        const column = Math.floor((u + 1.6) / (0.07 * pitch + 0.03))
        const row = Math.floor(within * 7)
        return ((seed + 7919 * line + 104729 * column + 1299721 * row * (column % 5)) >> 3) % 5 < 3
      },
      paint: flat([250, 250, 250]),
    })
  })
}

/** A random number from -size to size. */
function jitter(random: Random, size: number): number {
  return (2 * random() - 1) * size
}
