/**
 * Luma of a planar RGB crop.
 *
 * @param rgb     [3 x size x size], 0 to 255
 * @returns [size x size], 0 to 255
 * @source ITU-R BT.601, section 2.5.1
 */
export function toLuma(rgb: Float32Array, size: number): Float32Array {
  const plane = size * size
  const grey = new Float32Array(plane)
  for (let i = 0; i < plane; i++) {
    grey[i] = 0.299 * rgb[i]! + 0.587 * rgb[i + plane]! + 0.114 * rgb[i + 2 * plane]!
  }
  return grey
}
