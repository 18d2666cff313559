import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { createCollection } from '../../shared/api/collections.ts'
import { collectionNamesKey } from '../../shared/api/keys.ts'
import { modelsOptions } from '../../shared/api/system.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { Dialog } from '../../shared/dialog/dialog.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'

/** What is offered in words; the rates are those of docs/guides/thresholds.md. */
const policies = [
  { name: 'lenient', maxFpir: 0.03 },
  { name: 'standard', maxFpir: 0.01 },
  { name: 'strict', maxFpir: 0.001 },
] as const

/** Asks for the name, the model and how careful to be, and makes the collection. */
export function CreateCollectionDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const t = useTranslations('collections')
  return (
    <Dialog title={t('create')} onCancel={onClose}>
      <CreateForm onClose={onClose} />
    </Dialog>
  )
}

function CreateForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const t = useTranslations('collections')
  const shared = useTranslations('shared')
  const { api } = useApp()
  const client = useQueryClient()
  const navigate = useNavigate()
  // Who may not see the models makes the collection with the configured one.
  const models = useQuery({ ...modelsOptions(api), retry: false })
  const embedders = models.data?.filter(({ task, installed }) => task === 'embedder' && installed)
  const [name, setName] = useState('')
  const [modelId, setModelId] = useState<string>()
  const [policy, setPolicy] = useState<(typeof policies)[number]['name']>('standard')
  const [storeCrops, setStoreCrops] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])

  const create = useChange({
    send: () =>
      createCollection(api, {
        name,
        storeCrops,
        policy: { maxFpir: policies.find((one) => one.name === policy)?.maxFpir ?? 0.01 },
        ...(modelId === undefined ? {} : { modelId }),
      }),
    done: () => t('created', { name }),
    problems: 'screen',
    onDone: () => {
      void client.invalidateQueries({ queryKey: collectionNamesKey })
      onClose()
      void navigate({ to: '/collections/settings', search: { collection: name } })
    },
  })

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.run(undefined)
      }}
    >
      <div>
        <label className="field">
          <span>{t('createForm.name')}</span>
          <input
            ref={field}
            required
            pattern="[a-z0-9][a-z0-9_\-]{0,63}"
            autoComplete="off"
            autoCapitalize="none"
            aria-describedby="collection-name-hint"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <p id="collection-name-hint" className="muted hint">
          {t('createForm.nameHint')}
        </p>
      </div>
      {embedders !== undefined && embedders.length > 0 && (
        <label className="field">
          <span>{t('createForm.model')}</span>
          <select
            value={modelId ?? embedders.find(({ isDefault }) => isDefault)?.id}
            onChange={(event) => setModelId(event.target.value)}
          >
            {embedders.map(({ id, title }) => (
              <option key={id} value={id}>
                {id} · {title}
              </option>
            ))}
          </select>
        </label>
      )}
      <fieldset className="choices">
        <legend>{t('createForm.policy')}</legend>
        {policies.map((one) => (
          <label key={one.name} className="choice">
            <input
              type="radio"
              name="policy"
              checked={policy === one.name}
              onChange={() => setPolicy(one.name)}
            />
            <span>
              <strong>{t(`createForm.${one.name}`)}</strong>
              <span className="muted hint">{t(`createForm.${one.name}Text`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label className="choice">
        <input
          type="checkbox"
          checked={storeCrops}
          onChange={(event) => setStoreCrops(event.target.checked)}
        />
        <span>
          <strong>{t('createForm.crops')}</strong>
          <span className="muted hint">{t('createForm.cropsHint')}</span>
        </span>
      </label>
      <ProblemNotice error={create.error} />
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared('cancel')}
        </button>
        <button type="submit" className="primary" disabled={create.isPending}>
          {t('createForm.send')}
        </button>
      </div>
    </form>
  )
}
