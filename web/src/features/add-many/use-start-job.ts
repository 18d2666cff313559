import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  type BulkEnrollOptions,
  bulkEnroll,
  type PhotoSource,
} from '../../shared/api/bulk-enroll.ts'
import type { Job } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'

interface Start {
  readonly source: PhotoSource
  readonly options: BulkEnrollOptions
}

/** Sends photographs and begins the job that enrols them, or looks what would become of them. */
export function useStartJob(onStarted: (job: Job) => void) {
  const app = useApp()
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ source, options }: Start) => bulkEnroll(app, source, options),
    onSuccess: (job) => {
      void client.invalidateQueries({ queryKey: ['jobs'] })
      onStarted(job)
    },
  })
}
