/**
 * An AVIF file under the brand by which libvips knows the format. An animated one comes under another
 * and holds a still image besides its frames (AV1 Image File Format 1.1, section 6), which is decoded.
 */
export function withStillBrand(bytes: Uint8Array): Uint8Array {
  const brand = Buffer.from('avif')
  if (brand.compare(bytes, 8, 12) === 0) return bytes
  const copy = new Uint8Array(bytes)
  copy.set(brand, 8)
  return copy
}

/** Whether a box of the file describes still images; true where the file ends too early to tell. */
export function hasStillImage(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at + 16 <= bytes.length) {
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1')
    if (type === 'meta') return true
    const size = view.getUint32(at)
    // 0: to the end of the file; 1: the size follows, in 64 bits.
    if (size === 0) return false
    at += size === 1 ? Number(view.getBigUint64(at + 8)) : Math.max(8, size)
  }
  return at !== bytes.length
}
