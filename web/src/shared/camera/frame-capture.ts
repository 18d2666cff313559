/** The pixels of a frame and the frame's size. */
export interface CapturedFrame {
  readonly blob: Blob
  readonly width: number
  readonly height: number
}

/**
 * Draws the video's current frame onto the canvas and encodes it as JPEG. The frame is never
 * mirrored, whatever the page shows.
 *
 * @param maxSide longest side of the frame, pixels
 * @returns undefined while the video has no picture
 */
export async function captureFrame(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  { maxSide, quality }: { readonly maxSide: number; readonly quality: number },
): Promise<CapturedFrame | undefined> {
  const { videoWidth, videoHeight } = video
  if (videoWidth === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined
  const scale = Math.min(1, maxSide / Math.max(videoWidth, videoHeight))
  const width = Math.round(videoWidth * scale)
  const height = Math.round(videoHeight * scale)
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  canvas.getContext('2d')?.drawImage(video, 0, 0, width, height)
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', quality)
  })
  return blob === null ? undefined : { blob, width, height }
}
