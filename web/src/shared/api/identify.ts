import { type Scope, toForm } from './client.ts'
import type { Identification } from './types.ts'

interface IdentifyOptions {
  /** Whether an image without a sure face is also read on its sides and its head. */
  readonly readTurned: boolean
  readonly signal: AbortSignal
}

/** Finds out who is in an image. */
export async function identify(
  { api, collection }: Scope,
  image: Blob,
  { readTurned, signal }: IdentifyOptions,
): Promise<Identification> {
  const result = await api.send((client) =>
    client.POST('/v1/collections/{collection}/identify', {
      params: { path: { collection }, query: { readTurned, candidates: 3 } },
      body: { image: '' },
      bodySerializer: () => toForm({}, 'image', [{ name: 'probe', blob: image }]),
      signal,
    }),
  )
  return {
    width: result.width ?? 1,
    height: result.height ?? 1,
    turned: result.turned ?? 0,
    omittedFaces: result.omittedFaces ?? 0,
    thresholds: result.thresholds,
    faces: result.faces.flatMap((face) => (face.box ? [{ ...face, box: face.box }] : [])),
  }
}
