import { smooth } from './blur.ts'
import {
  type ApplyDamage,
  boxCentre,
  type ChangePixel,
  type Colour,
  changePixels,
  faceScale,
  keepPlace,
  lumaOf,
} from './picture.ts'

/** A damage that looks at nothing but a pixel's colour. */
export function recolour(change: ChangePixel): ApplyDamage {
  return keepPlace((image) => changePixels(image, change))
}

/** Applies a function to every channel separately. */
export function mapChannels(change: (value: number) => number): ApplyDamage {
  return recolour((out) => {
    for (let c = 0; c < 3; c++) out[c] = change(out[c]!)
  })
}

/** Contrast about mid-grey. */
export function reduceContrast(share: number): ApplyDamage {
  return mapChannels((value) => 128 + (value - 128) * share)
}

/** Light times `factor`; above 1 the highlights are lost. */
export function exposeBy(factor: number): ApplyDamage {
  return mapChannels((value) => value * factor)
}

/** Colours lifted towards white, as in fog. */
export function addHaze(share: number): ApplyDamage {
  return mapChannels((value) => value * (1 - share) + 225 * share)
}

export function invert(): ApplyDamage {
  return mapChannels((value) => 255 - value)
}

/** Bright values turned dark, as by light on half-developed film. */
export function solarise(): ApplyDamage {
  return mapChannels((value) => (value < 128 ? 2 * value : 2 * (255 - value)))
}

/** `levels` values a channel. */
export function posterise(levels: number): ApplyDamage {
  return mapChannels((value) => (Math.round((value / 255) * (levels - 1)) * 255) / (levels - 1))
}

export function toGrey(): ApplyDamage {
  return recolour((out) => out.fill(lumaOf(out[0], out[1], out[2])))
}

/** Each channel times a factor: lamps of a colour. */
export function tint(factors: Readonly<Colour>): ApplyDamage {
  return recolour((out) => {
    for (let c = 0; c < 3; c++) out[c] = out[c]! * factors[c]!
  })
}

/** Red and blue changed, the mistake of programs that mix up RGB and BGR. */
export function swapChannels(): ApplyDamage {
  return recolour((out) => {
    const red = out[0]
    out[0] = out[2]
    out[2] = red
  })
}

/** Distance from grey times `factor`. */
export function saturate(factor: number): ApplyDamage {
  return recolour((out) => {
    const luma = lumaOf(out[0], out[1], out[2])
    for (let c = 0; c < 3; c++) out[c] = luma + factor * (out[c]! - luma)
  })
}

/** Brightness as colours from blue over green to red, as thermal cameras show heat. */
export function falseColours(): ApplyDamage {
  return recolour((out) => {
    const t = lumaOf(out[0], out[1], out[2]) / 255
    const ramp = (centre: number): number => 255 * (1.5 - Math.abs(4 * t - centre))
    out[0] = ramp(3)
    out[1] = ramp(2)
    out[2] = ramp(1)
  })
}

/** White above the face's mean brightness, black below. */
export function toBlackAndWhite(): ApplyDamage {
  return keepPlace((image, { box }) => {
    const right = Math.min(image.width, Math.ceil(box.x + box.width))
    const bottom = Math.min(image.height, Math.ceil(box.y + box.height))
    let sum = 0
    let count = 0
    for (let y = Math.max(0, Math.floor(box.y)); y < bottom; y++) {
      for (let x = Math.max(0, Math.floor(box.x)); x < right; x++, count++) {
        const at = 3 * (y * image.width + x)
        sum += lumaOf(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!)
      }
    }
    const mean = count === 0 ? 128 : sum / count
    return changePixels(image, (out) => out.fill(lumaOf(out[0], out[1], out[2]) >= mean ? 255 : 0))
  })
}

/** One bit a pixel, errors spread to the neighbours. @source Floyd and Steinberg 1976 */
export function dither(): ApplyDamage {
  return keepPlace((image) => {
    const { width, height } = image
    const errors = new Float32Array(width * height)
    const spread = (x: number, y: number, error: number): void => {
      if (x < 0 || x >= width || y >= height) return
      errors[y * width + x] = errors[y * width + x]! + error
    }
    return changePixels(image, (out, x, y) => {
      const wanted = lumaOf(out[0], out[1], out[2]) + errors[y * width + x]!
      const value = wanted >= 128 ? 255 : 0
      const error = wanted - value
      spread(x + 1, y, (7 / 16) * error)
      spread(x - 1, y + 1, (3 / 16) * error)
      spread(x, y + 1, (5 / 16) * error)
      spread(x + 1, y + 1, (1 / 16) * error)
      out.fill(value)
    })
  })
}

/** Light from one side: the other falls to `darkest` of it over the width of the face. */
export function lightFromSide(darkest: number, side: 'left' | 'right' | 'above'): ApplyDamage {
  return keepPlace((image, { box }) =>
    changePixels(image, (out, x, y) => {
      const along = side === 'above' ? (y - box.y) / box.height : (x - box.x) / box.width
      const away = Math.min(1, Math.max(0, side === 'right' ? 1 - along : along))
      const factor = 1.2 - (1.2 - darkest) * away
      for (let c = 0; c < 3; c++) out[c] = out[c]! * factor
    }),
  )
}

/** A bright background, the face a dark shape before it. */
export function lightFromBehind(darkest: number): ApplyDamage {
  return keepPlace((image, { box }) => {
    const centre = boxCentre(box)
    return changePixels(image, (out, x, y) => {
      const distance = Math.hypot((x - centre.x) / box.width, (y - centre.y) / box.height) / 0.75
      const share = Math.min(1, distance ** 4)
      for (let c = 0; c < 3; c++) out[c] = out[c]! * darkest * (1 - share) + 245 * share
    })
  })
}

/** A white spot with soft edges, `radius` in widths of the face, somewhere on it. */
export function addGlare(radius: number): ApplyDamage {
  return keepPlace((image, { box }, random) => {
    const centre = boxCentre(box)
    const x0 = centre.x + (random() - 0.5) * 0.6 * box.width
    const y0 = centre.y + (random() - 0.5) * 0.6 * box.height
    return changePixels(image, (out, x, y) => {
      const distance = Math.hypot(x - x0, y - y0) / Math.max(1, radius * box.width)
      const light = 400 * Math.exp(-0.5 * (distance / 0.5) ** 2)
      for (let c = 0; c < 3; c++) out[c] = out[c]! + light
    })
  })
}

/** Details far too strong: the picture plus `amount` times what a blur takes from it. */
export function oversharpen(amount: number): ApplyDamage {
  return keepPlace((image, face) => {
    const soft = smooth(image, 1.5 * faceScale(face))
    return changePixels(image, (out, x, y) => {
      const at = 3 * (y * image.width + x)
      for (let c = 0; c < 3; c++) out[c] = out[c]! + amount * (out[c]! - soft.data[at + c]!)
    })
  })
}

/** A pencil drawing: brightness divided by its blur. */
export function sketch(): ApplyDamage {
  return keepPlace((image, face) => {
    const soft = smooth(image, 3 * faceScale(face))
    return changePixels(image, (out, x, y) => {
      const at = 3 * (y * image.width + x)
      const around = lumaOf(soft.data[at]!, soft.data[at + 1]!, soft.data[at + 2]!)
      const ratio = (lumaOf(out[0], out[1], out[2]) + 1) / (around + 1)
      out.fill(255 * Math.min(1, ratio) ** 3)
    })
  })
}

/** Leaves only edges in relief, on grey. */
export function emboss(): ApplyDamage {
  return keepPlace((image, face) => {
    const step = Math.max(1, Math.round(1.5 * faceScale(face)))
    return changePixels(image, (out, x, y) => {
      const column = Math.max(0, x - step)
      const at = 3 * (Math.max(0, y - step) * image.width + column)
      const before = lumaOf(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!)
      out.fill(128 + 2 * (lumaOf(out[0], out[1], out[2]) - before))
    })
  })
}
