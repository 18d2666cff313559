import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { IndexAgreement } from '../../gallery/sync/index-agreement.ts'
import type { Status } from '../../recognition/face-watcher.ts'
import type { App, HttpServices } from '../types.ts'
import { toStages } from './request-context.ts'

const prefix = 'face_watcher'
/** Seconds. An image takes tens of milliseconds; a queue adds up to many times that. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** Sampling interval of the event loop's delay, milliseconds. */
const eventLoopResolutionMs = 10

export interface Metrics {
  readonly contentType: string
  /** The metrics in the text format of Prometheus. */
  collect(): Promise<string>
}

/**
 * Counts requests and stages, and reports them with the state of the gallery and of the process. Each
 * application has a registry of its own, so that two in a process do not mix.
 */
export function registerMetrics(
  app: App,
  { faceWatcher, keys }: Pick<HttpServices, 'faceWatcher' | 'keys'>,
): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    name: `${prefix}_http_requests_total`,
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: `${prefix}_http_request_duration_seconds`,
    help: 'From the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: durationBuckets,
    registers,
  })
  const stages = new Histogram({
    name: `${prefix}_stage_duration_seconds`,
    help: 'Time of the stages of an analysis and of the search.',
    labelNames: ['stage'],
    buckets: durationBuckets,
    registers,
  })
  app.addHook('onResponse', async (request, reply) => {
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? 'unmatched',
      status: String(reply.statusCode),
    }
    requests.inc(labels)
    durations.observe(labels, reply.elapsedTime / 1000)
    for (const [stage, ms] of reply.timings ? toStages(reply.timings) : []) {
      stages.observe({ stage }, ms / 1000)
    }
  })
  const setStatus = addStatus(registry)
  const setAgreements = addAgreements(registry)
  const endingKeys = new Gauge({
    name: `${prefix}_keys_ending_soon`,
    help: 'API keys that end within 14 days and that nothing follows.',
    registers,
  })
  addProcess(registry)
  addEventLoopDelay(app, registry)
  return {
    contentType: registry.contentType,
    async collect() {
      setStatus(await faceWatcher.status())
      // The status reports a gallery that cannot be read.
      setAgreements(await faceWatcher.index.agreements().catch(() => []))
      endingKeys.set(
        await keys.endingSoon().then(
          ({ length }) => length,
          () => Number.NaN,
        ),
      )
      return registry.metrics()
    },
  }
}

const statusGauges: readonly (readonly [name: string, help: string, of: keyof Status])[] = [
  ['ready', '1 when models and index are loaded.', 'ready'],
  ['gallery_collections', 'Collections.', 'collections'],
  ['gallery_persons', 'Persons of all collections.', 'persons'],
  ['gallery_faces', 'Faces of all collections.', 'faces'],
  ['change_lag', 'Changes of the store that the index has not seen.', 'changeLag'],
  ['analysis_workers', 'Analysis workers.', 'workers'],
  ['analysis_queued', 'Images that wait for a worker.', 'queued'],
  ['analysis_running', 'Images in a worker.', 'running'],
]

const statusCounters: readonly (readonly [name: string, help: string, of: keyof Status])[] = [
  ['index_rebuilds', 'Indexes built from the store since the start.', 'indexRebuilds'],
  [
    'index_snapshot_failures',
    'Snapshots that could not be written since the start.',
    'snapshotFailures',
  ],
]

const sightingCounters: readonly (readonly [
  name: string,
  help: string,
  of: 'recorded' | 'dropped',
])[] = [
  ['sightings_recorded', 'Sightings of strangers written since the start.', 'recorded'],
  [
    'sightings_dropped',
    'Sightings of strangers not kept since the start: more came than could be written, or the database refused them.',
    'dropped',
  ],
]

function addStatus(registry: Registry): (status: Status) => void {
  const behind = new Gauge({
    name: `${prefix}_index_behind_seconds`,
    help: 'Since the index had everything that the store had.',
    registers: [registry],
  })
  const counters = statusCounters.map(([name, help, of]) => {
    const counter = new Counter({ name: `${prefix}_${name}_total`, help, registers: [registry] })
    return [counter, of] as const
  })
  const sightings = sightingCounters.map(([name, help, of]) => {
    const counter = new Counter({ name: `${prefix}_${name}_total`, help, registers: [registry] })
    return [counter, of] as const
  })
  const queued = new Gauge({
    name: `${prefix}_sightings_queued`,
    help: 'Sightings of strangers that wait to be written.',
    registers: [registry],
  })
  const gauges = statusGauges.map(([name, help, of]) => {
    const gauge = new Gauge({ name: `${prefix}_${name}`, help, registers: [registry] })
    return [gauge, of] as const
  })
  return (status) => {
    for (const [gauge, of] of gauges) gauge.set(Number(status[of]))
    for (const [counter, of] of counters) setCounter(counter, Number(status[of]))
    for (const [counter, of] of sightings) setCounter(counter, status.sightings[of])
    queued.set(status.sightings.queued)
    behind.set(status.indexBehindMs / 1000)
  }
}

/** A counter whose value is counted elsewhere. */
function setCounter(counter: Counter, value: number): void {
  counter.reset()
  counter.inc(value)
}

const agreementGauges: readonly (readonly [
  name: string,
  help: string,
  of: Exclude<keyof IndexAgreement, 'collection'>,
])[] = [
  ['', 'Share of searches that find the best face, as measured.', 'agreement'],
  ['_lower', 'What that share is at least, 95 %.', 'agreementAtLeast'],
  ['_upper', 'What that share is at most, 95 %.', 'agreementAtMost'],
  ['_probes', 'Searches that were repeated exactly to measure it.', 'audited'],
  ['_exact', '1 when every search is exact.', 'exact'],
  ['_code_width', 'Numbers of the code of a face; 0 where searches use none.', 'width'],
  ['_shortlist', 'Faces that a search compares by their vectors.', 'shortlist'],
]

/** Adds the gauges of collections whose index measures its agreement; a collection that is gone leaves no value. */
function addAgreements(registry: Registry): (agreements: readonly IndexAgreement[]) => void {
  const gauges = agreementGauges.map(([name, help, of]) => {
    const gauge = new Gauge({
      name: `${prefix}_index_agreement${name}`,
      help,
      labelNames: ['collection'],
      registers: [registry],
    })
    return [gauge, of] as const
  })
  return (agreements) => {
    for (const [gauge, of] of gauges) {
      gauge.reset()
      for (const one of agreements) gauge.set({ collection: one.collection }, Number(one[of]))
    }
  }
}

function addProcess(registry: Registry): void {
  const readings: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()],
    ['process_heap_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed],
    ['process_uptime_seconds', 'Since the start.', () => process.uptime()],
  ]
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system time of all threads.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      setCounter(this, (user + system) / 1e6)
    },
  })
  for (const [name, help, read] of readings) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
}

function addEventLoopDelay(app: App, registry: Registry): void {
  const monitor = monitorEventLoopDelay({ resolution: eventLoopResolutionMs })
  monitor.enable()
  app.addHook('onClose', async () => {
    monitor.disable()
  })
  /** The histogram holds the time between samples: the interval and the delay. */
  const toDelaySeconds = (ns: number) => Math.max(0, ns / 1e9 - eventLoopResolutionMs / 1000)
  new Gauge({
    name: `${prefix}_event_loop_delay_seconds`,
    help: 'Delay of the event loop since the last collection.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      const isEmpty = monitor.count === 0
      for (const quantile of [0.5, 0.9, 0.99, 1]) {
        const value = isEmpty ? 0 : toDelaySeconds(monitor.percentile(quantile * 100))
        this.set({ quantile: String(quantile) }, value)
      }
      monitor.reset()
    },
  })
}
