import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { indexOptions, statusOptions } from '../../shared/api/system.ts'
import type { ServerStatus } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import type { Sample } from './metrics.ts'
import { SystemHead } from './system-head.tsx'
import { TrafficCharts } from './traffic-charts.tsx'
import { useSamples } from './use-samples.ts'

const statusMs = 5_000

/** Whether the server is well, how the index is, and what it has to do. */
export function HealthView(): ReactNode {
  const t = useTranslations('system.health')
  const shared = useTranslations('shared')
  const app = useApp()
  const status = useQuery({ ...statusOptions(app.api), refetchInterval: statusMs })
  const index = useQuery(indexOptions(app))
  const { samples, error } = useSamples()
  // All at once, so that nothing is pushed about by what comes later; metrics are long, and have their place.
  const isLoading = status.isPending || index.isPending
  return (
    <section aria-labelledby="health-title" className="screenful">
      <SystemHead id="health-title" title={t('title')} />
      {isLoading && <p className="muted">{shared('loading')}</p>}
      {!isLoading && status.data && <Readiness status={status.data} />}
      <ProblemNotice error={status.error} onRetry={() => void status.refetch()} />
      <ProblemNotice error={error} />
      {!isLoading && (
        <>
          <div className="panels">
            {status.data && <ServerPanel status={status.data} sample={samples.at(-1)} />}
            <IndexPanel />
          </div>
          <div className="panel">
            <h2>{t('about')}</h2>
            <p>{t('aboutText')}</p>
            {status.data && <p>{t('version', status.data)}</p>}
            <p>
              <a href="docs">{t('api')}</a>
            </p>
          </div>
          <TrafficCharts samples={samples} />
        </>
      )}
    </section>
  )
}

function Readiness({ status }: { readonly status: ServerStatus }): ReactNode {
  const t = useTranslations('system.health')
  return status.ready ? (
    <p className="health-state good">
      <Icon name="check" /> {t('ready')}
    </p>
  ) : (
    <p className="health-state warning" role="status">
      <Icon name="alert" /> {t('notReady', { reasons: status.reasons.join(' ') })}
    </p>
  )
}

/** Stands for what the metrics have not told yet. */
const unread = '–'

function toMegabytes({ memoryBytes }: Sample): number {
  return Math.round(memoryBytes / 2 ** 20)
}

interface ServerPanelProps {
  readonly status: ServerStatus
  /** Absent until the metrics were read. */
  readonly sample: Sample | undefined
}

function ServerPanel({ status, sample }: ServerPanelProps): ReactNode {
  const t = useTranslations('system.health')
  const format = useFormatter()
  const count = (value: number) => format.number(value)
  return (
    <div className="panel">
      <h2>{t('server')}</h2>
      <Facts
        facts={[
          [t('since'), t('at', { date: new Date(status.startedAt) })],
          [t('people'), count(status.persons)],
          [t('faces'), count(status.faces)],
          [t('workers'), count(status.workers)],
          [t('queued'), count(status.queued)],
          [t('lag'), count(status.changeLag)],
          [t('requests'), sample ? count(sample.requests) : unread],
          [t('failed'), sample ? count(sample.failed) : unread],
          [t('memory'), sample ? t('megabytes', { count: toMegabytes(sample) }) : unread],
        ]}
      />
    </div>
  )
}

/** Members of an index that are not words or numbers are for programs. */
function IndexPanel(): ReactNode {
  const t = useTranslations('system.health')
  const app = useApp()
  const index = useQuery(indexOptions(app))
  const facts = Object.entries(index.data ?? {}).flatMap(([name, value]): [string, string][] =>
    typeof value === 'object' ? [] : [[indexWord(t, name), String(value)]],
  )
  return (
    <div className="panel">
      <h2>{t('index', { collection: app.collection })}</h2>
      <ProblemNotice error={index.error} onRetry={() => void index.refetch()} />
      <Facts facts={facts} />
    </div>
  )
}

/** What every index has is named; what else one tells keeps the name of the API. */
function indexWord(t: ReturnType<typeof useTranslations<'system.health'>>, name: string): string {
  if (name === 'kind') return t('indexKind')
  return name === 'faces' ? t('indexFaces') : name
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
