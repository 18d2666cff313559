/** One value of the metrics. */
export interface Metric {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** Reads the text format of Prometheus; comments and what is no number are left out. */
export function parseMetrics(text: string): readonly Metric[] {
  return text.split('\n').flatMap((row) => {
    const found = row.startsWith('#') ? null : line.exec(row)
    const value = Number(found?.[3])
    if (found === null || !Number.isFinite(value)) return []
    const labels = Object.fromEntries(
      [...(found[2] ?? '').matchAll(label)].map(([, name, word]) => [name, word]),
    )
    return [{ name: found[1] as string, labels, value }]
  })
}

/** The server at one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly requests: number
  readonly failed: number
  /** Of all requests together. */
  readonly seconds: number
  readonly memoryBytes: number
}

/** What looks after the server, this page among it, is not its work. */
const watchers: ReadonlySet<string | undefined> = new Set(['/metrics', '/readyz', '/healthz'])

/** What counts for this page of the metrics. */
export function toSample(metrics: readonly Metric[], at: number): Sample {
  const sum = (name: string, counts: (metric: Metric) => boolean) =>
    metrics.reduce(
      (total, metric) =>
        metric.name === `face_watcher_${name}` && counts(metric) ? total + metric.value : total,
      0,
    )
  const isWork = ({ labels }: Metric) => !watchers.has(labels.route)
  return {
    at,
    requests: sum('http_requests_total', isWork),
    failed: sum('http_requests_total', ({ labels }) => labels.status?.startsWith('5') ?? false),
    seconds: sum('http_request_duration_seconds_sum', isWork),
    memoryBytes: metrics.find(({ name }) => name === 'process_resident_memory_bytes')?.value ?? 0,
  }
}

/** What happened between two moments. */
export interface Rate {
  readonly at: number
  readonly perSecond: number
  /** Mean time of a request; absent where there was none. */
  readonly meanMs: number | undefined
}

/** Rates between samples; a server that was started again in between gives none. */
export function toRates(samples: readonly Sample[]): readonly Rate[] {
  return samples.slice(1).flatMap((sample, index) => {
    const before = samples[index] as Sample
    const count = sample.requests - before.requests
    const seconds = (sample.at - before.at) / 1000
    if (count < 0 || seconds <= 0) return []
    const meanMs = count === 0 ? undefined : ((sample.seconds - before.seconds) / count) * 1000
    return [{ at: sample.at, perSecond: count / seconds, meanMs }]
  })
}
