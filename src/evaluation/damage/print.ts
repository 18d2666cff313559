import {
  type ApplyDamage,
  changePixels,
  faceScale,
  keepPlace,
  lumaOf,
  readPixel,
} from './picture.ts'

/** A newspaper's dots; `cell` is their distance in pixels of a face of 100, at 45 degrees. */
export function printDots(cell: number): ApplyDamage {
  return keepPlace((image, face) => {
    const step = Math.max(2, cell * faceScale(face))
    return changePixels(image, (out, x, y) => {
      const a = (x + y) / Math.SQRT2 / step
      const b = (x - y) / Math.SQRT2 / step
      const distance = Math.hypot(a - Math.round(a), b - Math.round(b))
      const light = lumaOf(out[0], out[1], out[2]) / 255
      // A dot's area is the share of black; at 0.5 the dots of a grid touch.
      const radius = Math.sqrt((1 - light) / Math.PI) * 1.1
      out.fill(255 * Math.min(1, Math.max(0, 0.5 + (distance - radius) * step)))
    })
  })
}

/** Coloured dots of four inks at four angles. */
export function printColourDots(cell: number): ApplyDamage {
  const angles = [0.26, 1.31, 0] as const
  return keepPlace((image, face) => {
    const step = Math.max(2, cell * faceScale(face))
    return changePixels(image, (out, x, y) => {
      for (const [c, angle] of angles.entries()) {
        const a = (x * Math.cos(angle) + y * Math.sin(angle)) / step
        const b = (y * Math.cos(angle) - x * Math.sin(angle)) / step
        const distance = Math.hypot(a - Math.round(a), b - Math.round(b))
        const radius = Math.sqrt((1 - out[c]! / 255) / Math.PI) * 1.1
        out[c] = 255 * Math.min(1, Math.max(0, 0.5 + (distance - radius) * step))
      }
    })
  })
}

/** Waves that a camera sees on a screen; `strength` in steps of 0 to 255. */
export function addMoire(strength: number): ApplyDamage {
  return keepPlace((image, face, random) => {
    const scale = faceScale(face)
    const phase = 2 * Math.PI * random()
    return changePixels(image, (out, x, y) => {
      const [a, b] = [x / scale, y / scale]
      const bent = Math.sin(0.045 * a + 0.02 * b + phase)
      for (let c = 0; c < 3; c++) {
        const pattern =
          Math.sin(0.55 * a + 0.25 * b + 4 * bent + c) + Math.sin(0.5 * b - 0.3 * a + c)
        out[c] = out[c]! + 0.5 * strength * pattern
      }
    })
  })
}

/** Dark lines between a screen's rows; `period` in pixels of a face of 100. */
export function addScanLines(period: number, darkest: number): ApplyDamage {
  return keepPlace((image, face) => {
    const step = Math.max(2, period * faceScale(face))
    return changePixels(image, (out, _x, y) => {
      const factor = (y / step) % 1 < 0.5 ? darkest : 1
      for (let c = 0; c < 3; c++) out[c] = out[c]! * factor
    })
  })
}

/** Red and blue moved apart by `distance` pixels of a face of 100, as by a bad lens or print. */
export function moveColours(distance: number): ApplyDamage {
  return keepPlace((image, face) => {
    const step = distance * faceScale(face)
    const other: [number, number, number] = [0, 0, 0]
    return changePixels(image, (out, x, y) => {
      readPixel(image, [x - step, y], other)
      out[0] = other[0]
      readPixel(image, [x + step, y], other)
      out[2] = other[2]
    })
  })
}

/** The picture over itself, moved by `distance` pixels of a face of 100, as of a shaken exposure. */
export function exposeTwice(distance: number): ApplyDamage {
  return keepPlace((image, face) => {
    const step = distance * faceScale(face)
    const other: [number, number, number] = [0, 0, 0]
    return changePixels(image, (out, x, y) => {
      readPixel(image, [x - step, y - 0.5 * step], other)
      for (let c = 0; c < 3; c++) out[c] = 0.5 * (out[c]! + other[c]!)
    })
  })
}

/** Light from a blind: soft dark stripes over everything, `count` over the height of the face. */
export function addStripedShadow(count: number, darkest: number): ApplyDamage {
  return keepPlace((image, { box }, random) => {
    const phase = 2 * Math.PI * random()
    const period = Math.max(2, box.height / count)
    return changePixels(image, (out, x, y) => {
      const wave = 0.5 + 0.5 * Math.sin((2 * Math.PI * (y + 0.3 * x)) / period + phase)
      const factor = darkest + (1 - darkest) * Math.min(1, Math.max(0, 2.5 * wave - 0.75))
      for (let c = 0; c < 3; c++) out[c] = out[c]! * factor
    })
  })
}
