import { type Api, toForm } from './client.ts'
import type { DetectedFace } from './types.ts'

/** Finds the faces of an image, the largest first, and how usable each is. Nobody is looked up. */
export async function detect(
  api: Api,
  image: Blob,
  signal: AbortSignal,
): Promise<readonly DetectedFace[]> {
  const { faces } = await api.send((client) =>
    client.POST('/v1/detect', {
      params: { query: { readTurned: false } },
      body: { image: '' },
      bodySerializer: () => toForm({}, 'image', [{ name: 'frame', blob: image }]),
      signal,
    }),
  )
  return faces
}
