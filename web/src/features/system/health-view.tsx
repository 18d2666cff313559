import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { indexOptions, readinessOptions } from '../../shared/api/system.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import type { Sample } from './metrics.ts'
import { SystemHead } from './system-head.tsx'
import { TrafficCharts } from './traffic-charts.tsx'
import { useSamples } from './use-samples.ts'

const readinessMs = 5_000

/** Whether the server is well, how the index is, and what it has to do. */
export function HealthView(): ReactNode {
  const t = useTranslations('system.health')
  const app = useApp()
  const readiness = useQuery({
    ...readinessOptions(app.api),
    refetchInterval: readinessMs,
    retry: false,
  })
  const { samples, error } = useSamples()
  const latest = samples.at(-1)
  return (
    <section aria-labelledby="health-title">
      <SystemHead id="health-title" title={t('title')} />
      {readiness.data && (
        <p className="health-state good">
          <Icon name="check" /> {t('ready')}
        </p>
      )}
      <ProblemNotice error={readiness.error} onRetry={() => void readiness.refetch()} />
      <ProblemNotice error={error} />
      <div className="panels">
        {latest && <ServerPanel sample={latest} changeLag={readiness.data?.changeLag ?? 0} />}
        <IndexPanel />
      </div>
      <TrafficCharts samples={samples} />
      <div className="panel">
        <h2>{t('about')}</h2>
        <p>{t('aboutText')}</p>
        <p>
          <a href="docs">{t('api')}</a>
        </p>
      </div>
    </section>
  )
}

interface ServerPanelProps {
  readonly sample: Sample
  readonly changeLag: number
}

function ServerPanel({ sample, changeLag }: ServerPanelProps): ReactNode {
  const t = useTranslations('system.health')
  const format = useFormatter()
  const count = (value: number) => format.number(value)
  return (
    <div className="panel">
      <h2>{t('server')}</h2>
      <Facts
        facts={[
          [t('uptime'), t('minutes', { count: Math.floor(sample.uptimeSeconds / 60) })],
          [t('people'), count(sample.persons)],
          [t('faces'), count(sample.faces)],
          [t('workers'), count(sample.workers)],
          [t('queued'), count(sample.queued)],
          [t('requests'), count(sample.requests)],
          [t('failed'), count(sample.failed)],
          [t('memory'), t('megabytes', { count: Math.round(sample.memoryBytes / 2 ** 20) })],
          [t('lag'), count(changeLag)],
        ]}
      />
      {sample.failed > 0 && <p className="warning">{t('failedHint')}</p>}
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
