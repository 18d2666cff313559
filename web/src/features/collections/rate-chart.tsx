import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { ThresholdForRate } from '../../shared/api/types.ts'
import { LineChart } from '../../shared/charts/line-chart.tsx'
import { perThousand } from '../../shared/rates.ts'

interface RateChartProps {
  readonly meant: {
    readonly modelId: string
    readonly gallerySize: number
    readonly items: readonly ThresholdForRate[]
  }
  readonly chosen: ThresholdForRate | undefined
}

/** What a model misses at each rate, with the choice on it. */
export function RateChart({ meant, chosen }: RateChartProps): ReactNode {
  const t = useTranslations('collections.decisions')
  const { modelId, gallerySize, items } = meant
  const points = items.map(({ maxFpir, fnmr }) => ({ x: maxFpir * 1000, y: fnmr * 1000 }))
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || first.x === last.x) return null
  const most = Math.max(...points.map(({ y }) => y), 1)
  const count = (value: number) => String(Number(value.toPrecision(2)))
  return (
    <LineChart
      title={t('chart', { model: modelId, count: gallerySize })}
      x={{ label: t('chartX'), from: first.x, to: last.x, isLog: true, format: count }}
      y={{ label: t('chartY'), from: 0, to: most, format: count }}
      series={[{ name: t('chartY'), points }]}
      {...(chosen && {
        mark: {
          x: chosen.maxFpir * 1000,
          y: chosen.fnmr * 1000,
          label: t('chartMark', {
            strangers: perThousand(chosen.maxFpir),
            missed: perThousand(chosen.fnmr),
          }),
        },
      })}
    />
  )
}
