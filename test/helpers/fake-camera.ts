import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

const width = 1280
const height = 720

/** A part of a photograph, pixels. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A sample photograph of `@vladmandic/face-api` (MIT), 1 to 6. */
export function samplePhoto(number: number): string {
  const path = `../../node_modules/@vladmandic/face-api/demo/sample${number}.jpg`
  return fileURLToPath(new URL(path, import.meta.url))
}

/**
 * Writes an .mjpeg file for Chromium's fake camera: JPEG frames one after the other. The picture
 * drifts a few pixels, so that frames differ as those of a camera do.
 *
 * @param photo  file or bytes of a photograph
 * @param region the part that is shown whole; what is missing to 16:9 is filled with a blur of it
 */
export async function writeFakeCamera(
  file: string,
  photo: string | Buffer,
  region: Region,
): Promise<void> {
  const size = { width: width + 16, height: height + 8 }
  const part = await sharp(photo).extract(region).png().toBuffer()
  const scaled = await sharp(part)
    .resize({ ...size, fit: 'cover' })
    .blur(30)
    .modulate({ brightness: 0.7 })
    .composite([
      {
        input: await sharp(part)
          .resize({ ...size, fit: 'inside' })
          .png()
          .toBuffer(),
      },
    ])
    .png()
    .toBuffer()
  const frames: Buffer[] = []
  for (const left of [0, 3, 6, 9, 6, 3]) {
    frames.push(
      await sharp(scaled)
        .extract({ left, top: 4, width, height })
        .jpeg({ quality: 90, progressive: false, chromaSubsampling: '4:2:0' })
        .toBuffer(),
    )
  }
  await writeFile(file, Buffer.concat(frames))
}

/** A part of a photograph that the camera shows for a while. */
export interface CameraScene {
  readonly photo: string | Buffer
  readonly region: Region
  /** Left and right are exchanged. */
  readonly mirrored?: boolean
  /** Thirty are a second. */
  readonly frames: number
}

/** Writes an .mjpeg file that shows one scene after the other, whole. @param size  default: 640 x 360 */
export async function writeCameraScenes(
  file: string,
  scenes: readonly CameraScene[],
  size = { width: 640, height: 360 },
): Promise<void> {
  const frames: Buffer[] = []
  for (const { photo, region, mirrored = false, frames: count } of scenes) {
    const part = await sharp(photo).extract(region).flop(mirrored).png().toBuffer()
    const frame = await sharp(part)
      .resize({ ...size, fit: 'contain', background: '#5a6461' })
      .jpeg({ quality: 88, progressive: false, chromaSubsampling: '4:2:0' })
      .toBuffer()
    for (let index = 0; index < count; index++) frames.push(frame)
  }
  await writeFile(file, Buffer.concat(frames))
}

/** Writes an .mjpeg file in which a part of a photograph goes from the left to the right and back. */
export async function writeMovingCamera(
  file: string,
  photo: string | Buffer,
  region: Region,
): Promise<void> {
  const size = { width: 640, height: 480 }
  const part = await sharp(photo)
    .extract(region)
    .resize({ width: 320, height: 320, fit: 'inside' })
    .png()
    .toBuffer({ resolveWithObject: true })
  const room = size.width - part.info.width
  const steps = Array.from({ length: 60 }, (_, index) => Math.round((room * index) / 59))
  const frames: Buffer[] = []
  for (const left of [...steps, ...steps.toReversed()]) {
    frames.push(
      await sharp({ create: { ...size, channels: 3, background: '#5a6461' } })
        .composite([{ input: part.data, left, top: 80 }])
        .jpeg({ quality: 88, progressive: false, chromaSubsampling: '4:2:0' })
        .toBuffer(),
    )
  }
  await writeFile(file, Buffer.concat(frames))
}
