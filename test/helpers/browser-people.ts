import sharp from 'sharp'
import { type Region, samplePhoto } from './fake-camera.ts'

/** Faces of the sample photographs: `ann` and `annAgain` are one person, `ben` is somebody else. */
export const sampleFaces = {
  ann: { number: 1, region: { left: 1300, top: 60, width: 560, height: 560 } },
  annAgain: { number: 3, region: { left: 960, top: 80, width: 420, height: 520 } },
  ben: { number: 6, region: { left: 130, top: 380, width: 450, height: 500 } },
} as const satisfies Readonly<Record<string, { number: number; region: Region }>>

interface CutOptions {
  /** Of the picture, pixels. */
  readonly width?: number
  /** Of the JPEG, 1 to 100. */
  readonly quality?: number
}

/** A face of a sample photograph as a JPEG. */
export function cutFace(
  who: keyof typeof sampleFaces,
  { width, quality = 90 }: CutOptions = {},
): Promise<Buffer> {
  const { number, region } = sampleFaces[who]
  const cut = sharp(samplePhoto(number)).extract(region)
  return (width === undefined ? cut : cut.resize(width)).jpeg({ quality }).toBuffer()
}

/** Enrols a photograph with the API. @returns the person's id */
export async function enrolPhoto(
  url: string,
  { collection = 'default', name, photo }: { collection?: string; name: string; photo: Buffer },
): Promise<string> {
  const form = new FormData()
  form.append('name', name)
  form.append('image', new Blob([new Uint8Array(photo)]), `${name}.jpg`)
  const path = `v1/collections/${collection}/persons`
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: form })
  const body = (await answer.json()) as { readonly id: string }
  if (answer.status !== 201) throw new Error(`${answer.status}: ${JSON.stringify(body)}`)
  return body.id
}

/** Who is in a photograph, as the API decides: the decision about its first face. */
export async function decide(
  url: string,
  { collection, photo }: { readonly collection: string; readonly photo: Buffer },
): Promise<{ readonly decision: string; readonly similarity: number }> {
  const form = new FormData()
  form.append('image', new Blob([new Uint8Array(photo)]), 'probe.jpg')
  const path = `v1/collections/${collection}/identify`
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: form })
  const { faces } = (await answer.json()) as {
    readonly faces: readonly {
      readonly decision: string
      readonly candidates: readonly { readonly similarity: number }[]
    }[]
  }
  const [face] = faces
  if (face === undefined) throw new Error('There is no face in the photograph.')
  return { decision: face.decision, similarity: face.candidates[0]?.similarity ?? -1 }
}
