import type { RgbImage } from '../../vision/pipeline/image.ts'
import {
  type ApplyDamage,
  changePixels,
  faceScale,
  keepPlace,
  lumaOf,
  type Random,
  resizeImage,
} from './picture.ts'

/** A normally distributed number (Box and Muller 1958). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Independent Gaussian noise of each channel; `sigma` in steps of 0 to 255. */
export function addNoise(sigma: number): ApplyDamage {
  return keepPlace((image, _face, random) =>
    changePixels(image, (out) => {
      for (let c = 0; c < 3; c++) out[c] = out[c]! + sigma * gaussian(random)
    }),
  )
}

/** Gaussian noise in grains of `grain` pixels of a face of 100, equal in all channels, as of pushed film. */
export function addGrain(sigma: number, grain: number): ApplyDamage {
  return keepPlace((image, face, random) => {
    const cell = Math.max(1, grain * faceScale(face))
    const columns = Math.max(1, Math.ceil(image.width / cell))
    const rows = Math.max(1, Math.ceil(image.height / cell))
    const coarse = Float32Array.from({ length: columns * rows }, () => sigma * gaussian(random))
    return changePixels(image, (out, x, y) => {
      const value = coarse[Math.floor(y / cell) * columns + Math.floor(x / cell)] ?? 0
      for (let c = 0; c < 3; c++) out[c] = out[c]! + value
    })
  })
}

/** Black and white pixels; `share` of all. */
export function addSaltAndPepper(share: number): ApplyDamage {
  return keepPlace((image, _face, random) =>
    changePixels(image, (out) => {
      if (random() < share) out.fill(random() < 0.5 ? 0 : 255)
    }),
  )
}

/** Noise in proportion to the light; `sigma` as a share of each value. */
export function addSpeckle(sigma: number): ApplyDamage {
  return keepPlace((image, _face, random) =>
    changePixels(image, (out) => {
      const factor = 1 + sigma * gaussian(random)
      for (let c = 0; c < 3; c++) out[c] = out[c]! * factor
    }),
  )
}

/** Rows lighter and darker, as a sensor under lamps gives them; `strength` in steps of 0 to 255. */
export function addBands(strength: number): ApplyDamage {
  return keepPlace((image, face, random) => {
    const period = (8 + 6 * random()) * faceScale(face)
    const phase = 2 * Math.PI * random()
    return changePixels(image, (out, _x, y) => {
      const value = strength * Math.sign(Math.sin((2 * Math.PI * y) / period + phase))
      for (let c = 0; c < 3; c++) out[c] = out[c]! + value
    })
  })
}

/** Rows that were not transmitted: `share` of the rows repeat grey. */
export function dropRows(share: number): ApplyDamage {
  return keepPlace((image, face, random) => {
    const height = Math.max(1, Math.round(3 * faceScale(face)))
    const count = Math.ceil(image.height / height)
    const dropped = Array.from({ length: count }, () => random() < share)
    return changePixels(image, (out, _x, y) => {
      if (dropped[Math.floor(y / height)]) out.fill(128)
    })
  })
}

/** Colours without their detail, as a camera's denoiser at night leaves them, and noise over them. */
export function degradeNight(level: number): ApplyDamage {
  return keepPlace((image, face, random) => {
    const cell = Math.max(1, 6 * faceScale(face))
    const coarse = enlargeAgain(image, cell)
    return changePixels(image, (out, x, y) => {
      const at = 3 * (y * image.width + x)
      const luma = lumaOf(out[0], out[1], out[2])
      const mean = lumaOf(coarse.data[at]!, coarse.data[at + 1]!, coarse.data[at + 2]!)
      const noise = 24 * Math.sqrt(level) * gaussian(random)
      for (let c = 0; c < 3; c++) {
        const tint = 0.4 * (coarse.data[at + c]! - mean)
        out[c] = (luma + tint) * level + noise
      }
    })
  })
}

function enlargeAgain(image: RgbImage, cell: number): RgbImage {
  const width = Math.max(1, Math.round(image.width / cell))
  const height = Math.max(1, Math.round(image.height / cell))
  return resizeImage(resizeImage(image, width, height), image.width, image.height)
}
