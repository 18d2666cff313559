import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { apiKeysKey, apiKeysOptions, revokeApiKey } from '../../shared/api/api-keys.ts'
import type { ApiKey } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import { ShowMore } from '../../shared/show-more.tsx'
import { CreateKeyDialog } from './create-key-dialog.tsx'
import { SystemHead } from './system-head.tsx'

/** API keys: who may do what, since when, until when. */
export function KeysView(): ReactNode {
  const t = useTranslations('system.keys')
  const { api } = useApp()
  const client = useQueryClient()
  const list = useInfiniteQuery(apiKeysOptions(api))
  const keys = list.data?.pages.flatMap(({ items }) => items)
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<ApiKey>()
  const revoke = useChange({
    send: ({ id }: ApiKey) => revokeApiKey(api, id),
    done: (_answer, { name }) => t('revoked', { name }),
    onDone: () => void client.invalidateQueries({ queryKey: apiKeysKey }),
  })
  return (
    <section aria-labelledby="keys-title">
      <SystemHead id="keys-title" title={t('title')} />
      <div className="view-head">
        <p className="muted keys-lead">{t('lead')}</p>
        <button type="button" className="primary" onClick={() => setCreating(true)}>
          <Icon name="key" /> {t('create')}
        </button>
      </div>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {keys?.length === 0 && <p className="empty">{t('none')}</p>}
      {keys !== undefined && keys.length > 0 && (
        <div className="panel">
          <table className="data-table">
            <caption className="visually-hidden">{t('title')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('columns.name')}</th>
                <th scope="col">{t('columns.scopes')}</th>
                <th scope="col">{t('columns.collections')}</th>
                <th scope="col">{t('columns.used')}</th>
                <th scope="col">{t('columns.state')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('columns.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => (
                <KeyRow key={key.id} apiKey={key} onRevoke={() => setRevoking(key)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <ShowMore list={list} />
      {creating && (
        <CreateKeyDialog
          isFirst={keys?.length === 0}
          onClose={() => {
            setCreating(false)
            void client.invalidateQueries({ queryKey: apiKeysKey })
          }}
        />
      )}
      {revoking && (
        <ConfirmDialog
          title={t('revokeTitle', { name: revoking.name })}
          action={t('revoke')}
          onCancel={() => setRevoking(undefined)}
          onConfirm={async () => {
            await revoke.runAsync(revoking).catch(() => undefined)
            setRevoking(undefined)
          }}
        >
          {t('revokeText')}
        </ConfirmDialog>
      )}
    </section>
  )
}

interface KeyRowProps {
  readonly apiKey: ApiKey
  readonly onRevoke: () => void
}

function KeyRow({ apiKey, onRevoke }: KeyRowProps): ReactNode {
  const t = useTranslations('system.keys')
  const { name, prefix, scopes, collections, expiresAt, lastUsedAt, revokedAt, endsSoon } = apiKey
  const isOver = expiresAt !== undefined && new Date(expiresAt).getTime() < Date.now()
  const state = () => {
    if (revokedAt !== undefined) return t('revokedAt', { date: new Date(revokedAt) })
    if (expiresAt === undefined) return t('valid')
    const date = new Date(expiresAt)
    if (endsSoon) return <strong className="warning">{t('endsSoon', { date })}</strong>
    return t(isOver ? 'expired' : 'expires', { date })
  }
  return (
    <tr>
      <th scope="row">
        {name} <span className="muted key-prefix">{prefix}…</span>
      </th>
      <td data-column={t('columns.scopes')}>{scopes.join(', ')}</td>
      <td data-column={t('columns.collections')}>
        {collections === undefined
          ? t('allCollections')
          : collections.map((one) => one.name ?? t('goneCollection')).join(', ')}
      </td>
      <td data-column={t('columns.used')}>
        {lastUsedAt === undefined ? t('never') : t('usedAt', { date: new Date(lastUsedAt) })}
      </td>
      <td data-column={t('columns.state')}>{state()}</td>
      <td>
        {revokedAt === undefined && !isOver && (
          <button
            type="button"
            className="small"
            aria-label={t('revokeNamed', { name })}
            onClick={onRevoke}
          >
            {t('revoke')}
          </button>
        )}
      </td>
    </tr>
  )
}
