import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { qualityOptions } from '../../../shared/api/examination.ts'
import { facesOptions } from '../../../shared/api/faces.ts'
import type { Face, PersonQuality } from '../../../shared/api/types.ts'
import { useApp } from '../../../shared/app-context.ts'
import { type FaceOrder, orderFaces } from './face-facts.ts'

interface FaceList {
  /** Undefined until the first are there. */
  readonly faces: readonly Face[] | undefined
  readonly quality: PersonQuality | undefined
  readonly error: Error | null
  readonly isFetching: boolean
}

/** All faces of a person in the wished order, and how well they go together. */
export function useFaceList(person: string, order: FaceOrder): FaceList {
  const app = useApp()
  const list = useInfiniteQuery(facesOptions(app, person))
  const { data: quality } = useQuery(qualityOptions(app, person))
  const { data, hasNextPage, isFetching, fetchNextPage } = list
  // Those that fit least may be on any page.
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  const faces = useMemo(
    () =>
      data &&
      orderFaces(
        data.pages.flatMap(({ items }) => items),
        order,
        quality,
      ),
    [data, quality, order],
  )
  return { faces, quality, error: list.error, isFetching }
}
