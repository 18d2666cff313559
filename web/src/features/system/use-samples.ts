import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { metricsOptions } from '../../shared/api/system.ts'
import { useApp } from '../../shared/app-context.ts'
import { parseMetrics, type Sample, toSample } from './metrics.ts'

const everyMs = 3_000
/** Ten minutes. */
const most = 200

interface Samples {
  /** Since the page was opened, the latest last. */
  readonly samples: readonly Sample[]
  readonly error: unknown
}

/** Looks at the server's metrics while the page is open. */
export function useSamples(): Samples {
  const { api } = useApp()
  const { data, dataUpdatedAt, error } = useQuery({
    ...metricsOptions(api),
    refetchInterval: everyMs,
  })
  const [samples, setSamples] = useState<readonly Sample[]>([])
  useEffect(() => {
    if (data === undefined) return
    const sample = toSample(parseMetrics(data), dataUpdatedAt)
    setSamples((all) => [...all.filter(({ at }) => at < dataUpdatedAt), sample].slice(-most))
  }, [data, dataUpdatedAt])
  return { samples, error }
}
