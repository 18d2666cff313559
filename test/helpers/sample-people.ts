import sharp from 'sharp'
import { type Region, samplePhoto } from './fake-camera.ts'

// The woman on the right of sample1 and the one in the middle of sample3 are the same person: the
// default embedder gives 0.68. The one on the left of sample6 is somebody else.
export const annAtCamera: Region = { left: 1300, top: 60, width: 560, height: 560 }
export const annInSample3: Region = { left: 960, top: 80, width: 420, height: 520 }
export const stranger: Region = { left: 130, top: 380, width: 450, height: 500 }

/** A file as Playwright gives it to a page. */
export interface PhotoFile {
  readonly name: string
  readonly mimeType: string
  readonly buffer: Buffer
}

/** A JPEG of a part of a sample photograph. */
export async function cutPhoto(number: number, region: Region, name: string): Promise<PhotoFile> {
  const buffer = await sharp(samplePhoto(number)).extract(region).jpeg().toBuffer()
  return { name, mimeType: 'image/jpeg', buffer }
}
