import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import {
  type BulkEnrollOptions,
  bulkEnroll,
  type PhotoSource,
} from '../../shared/api/bulk-enroll.ts'
import { asProblem } from '../../shared/api/problem.ts'
import type { Job } from '../../shared/api/types.ts'
import { createUploadMeter, type UploadSpeed } from '../../shared/api/upload-meter.ts'
import { useApp } from '../../shared/app-context.ts'

interface Start {
  readonly source: PhotoSource
  readonly options: BulkEnrollOptions
}

export interface StartJob {
  readonly start: (start: Start) => void
  readonly isSending: boolean
  /** `undefined` until something is sent. */
  readonly progress: UploadSpeed | undefined
  /** Ends the sending; nothing of it is kept. */
  readonly stop: () => void
  readonly error: Error | null
}

/** Sends photographs and begins the job that enrols them, or looks what would become of them. */
export function useStartJob(onStarted: (job: Job) => void): StartJob {
  const app = useApp()
  const client = useQueryClient()
  const [progress, setProgress] = useState<UploadSpeed>()
  const stop = useRef<AbortController>(undefined)
  const { mutate, isPending, error } = useMutation({
    mutationFn: ({ source, options }: Start) => {
      const measure = createUploadMeter()
      stop.current = new AbortController()
      setProgress(undefined)
      return bulkEnroll(app, source, {
        options,
        signal: stop.current.signal,
        onProgress: (sent) => setProgress(measure(sent, performance.now())),
      })
    },
    onSuccess: (job) => {
      void client.invalidateQueries({ queryKey: ['jobs'] })
      onStarted(job)
    },
  })
  useEffect(() => {
    if (!isPending) return
    // The browser asks before it closes the page: what is not sent would be lost.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isPending])
  // Who leaves the screen does not want it any more.
  useEffect(() => () => stop.current?.abort(), [])
  return {
    start: mutate,
    isSending: isPending,
    progress,
    stop: () => stop.current?.abort(),
    error: error !== null && asProblem(error).code === 'aborted' ? null : error,
  }
}
