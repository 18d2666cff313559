import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { jobsOptions } from '../api/jobs.ts'
import type { Job } from '../api/types.ts'
import { useApp } from '../app-context.ts'
import { useJob } from './use-job.ts'

interface NewestJob {
  readonly job: Job | undefined
  /** Follows a job that was begun just now. */
  readonly follow: (id: string) => void
}

/**
 * The newest job of a kind of a collection, followed until it has ended: also one that was begun
 * elsewhere, or before the page was loaded.
 */
export function useNewestJob(kind: string, collectionId: string | undefined): NewestJob {
  const { api } = useApp()
  const list = useInfiniteQuery({
    ...jobsOptions(api, { kind }),
    enabled: collectionId !== undefined,
  })
  const [begun, follow] = useState<string>()
  const found = list.data?.pages
    .flatMap(({ items }) => items)
    .find((job) => job.collectionId === collectionId)
  return { job: useJob(begun ?? found?.id), follow }
}
