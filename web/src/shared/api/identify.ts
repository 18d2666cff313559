import { queryOptions } from '@tanstack/react-query'
import type { ProbePhoto } from '../photos/probe-photo.ts'
import { type Scope, toForm } from './client.ts'
import { collectionKey } from './keys.ts'
import type { Turns } from './turns.ts'
import type { Identification } from './types.ts'

interface IdentifyOptions {
  /** Whether an image without a sure face is also read on its sides and its head. */
  readonly readTurned: boolean
  /** Whether faces that nobody is registered for are kept, where the collection keeps such faces. */
  readonly keepUnknown: boolean
  readonly signal: AbortSignal
}

/** Finds out who is in an image. */
export async function identify(
  { api, collection }: Scope,
  image: Blob,
  { readTurned, keepUnknown, signal }: IdentifyOptions,
): Promise<Identification> {
  const result = await api.send((client) =>
    client.POST('/v1/collections/{collection}/identify', {
      params: { path: { collection }, query: { readTurned, candidates: 3, keepUnknown } },
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

/**
 * Who is in a photo. Stale after each change of the collection, so that what is shown is asked for
 * again; a photo that cannot be read is not.
 */
export function identificationOptions(scope: Scope, photo: ProbePhoto, turns: Turns) {
  return queryOptions({
    queryKey: [...collectionKey(scope.collection), 'identification', photo.id],
    queryFn: ({ client, queryKey, signal }): Promise<Identification> => {
      // One photo is one sighting, however often it is asked again.
      const keepUnknown = client.getQueryData(queryKey) === undefined
      const ask = () => identify(scope, photo.blob, { readTurned: true, keepUnknown, signal })
      return turns.run(ask, signal)
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retryOnMount: false,
  })
}
