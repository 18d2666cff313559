import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions, thresholdsOptions } from '../../shared/api/collections.ts'
import { useApp } from '../../shared/app-context.ts'
import { LineChart } from '../../shared/charts/line-chart.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { perThousand } from '../../shared/rates.ts'

/** From 1 in 10,000 strangers to 1 in 5, evenly on a logarithmic axis. */
const drawn = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2]

/** The trade-off between strangers with a name and missed searches, at the collection's size. */
export function ModelErrors(): ReactNode {
  const t = useTranslations('evaluation.det')
  const shared = useTranslations('shared')
  const app = useApp()
  const { data: details } = useQuery(collectionOptions(app))
  const policy = details?.policy
  const inForce = policy?.threshold === undefined ? policy?.maxFpir : undefined
  const rates = [...new Set([...drawn, ...(inForce === undefined ? [] : [inForce])])].sort(
    (a, b) => a - b,
  )
  const meant = useQuery({ ...thresholdsOptions(app, rates), enabled: details !== undefined })
  if (meant.error !== null) return <ProblemNotice error={meant.error} />
  if (meant.data === undefined) return <p className="muted screenful">{shared('loading')}</p>
  const { items, modelId, gallerySize } = meant.data
  const now = items.find(({ maxFpir }) => maxFpir === inForce)
  const points = items.map(({ maxFpir, fnmr }) => ({ x: maxFpir * 1000, y: fnmr * 1000 }))
  const count = (value: number) => String(Number(value.toPrecision(2)))
  return (
    <div className="panel">
      <p>{t('text')}</p>
      <LineChart
        title={t('title', { model: modelId, count: gallerySize })}
        x={{
          label: t('x'),
          from: Math.min(...points.map(({ x }) => x)),
          to: Math.max(...points.map(({ x }) => x)),
          isLog: true,
          format: count,
        }}
        y={{
          label: t('y'),
          from: 0,
          to: Math.max(1, ...points.map(({ y }) => y)),
          format: count,
        }}
        series={[{ name: t('y'), points }]}
        {...(now && {
          mark: {
            x: now.maxFpir * 1000,
            y: now.fnmr * 1000,
            label: t('now', {
              strangers: perThousand(now.maxFpir),
              missed: perThousand(now.fnmr),
            }),
          },
        })}
      />
      <div>
        <Link className="button" to="/collections/settings">
          {t('settings')}
        </Link>
      </div>
    </div>
  )
}
