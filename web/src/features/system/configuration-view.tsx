import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { configurationOptions } from '../../shared/api/system.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { SystemHead } from './system-head.tsx'

const route = getRouteApi('/system/configuration')
const defaultSource = 'default'

/** The configuration in force, with where each value comes from. */
export function ConfigurationView(): ReactNode {
  const t = useTranslations('system.configuration')
  const { api } = useApp()
  const { all = false } = route.useSearch()
  const navigate = useNavigate({ from: '/system/configuration' })
  const settings = useQuery({ ...configurationOptions(api), retry: false })
  const shown = settings.data?.filter(({ source }) => all || source !== defaultSource)
  return (
    <section aria-labelledby="configuration-title">
      <SystemHead id="configuration-title" title={t('title')} />
      <p className="muted">{t('lead')}</p>
      <label className="choice">
        <input
          type="checkbox"
          checked={!all}
          onChange={(event) =>
            void navigate({ search: event.target.checked ? {} : { all: true }, replace: true })
          }
        />
        <span>{t('changed')}</span>
      </label>
      <ProblemNotice error={settings.error} onRetry={() => void settings.refetch()} />
      {shown?.length === 0 && <p className="empty">{t('none')}</p>}
      {shown !== undefined && shown.length > 0 && (
        <div className="panel">
          <table className="data-table">
            <caption className="visually-hidden">{t('title')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('path')}</th>
                <th scope="col">{t('value')}</th>
                <th scope="col">{t('source')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ path, value, source }) => (
                <tr key={path}>
                  <th scope="row">
                    <code>{path}</code>
                  </th>
                  <td data-column={t('value')} className="setting-value">
                    {typeof value === 'string' ? value : JSON.stringify(value)}
                  </td>
                  <td data-column={t('source')}>{source}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
