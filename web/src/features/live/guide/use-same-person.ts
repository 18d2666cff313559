import { useQuery } from '@tanstack/react-query'
import { collectionOptions } from '../../../shared/api/collections.ts'
import { asProblem, isTemporary } from '../../../shared/api/problem.ts'
import { verifyImages } from '../../../shared/api/verify.ts'
import { useApp } from '../../../shared/app-context.ts'
import { type Comparison, judgePicture, type PictureVerdict } from './same-person.ts'

/** Compares a picture with those that were taken before, by the model of the collection. */
export function useSamePerson(): (
  picture: Blob,
  others: readonly Blob[],
) => Promise<PictureVerdict> {
  const app = useApp()
  const { data: details } = useQuery(collectionOptions(app))
  async function compare(picture: Blob, other: Blob): Promise<Comparison> {
    try {
      const { similarity, threshold } = await verifyImages(app, [other, picture], details?.modelId)
      return similarity >= threshold ? 'same' : 'different'
    } catch (error) {
      return isTemporary(asProblem(error)) ? 'later' : 'impossible'
    }
  }
  return async (picture, others) => {
    const comparisons: Comparison[] = []
    for (const other of others) {
      const comparison = await compare(picture, other)
      comparisons.push(comparison)
      if (comparison === 'same') break
    }
    return judgePicture(comparisons)
  }
}
