import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { type ChartPoint, LineChart } from '../../shared/charts/line-chart.tsx'
import type { ComparedModel, MigrationResult } from './migration-result.ts'
import '../../shared/data-table.css'

/** How two models decide about the people of a collection. */
export function ComparisonPanel({ result }: { readonly result: MigrationResult }): ReactNode {
  const t = useTranslations('collections.model')
  const { filled, missing, comparison } = result
  const { faces, persons, agreement, models } = comparison
  return (
    <div className="panel">
      <h2>{t('comparison')}</h2>
      <p>{t('filled', { count: filled, missing })}</p>
      {faces > 0 && (
        <>
          <p>
            {t('compared', {
              faces,
              persons,
              percent: String(Number((agreement * 100).toFixed(1))),
            })}
          </p>
          <table className="data-table">
            <caption className="visually-hidden">{t('comparison')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('columns.model')}</th>
                <th scope="col">{t('columns.named')}</th>
                <th scope="col">{t('columns.misnamed')}</th>
                <th scope="col">{t('columns.strangers')}</th>
              </tr>
            </thead>
            <tbody>
              {models.map((model) => (
                <ModelRow key={model.modelId} model={model} />
              ))}
            </tbody>
          </table>
          <DetChart models={models} />
        </>
      )}
    </div>
  )
}

function ModelRow({ model }: { readonly model: ComparedModel }): ReactNode {
  const t = useTranslations('collections.model')
  const { modelId, enrolled, strangers } = model
  return (
    <tr>
      <th scope="row">{modelId}</th>
      <td data-column={t('columns.named')}>
        {t('ofProbes', { count: enrolled.named, probes: enrolled.probes })}
      </td>
      <td data-column={t('columns.misnamed')}>{enrolled.misnamed}</td>
      <td data-column={t('columns.strangers')}>
        {t('ofProbes', { count: strangers.named, probes: strangers.probes })}
      </td>
    </tr>
  )
}

/** The detection error trade-off; nothing where there are too few pairs to count. */
function DetChart({ models }: { readonly models: readonly ComparedModel[] }): ReactNode {
  const t = useTranslations('collections.model')
  const series = models.map(({ modelId, det }) => ({
    name: modelId,
    points: det
      .map(({ fmr, fnmr }): ChartPoint => ({ x: fmr, y: fnmr }))
      .toSorted((a, b) => a.x - b.x),
  }))
  const rates = series.flatMap(({ points }) => points.map(({ x }) => x))
  const [from, to] = [Math.min(...rates), Math.max(...rates)]
  if (!(from < to)) return null
  const most = Math.max(0.01, ...series.flatMap(({ points }) => points.map(({ y }) => y)))
  const rate = (value: number) => String(Number(value.toPrecision(2)))
  return (
    <LineChart
      title={t('chart')}
      x={{ label: t('chartX'), from, to, isLog: true, format: rate }}
      y={{ label: t('chartY'), from: 0, to: most, format: rate }}
      series={series}
    />
  )
}
