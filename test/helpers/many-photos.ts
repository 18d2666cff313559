import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { samplePhoto } from './fake-camera.ts'

const samples = [1, 3, 6]
/** Room around a face, of its size. */
const margin = 0.5
/** Longest side of a photograph, pixels: soon analysed. */
const side = 224

interface FaceBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Writes a folder of folders with photographs, one a person, as people keep them: crops of the faces
 * of the sample photographs, each a little brighter than the one before.
 *
 * @param server  finds the faces; its address ends with a slash
 * @returns the names of the folders
 */
export async function writeManyPhotos(
  folder: string,
  count: number,
  server: string,
): Promise<readonly string[]> {
  const faces = (await Promise.all(samples.map((number) => cutFaces(number, server)))).flat()
  const names = faces.map((_face, index) => `Person ${index + 1}`)
  for (const name of names) await mkdir(join(folder, name), { recursive: true })
  for (let i = 0; i < count; i++) {
    const index = i % faces.length
    const step = Math.floor(i / faces.length)
    const photo = await sharp(faces[index])
      .modulate({ brightness: 0.9 + step * 0.004 })
      .jpeg({ quality: 90 })
      .toBuffer()
    await writeFile(join(folder, names[index] ?? '', `${step + 1}.jpg`), photo)
  }
  return names
}

async function cutFaces(number: number, server: string): Promise<readonly Buffer[]> {
  const photo = await readFile(samplePhoto(number))
  const body = new FormData()
  body.append('image', new Blob([new Uint8Array(photo)]), 'photo.jpg')
  const answer = await fetch(`${server}v1/detect`, { method: 'POST', body })
  const { faces, width, height } = (await answer.json()) as {
    readonly faces: readonly { readonly box: FaceBox }[]
    readonly width: number
    readonly height: number
  }
  return Promise.all(
    faces.map(({ box }) => {
      const left = Math.max(0, Math.round(box.x - box.width * margin))
      const top = Math.max(0, Math.round(box.y - box.height * margin))
      const right = Math.min(width, Math.round(box.x + box.width * (1 + margin)))
      const bottom = Math.min(height, Math.round(box.y + box.height * (1 + margin)))
      return sharp(photo)
        .extract({ left, top, width: right - left, height: bottom - top })
        .resize({ width: side, height: side, fit: 'inside' })
        .png()
        .toBuffer()
    }),
  )
}
