import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { jobItemsOptions } from '../../shared/api/jobs.ts'
import type { Job } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { LineChart } from '../../shared/charts/line-chart.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import {
  type ConfusedPhotographs,
  type MeasuredResult,
  readConfused,
  toDet,
  toShares,
} from './measured-result.ts'

interface MeasuredProps {
  readonly job: Job
  readonly result: MeasuredResult
}

/** What a model made of labelled photographs: rates, similarities, and what it confuses most. */
export function Measured({ job, result }: MeasuredProps): ReactNode {
  const t = useTranslations('evaluation.measure')
  const format = useFormatter()
  const { api } = useApp()
  const items = useInfiniteQuery(jobItemsOptions(api, job.id))
  const { pairs, unusable } = readConfused(items.data?.pages.flatMap((page) => page.items) ?? [])
  const percent = (value: number) =>
    format.number(value, { style: 'percent', maximumSignificantDigits: 2 })
  return (
    <>
      <p>
        {t('counts', result)} {unusable > 0 && t('unusable', { count: unusable })}
      </p>
      {result.equalErrorRate !== undefined && (
        <p>{t('equal', { model: result.modelId, rate: percent(result.equalErrorRate) })}</p>
      )}
      <div className="panels">
        <Det result={result} />
        <Similarities result={result} />
      </div>
      <ConfusedList
        title={t('lookAlikes')}
        pairs={pairs.filter(({ type }) => type === 'lookAlike')}
      />
      <ConfusedList title={t('unlike')} pairs={pairs.filter(({ type }) => type === 'unlike')} />
    </>
  )
}

function Det({ result }: Pick<MeasuredProps, 'result'>): ReactNode {
  const t = useTranslations('evaluation.measure')
  const points = toDet(result)
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || first.x === last.x) return null
  const rate = (value: number) => String(Number(value.toPrecision(2)))
  return (
    <LineChart
      title={t('det')}
      x={{ label: t('fmr'), from: first.x, to: last.x, isLog: true, format: rate }}
      y={{
        label: t('fnmr'),
        from: 0,
        to: Math.max(0.01, ...points.map(({ y }) => y)),
        format: rate,
      }}
      series={[{ name: t('fnmr'), points }]}
    />
  )
}

function Similarities({ result }: Pick<MeasuredProps, 'result'>): ReactNode {
  const t = useTranslations('evaluation.measure')
  const { mated, nonMated } = toShares(result)
  const all = [...mated, ...nonMated]
  const [from, to] = [Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x))]
  if (!(from < to)) return null
  return (
    <LineChart
      title={t('similarities')}
      x={{ label: t('similarity'), from, to, format: (value) => value.toFixed(2) }}
      y={{
        label: t('share'),
        from: 0,
        to: Math.max(...all.map(({ y }) => y)),
        format: (value) => String(Number(value.toPrecision(2))),
      }}
      series={[
        { name: t('mated'), points: mated },
        { name: t('nonMated'), points: nonMated },
      ]}
    />
  )
}

interface ConfusedListProps {
  readonly title: string
  readonly pairs: readonly ConfusedPhotographs[]
}

function ConfusedList({ title, pairs }: ConfusedListProps): ReactNode {
  const t = useTranslations('evaluation.confusions')
  if (pairs.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul className="confused">
        {pairs.map((pair) => (
          <li key={pair.files.join(' ')}>
            <div className="confused-photos">
              {pair.persons.map((person, index) => (
                <div key={pair.files[index]}>
                  <Thumbnail base64={pair.thumbnails[index]} label={pair.files[index] ?? person} />
                  <p>
                    <bdi>{person}</bdi>
                  </p>
                </div>
              ))}
            </div>
            <p className="muted">{t('similarity', { value: pair.similarity.toFixed(2) })}</p>
          </li>
        ))}
      </ul>
    </>
  )
}

interface ThumbnailProps {
  readonly base64: string | null | undefined
  readonly label: string
}

function Thumbnail({ base64, label }: ThumbnailProps): ReactNode {
  const blob = useMemo(() => {
    if (base64 == null) return undefined
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    return new Blob([bytes], { type: 'image/jpeg' })
  }, [base64])
  return blob && <PhotoCanvas blob={blob} label={label} maxSide={160} />
}
