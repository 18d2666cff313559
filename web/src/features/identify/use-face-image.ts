import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Identification } from '../../shared/api/types.ts'
import { cutFace } from '../../shared/photos/cut-face.ts'
import type { ProbePhoto } from '../../shared/photos/probe-photo.ts'

/** The picture of one face of a photo. */
export interface FaceImage {
  /** Shows the face. */
  readonly cut: Blob | undefined
  /** What is sent when something is said of the face; `undefined` when the browser cannot cut it. */
  readonly sent: Blob | undefined
  /** SHA-256 of `sent`, hex; `undefined` outside of a secure page, where browsers have no hashes. */
  readonly hash: string | undefined
}

export interface FaceImageQuery {
  /** `undefined` until it is cut. */
  readonly image: FaceImage | undefined
  /** Waits until it is cut: keys may be faster. */
  readonly load: () => Promise<FaceImage>
}

/**
 * The picture of the face `number` (from 1). A photo with one face is sent as it is, so that the
 * server sees the same file; of several faces one is cut out.
 */
export function useFaceImage(
  photo: ProbePhoto,
  result: Identification,
  number: number,
): FaceImageQuery {
  const client = useQueryClient()
  const options = queryOptions({
    // Of this browser, not of the server: no change of the collection makes it stale.
    queryKey: ['face-image', photo.id, number],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => toFaceImage(photo, result, number),
  })
  const { data } = useQuery(options)
  return { image: data, load: () => client.ensureQueryData(options) }
}

async function toFaceImage(
  photo: ProbePhoto,
  { faces, omittedFaces }: Identification,
  number: number,
): Promise<FaceImage> {
  const face = faces[number - 1]
  const others = faces.filter((other) => other !== face).map(({ box }) => box)
  const cut = face && (await cutFace(photo.blob, face.box, others).catch(() => undefined))
  const isAlone = faces.length === 1 && omittedFaces === 0
  const sent = isAlone ? photo.blob : cut
  return { cut, sent, hash: sent && (await toHash(sent)) }
}

async function toHash(blob: Blob): Promise<string | undefined> {
  if (!window.isSecureContext) return undefined
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
