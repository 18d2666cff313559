/** Rows of the aligned crop from the brows to below the mouth, as shares of its side. */
const rows = { from: 0.215, to: 0.89 }
/** Columns on each side of the axis, as a share of the crop's side: as far as the cheeks. */
const reach = 0.285
/** How far the axis may lie from the crop's middle, and its ends from each other, pixels of 112. */
const largestShift = 6
const largestTilt = 4
/** Every second row is enough, and for the search every fourth. */
const rowStep = 2
const searchStep = 4
/** A face whose sides differ by so much at the crop's own axis is not searched for a better one. */
const clearlyAsymmetric = 0.6

/**
 * How much the sides of a face differ: the squared differences between one side and the other,
 * mirrored, as a share of the squares of both around the mean of their row. 0 when they are mirror
 * images; around 1 when they have nothing in common. Around the row's mean, so that a white cap or a
 * beard, which both sides have, does not hide how the sides differ. Of the axes near the crop's
 * middle that with the smallest difference counts.
 *
 * No head is so symmetric, so straight and so evenly lit that its sides are the same: of LFW's
 * 13,233 photographs none is below 0.035, and of every eighth half are above 0.73
 * (docs/decisions/0012-comparable-faces.md).
 *
 * @param grey  [size x size] luma of the aligned crop, row-major, 0 to 255
 * @returns at least 0; above {@link clearlyAsymmetric} not the smallest but that of the crop's axis
 */
export function computeAsymmetry(grey: Float32Array, size: number): number {
  const pixel = size / 112
  const middle = { shift: 0, tilt: 0 }
  const atMiddle = differAt(grey, size, middle, rowStep)
  if (atMiddle > clearlyAsymmetric) return atMiddle
  let best = { axis: middle, difference: differAt(grey, size, middle, searchStep) }
  const look = (shift: number, tilt: number): void => {
    const axis = { shift: shift * pixel, tilt: tilt * pixel }
    const difference = differAt(grey, size, axis, searchStep)
    if (difference < best.difference) best = { axis, difference }
  }
  for (let shift = -largestShift; shift <= largestShift; shift++) look(shift, 0)
  const nearest = Math.round(best.axis.shift / pixel)
  for (let tilt = -largestTilt; tilt <= largestTilt; tilt += 2) {
    for (let shift = nearest - 1; shift <= nearest + 1; shift++) look(shift, tilt)
  }
  return Math.min(atMiddle, differAt(grey, size, best.axis, rowStep))
}

/** Where the axis lies: the shift of its middle and of its ends, in half pixels. */
interface Axis {
  readonly shift: number
  readonly tilt: number
}

function differAt(grey: Float32Array, size: number, { shift, tilt }: Axis, step: number): number {
  const from = Math.round(rows.from * size)
  const to = Math.round(rows.to * size)
  const columns = Math.round(reach * size)
  const middle = (from + to) / 2
  let [squaresAroundMean, differences, count] = [0, 0, 0]
  for (let y = from; y < to; y += step) {
    const moved = Math.round(shift + (2 * tilt * (y - middle)) / (to - from))
    const left = y * size + (size >> 1) - 1
    const right = y * size + (size >> 1) + moved
    let [sum, squares] = [0, 0]
    for (let x = 0; x < columns; x++) {
      const a = grey[left - x]!
      const b = grey[right + x]!
      sum += a + b
      squares += a * a + b * b
      differences += (a - b) * (a - b)
    }
    squaresAroundMean += squares - (sum * sum) / (2 * columns)
    count += 2 * columns
  }
  // Rows of one grey each have no sides that could differ; they are no face either.
  return squaresAroundMean > 1e-3 * count ? differences / squaresAroundMean : 1
}
