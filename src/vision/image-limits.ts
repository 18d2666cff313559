import { FaceError } from '../core/errors.ts'

export interface ImageLimits {
  readonly maxImageBytes: number
  /** Width times height. */
  readonly maxPixels: number
  readonly maxSidePx: number
}

/** @throws {FaceError} `emptyImage`, `imageTooLarge` */
export function assertByteLength(bytes: Uint8Array, { maxImageBytes }: ImageLimits): void {
  if (bytes.length === 0) throw new FaceError('emptyImage')
  if (bytes.length <= maxImageBytes) return
  throw new FaceError('imageTooLarge', {
    detail: `It has ${bytes.length} bytes, the limit is ${maxImageBytes}.`,
    info: { bytes: bytes.length, maxImageBytes },
  })
}
