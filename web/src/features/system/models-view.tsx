import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { modelsOptions } from '../../shared/api/system.ts'
import type { Model } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { ModelInstall } from './model-install.tsx'
import { SystemHead } from './system-head.tsx'

/** Models: what is installed, how good each is, and under which licence. */
export function ModelsView(): ReactNode {
  const t = useTranslations('system.models')
  const shared = useTranslations('shared')
  const { api } = useApp()
  const models = useQuery(modelsOptions(api))
  return (
    <section aria-labelledby="models-title" className="screenful">
      <SystemHead id="models-title" title={t('title')} />
      <p className="muted">{t('lead')}</p>
      <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />
      {models.isPending && <p className="muted">{shared('loading')}</p>}
      <ul className="model-list">
        {models.data?.map((model) => (
          <ModelCard key={model.id} model={model} />
        ))}
      </ul>
    </section>
  )
}

function ModelCard({ model }: { readonly model: Model }): ReactNode {
  const t = useTranslations('system.models')
  const format = useFormatter()
  const percent = (value: number) =>
    format.number(value, { style: 'percent', maximumFractionDigits: 2 })
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t('lfw'), model.lfwAccuracy === undefined ? undefined : percent(model.lfwAccuracy)],
    [t('missed'), model.fnirAtFpir1e2 === undefined ? undefined : percent(model.fnirAtFpir1e2)],
    [
      t('msPerFace'),
      model.msPerFace === undefined ? undefined : t('ms', { ms: Math.round(model.msPerFace) }),
    ],
    [t('dimension'), model.dimension === undefined ? undefined : String(model.dimension)],
  ]
  return (
    <li className="panel">
      <div className="model-head">
        <h2>{model.title}</h2>
        <code>{model.id}</code>
        <span className={model.installed ? 'good' : 'muted'}>
          {t(model.installed ? 'installed' : 'notInstalled')}
        </span>
        {model.isDefault && <span className="muted">{t('isDefault')}</span>}
      </div>
      <dl className="facts">
        {facts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <p>{model.notes}</p>
      <p className="muted model-terms">
        {t('license', { license: model.license })}
        <br />
        {t('trainingData', { data: model.trainingData })}
      </p>
      {!model.installed && <ModelInstall model={model} />}
    </li>
  )
}
