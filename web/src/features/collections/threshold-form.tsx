import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { updateCollection } from '../../shared/api/collections.ts'
import type { DecisionPolicy } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'

/** Where nothing was set yet: in the middle of what models without a curve are used with. */
const firstThreshold = 0.5

/** A similarity by hand, folded away: a rate says more, except of a model without a curve. */
export function ThresholdForm({ policy }: { readonly policy: DecisionPolicy }): ReactNode {
  const t = useTranslations('collections.decisions.byHandForm')
  const app = useApp()
  const inForce = policy.threshold ?? null
  const [text, setText] = useState(String(inForce ?? firstThreshold))
  const apply = useChange({
    send: (threshold: number) =>
      updateCollection(app, { policy: { threshold, possibleThreshold: null } }),
    done: (_answer, threshold) => t('applied', { threshold: String(threshold) }),
    undo: () => () =>
      updateCollection(app, {
        policy: { threshold: inForce, possibleThreshold: policy.possibleThreshold ?? null },
      }),
  })
  return (
    <details className="by-hand">
      <summary>{t('title')}</summary>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          apply.run(Number(text))
        }}
      >
        <p className="muted">{t('text')}</p>
        <div className="actions">
          <label className="field narrow-field">
            <span>{t('field')}</span>
            <input
              type="number"
              required
              min={0}
              max={1}
              step="any"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </label>
          <button type="submit" disabled={apply.isPending}>
            {t('apply')}
          </button>
        </div>
      </form>
    </details>
  )
}
