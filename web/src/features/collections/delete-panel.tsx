import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { deleteCollection } from '../../shared/api/collections.ts'
import { collectionKey, collectionNamesKey } from '../../shared/api/keys.ts'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { Dialog } from '../../shared/dialog/dialog.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'

/** Routes without a collection in their address work on it, so it stays. */
const lasting = 'default'

/** The end of a collection: what goes away is named, and its name has to be typed. */
export function DeletePanel({ details }: { readonly details: CollectionDetails }): ReactNode {
  const t = useTranslations('collections')
  const { name } = details
  const [asking, setAsking] = useState(false)
  return (
    <div className="panel">
      <h2>{t('remove.title')}</h2>
      {name === lasting ? (
        <p className="muted">{t('remove.default')}</p>
      ) : (
        <>
          <p>{t('remove.text', { counts: t('counts', details) })}</p>
          <div>
            <button type="button" className="danger" onClick={() => setAsking(true)}>
              {t('remove.button', { name })}
            </button>
          </div>
        </>
      )}
      {asking && (
        <Dialog
          title={t('remove.dialogTitle', { name })}
          onCancel={() => setAsking(false)}
          mustAnswer
          isAlert
        >
          <DeleteForm details={details} onClose={() => setAsking(false)} />
        </Dialog>
      )}
    </div>
  )
}

interface DeleteFormProps {
  readonly details: CollectionDetails
  readonly onClose: () => void
}

function DeleteForm({ details, onClose }: DeleteFormProps): ReactNode {
  const t = useTranslations('collections')
  const shared = useTranslations('shared')
  const app = useApp()
  const client = useQueryClient()
  const navigate = useNavigate()
  const { name } = details
  const [typed, setTyped] = useState('')
  const remove = useChange({
    send: () => deleteCollection(app),
    done: () => t('remove.deleted', { name }),
    problems: 'screen',
    onDone: () => {
      onClose()
      // Nothing asks for it any more, so that nothing is told that it is gone.
      client.removeQueries({ queryKey: collectionKey(name) })
      void navigate({ to: '/collections', search: { collection: lasting } })
      void client.invalidateQueries({ queryKey: collectionNamesKey })
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        remove.run(undefined)
      }}
    >
      <p>{t('remove.text', { counts: t('counts', details) })}</p>
      <label className="field">
        <span>{t('remove.typeName', { name })}</span>
        <input
          autoComplete="off"
          autoCapitalize="none"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <ProblemNotice error={remove.error} />
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared('keep')}
        </button>
        <button type="submit" className="danger" disabled={typed !== name || remove.isPending}>
          {t('remove.confirm')}
        </button>
      </div>
    </form>
  )
}
