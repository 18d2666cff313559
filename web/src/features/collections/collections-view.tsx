import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { collectionNamesOptions, collectionOptions } from '../../shared/api/collections.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import { CreateCollectionDialog } from './create-collection-dialog.tsx'
import { policyWords } from './policy-words.ts'
import '../../shared/data-table.css'
import './collections.css'

/** All collections, and the way to a new one. */
export function CollectionsView(): ReactNode {
  const t = useTranslations('collections')
  const shared = useTranslations('shared')
  const { api } = useApp()
  const names = useQuery(collectionNamesOptions(api))
  const [creating, setCreating] = useState(false)
  return (
    <section aria-labelledby="collections-title">
      <div className="view-head">
        <div>
          <h1 id="collections-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{t('lead')}</p>
        </div>
        <button type="button" className="primary" onClick={() => setCreating(true)}>
          <Icon name="plus" /> {t('create')}
        </button>
      </div>
      <ProblemNotice error={names.error} onRetry={() => void names.refetch()} />
      {names.isPending && <p className="muted">{shared('loading')}</p>}
      {names.data && (
        <div className="panel">
          <table className="data-table">
            <caption className="visually-hidden">{t('list')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('columns.name')}</th>
                <th scope="col">{t('columns.people')}</th>
                <th scope="col">{t('columns.model')}</th>
                <th scope="col">{t('columns.policy')}</th>
                <th scope="col">{t('columns.keeps')}</th>
              </tr>
            </thead>
            <tbody>
              {names.data.map((name) => (
                <CollectionRow key={name} name={name} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <CreateCollectionDialog onClose={() => setCreating(false)} />}
    </section>
  )
}

function CollectionRow({ name }: { readonly name: string }): ReactNode {
  const t = useTranslations('collections')
  const shared = useTranslations('shared')
  const { api, collection } = useApp()
  const { data } = useQuery(collectionOptions({ api, collection: name }))
  const keeps = [
    data?.storeCrops === true ? t('keepsCrops') : '',
    data?.keepUnknown === undefined ? '' : t('keepsUnknown'),
  ].filter((word) => word !== '')
  return (
    <tr>
      <th scope="row">
        <Link
          to="/collections/settings"
          search={{ collection: name }}
          aria-label={t('openOf', { name })}
        >
          {name}
        </Link>{' '}
        {name === collection && <span className="badge">{t('current')}</span>}
      </th>
      {data === undefined ? (
        <td colSpan={4} className="muted">
          {shared('loading')}
        </td>
      ) : (
        <>
          <td>{t('counts', data)}</td>
          <td data-column={t('columns.model')}>
            {data.modelId}
            {data.second && ` + ${data.second.modelId}`}
          </td>
          <td data-column={t('columns.policy')}>{policyWords(t, data.policy)}</td>
          <td data-column={t('columns.keeps')}>
            {keeps.length > 0 ? keeps.join(', ') : t('keepsNothing')}
          </td>
        </>
      )}
    </tr>
  )
}
