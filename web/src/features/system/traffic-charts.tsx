import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { LineChart } from '../../shared/charts/line-chart.tsx'
import { type Sample, toRates } from './metrics.ts'

/** Throughput and latency since the page was opened. */
export function TrafficCharts({ samples }: { readonly samples: readonly Sample[] }): ReactNode {
  const t = useTranslations('system.traffic')
  const format = useFormatter()
  const rates = toRates(samples)
  const [first, last] = [rates[0], rates.at(-1)]
  if (first === undefined || last === undefined || first.at === last.at) {
    return <p className="muted">{t('collecting')}</p>
  }
  const x = {
    label: t('time'),
    from: first.at,
    to: last.at,
    format: (at: number) =>
      format.dateTime(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  }
  const round = (value: number) => format.number(value, { maximumSignificantDigits: 3 })
  const times = rates.flatMap(({ at, meanMs }) =>
    meanMs === undefined ? [] : [{ x: at, y: meanMs }],
  )
  return (
    <div className="panels">
      <div className="panel">
        <LineChart
          title={t('throughput')}
          x={x}
          y={{
            label: t('perSecond'),
            from: 0,
            to: Math.max(1, ...rates.map(({ perSecond }) => perSecond)),
            format: round,
          }}
          series={[
            {
              name: t('perSecond'),
              points: rates.map(({ at, perSecond }) => ({ x: at, y: perSecond })),
            },
          ]}
        />
      </div>
      {times.length > 1 && (
        <div className="panel">
          <LineChart
            title={t('latency')}
            x={x}
            y={{
              label: t('ms'),
              from: 0,
              to: Math.max(1, ...times.map(({ y }) => y)),
              format: round,
            }}
            series={[{ name: t('ms'), points: times }]}
          />
        </div>
      )}
    </div>
  )
}
