import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { GalleryReport } from '../../shared/api/types.ts'
import { BarChart } from '../../shared/charts/bar-chart.tsx'
import type { Findings } from '../../shared/examination/findings.ts'

interface OwnErrorsProps {
  readonly report: GalleryReport
  readonly findings: Findings
}

/** What an examination found: how searches ended, and how similar those are that can be confused. */
export function OwnErrors({ report, findings }: OwnErrorsProps): ReactNode {
  const t = useTranslations('evaluation.own')
  const { leftOut, expectedFpir } = report.result
  const alike = findings.pairs.map(({ similarity }) => similarity)
  const missed = findings.missed.flatMap(({ nearest }) => (nearest ? [nearest.similarity] : []))
  const format = (value: number) => value.toFixed(2)
  return (
    <>
      <p>{leftOut.faces === 0 ? t('noOne') : t('sentence', leftOut)}</p>
      {expectedFpir !== undefined && (
        <p>{t('strangers', { percent: String(Number((expectedFpir * 100).toPrecision(2))) })}</p>
      )}
      {alike.length === 0 && <p className="muted">{t('noPairs')}</p>}
      <BarChart title={t('histogram')} label={t('similarity')} values={alike} format={format} />
      <BarChart title={t('nearest')} label={t('similarity')} values={missed} format={format} />
    </>
  )
}
