import { FaceError } from '../../core/errors.ts'

export interface ImageLimits {
  readonly maxImageBytes: number
  /** Width times height. */
  readonly maxPixels: number
  readonly maxSidePx: number
  /**
   * Memory that images may take at once in all workers, bytes; see [Note: memory of images] in
   * pipeline.ts. Default {@link defaultImageMemoryBytes}.
   */
  readonly maxImageMemoryBytes?: number
  /**
   * How long a worker may take for an image, milliseconds, waiting for memory included. Default
   * {@link defaultImageTimeoutMs}.
   */
  readonly imageTimeoutMs?: number
}

export const defaultImageMemoryBytes = 1_000_000_000
/** More than the two minutes for which an image may wait for memory. */
export const defaultImageTimeoutMs = 300_000

/**
 * @param bytes  from callers without types anything may come, such as a path
 * @throws {FaceError} `missingImage` when it is not bytes; `emptyImage`, `imageTooLarge`
 */
export function assertByteLength(bytes: Uint8Array, { maxImageBytes }: ImageLimits): void {
  if (!ArrayBuffer.isView(bytes)) {
    throw new FaceError('missingImage', {
      detail: `Expected the bytes of an image file (Uint8Array), got ${bytes === null ? 'null' : `a value of type ${typeof bytes}`}.`,
    })
  }
  if (bytes.length === 0) throw new FaceError('emptyImage')
  if (bytes.length <= maxImageBytes) return
  throw new FaceError('imageTooLarge', {
    detail: `It has ${bytes.length} bytes, the limit is ${maxImageBytes}.`,
    info: { bytes: bytes.length, maxImageBytes },
  })
}
