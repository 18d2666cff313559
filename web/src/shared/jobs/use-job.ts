import { useQuery } from '@tanstack/react-query'
import { jobOptions } from '../api/jobs.ts'
import type { Job } from '../api/types.ts'
import { useApp } from '../app-context.ts'

/** How often a job that has not ended is looked at. */
const pollMs = 1_000

/** A job, looked at until it has ended. `undefined` as id: none. */
export function useJob(id: string | undefined): Job | undefined {
  const { api } = useApp()
  const { data } = useQuery({
    ...jobOptions(api, id ?? ''),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (hasEnded(state.data) ? false : pollMs),
  })
  return id === undefined ? undefined : data
}

const ends: ReadonlySet<Job['state']> = new Set(['done', 'failed', 'cancelled'])

/** Whether nothing more will come of it by itself. */
export function hasEnded(job: Job | undefined): boolean {
  return job !== undefined && ends.has(job.state)
}
