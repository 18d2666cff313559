import type { Scope } from './client.ts'

export interface Verification {
  readonly similarity: number
  /** From here on they count as one person. */
  readonly threshold: number
}

/**
 * Compares the largest faces of two images. Nobody is looked up, nothing is stored.
 *
 * @throws {ApiProblem} `noFace` when there is none in one of them
 */
export function verifyImages(
  { api }: Pick<Scope, 'api'>,
  images: readonly [Blob, Blob],
  modelId: string | undefined,
): Promise<Verification> {
  return api.send((client) =>
    client.POST('/v1/verify', {
      params: {
        query: {
          faces: 'largest',
          readTurned: false,
          ...(modelId === undefined ? {} : { modelId }),
        },
      },
      body: {},
      bodySerializer: () => {
        const form = new FormData()
        form.append('imageA', images[0], 'a.jpg')
        form.append('imageB', images[1], 'b.jpg')
        return form
      },
    }),
  )
}
