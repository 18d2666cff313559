import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { thresholdsOptions, updateCollection } from '../../shared/api/collections.ts'
import type { CollectionDetails, DecisionPolicy } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { perThousand } from '../../shared/rates.ts'
import { useRestingValue } from '../../shared/use-resting-value.ts'
import { RateChart } from './rate-chart.tsx'
import { rateSteps } from './rate-steps.ts'
import { ThresholdForm } from './threshold-form.tsx'

const typingMs = 300

/** How often strangers may get a name: what follows from a rate is shown before it is applied. */
export function DecisionPanel({ details }: { readonly details: CollectionDetails }): ReactNode {
  const t = useTranslations('collections.decisions')
  const shared = useTranslations('shared')
  const app = useApp()
  const { policy } = details
  const [rate, setRate] = useState(policy.maxFpir)
  // A number is typed digit by digit; each would be a request.
  const steps = rateSteps([policy.maxFpir, useRestingValue(rate, typingMs)])
  const meant = useQuery({ ...thresholdsOptions(app, steps), placeholderData: keepPreviousData })
  const items = meant.data?.items
  const chosen = items?.find(({ maxFpir }) => maxFpir === rate)
  const present = items?.find(({ maxFpir }) => maxFpir === policy.maxFpir)
  const isInForce = rate === policy.maxFpir && policy.threshold === undefined
  const larger = items?.find(({ maxFpir }) => maxFpir > rate)

  const apply = useChange({
    send: (maxFpir: number) => updateCollection(app, { policy: toPatch(policy, maxFpir) }),
    done: (_answer, maxFpir) => t('applied', { count: perThousand(maxFpir) }),
    undo: () => () => updateCollection(app, { policy: toFormer(policy) }),
  })

  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      <p>{t('text')}</p>
      {policy.threshold !== undefined && (
        <p className="warning">{t('byHand', { threshold: String(policy.threshold) })}</p>
      )}
      <ProblemNotice error={meant.error} onRetry={() => void meant.refetch()} />
      <RateFields steps={steps} rate={rate} onChange={setRate} />
      {meant.isPending && <p className="muted screenful">{shared('loading')}</p>}
      {chosen && (
        <dl className="outcomes" aria-live="polite">
          <Outcome
            name={t('similarity')}
            value={chosen.threshold.toFixed(3)}
            now={isInForce ? undefined : (policy.threshold ?? present?.threshold)?.toFixed(3)}
          />
          <Outcome
            name={t('strangers')}
            value={perThousand(rate)}
            now={
              isInForce || policy.threshold !== undefined ? undefined : perThousand(policy.maxFpir)
            }
          />
          <Outcome
            name={t('missed')}
            value={perThousand(chosen.fnmr)}
            now={
              isInForce || policy.threshold !== undefined || present === undefined
                ? undefined
                : perThousand(present.fnmr)
            }
          />
        </dl>
      )}
      {chosen && <p className="muted hint">{t('missedHint')}</p>}
      {meant.data?.gallerySize === 0 && <p className="muted hint">{t('empty')}</p>}
      {chosen?.extrapolated && <p className="warning">{t('extrapolated')}</p>}
      {chosen && larger && larger.threshold === chosen.threshold && (
        <p className="muted hint">{t('saturated')}</p>
      )}
      <div>
        <button
          type="button"
          className="primary"
          disabled={isInForce || chosen === undefined || apply.isPending}
          onClick={() => apply.run(rate)}
        >
          {t(isInForce ? 'unchanged' : 'apply')}
        </button>
      </div>
      <ThresholdForm policy={policy} />
      {meant.data && <RateChart meant={meant.data} chosen={chosen} />}
    </div>
  )
}

interface RateFieldsProps {
  readonly steps: readonly number[]
  readonly rate: number
  readonly onChange: (rate: number) => void
}

/**
 * The browser's own slider: it is right by keyboard, touch and for screen readers, and alone lets a
 * step be called by words.
 */
function RateFields({ steps, rate, onChange }: RateFieldsProps): ReactNode {
  const t = useTranslations('collections.decisions')
  const id = useId()
  const index = steps.findIndex((step) => step >= rate)
  return (
    <div className="rate-fields">
      <div className="rate-slider">
        <label htmlFor={id}>{t('slider')}</label>
        <input
          id={id}
          type="range"
          min={0}
          max={steps.length - 1}
          step={1}
          value={index < 0 ? steps.length - 1 : index}
          aria-valuetext={t('sliderValue', { count: perThousand(rate) })}
          onChange={(event) => onChange(steps[event.target.valueAsNumber] ?? rate)}
        />
      </div>
      <label className="field narrow-field">
        <span>{t('field')}</span>
        <input
          type="number"
          min={0.001}
          max={1000}
          step="any"
          value={Number((rate * 1000).toPrecision(6))}
          onChange={(event) => {
            const { valueAsNumber } = event.target
            if (valueAsNumber > 0 && valueAsNumber <= 1000) onChange(valueAsNumber / 1000)
          }}
        />
      </label>
    </div>
  )
}

interface OutcomeProps {
  readonly name: string
  readonly value: string
  /** What holds at present, where it is something else. */
  readonly now: string | undefined
}

function Outcome({ name, value, now }: OutcomeProps): ReactNode {
  const t = useTranslations('collections.decisions')
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {now !== undefined && <span className="muted">{t('now', { value: now })}</span>}
      </dd>
    </div>
  )
}

/** `possible` is at least as lenient as `match`; a similarity by hand gives way to the rate. */
function toPatch(policy: DecisionPolicy, maxFpir: number) {
  return { maxFpir, possibleFpir: Math.max(maxFpir, policy.possibleFpir), threshold: null }
}

function toFormer({ maxFpir, possibleFpir, threshold }: DecisionPolicy) {
  return { maxFpir, possibleFpir, threshold: threshold ?? null }
}
