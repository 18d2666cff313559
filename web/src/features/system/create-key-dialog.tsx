import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { makeApiKey, type NewApiKey } from '../../shared/api/api-keys.ts'
import { collectionNamesOptions } from '../../shared/api/collections.ts'
import { useApp } from '../../shared/app-context.ts'
import { Dialog } from '../../shared/dialog/dialog.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'

type Scope = NewApiKey['scopes'][number]

/** What a key may do, the most harmless first. */
const scopes: readonly Scope[] = [
  'identify',
  'verify',
  'detect',
  'enroll',
  'people:read',
  'people:write',
  'collections:write',
  'watch',
  'system:read',
  'audit:read',
  'admin',
]
const lifetimes = [7, 30, 90, 365] as const
const dayMs = 86_400_000

interface CreateKeyDialogProps {
  /** There is no key yet: this one has to be able to make the others. */
  readonly isFirst: boolean
  readonly onClose: () => void
}

/** Asks what a key may do, makes it, and shows it the only time that it can be seen. */
export function CreateKeyDialog({ isFirst, onClose }: CreateKeyDialogProps): ReactNode {
  const t = useTranslations('system.keys')
  const [made, setMade] = useState<string>()
  return (
    <Dialog title={t(made === undefined ? 'create' : 'made')} onCancel={onClose} mustAnswer>
      {made === undefined ? (
        <KeyForm isFirst={isFirst} onClose={onClose} onMade={setMade} />
      ) : (
        <Secret secret={made} onClose={onClose} />
      )}
    </Dialog>
  )
}

interface KeyFormProps {
  readonly isFirst: boolean
  readonly onClose: () => void
  readonly onMade: (key: string) => void
}

function KeyForm({ isFirst, onClose, onMade }: KeyFormProps): ReactNode {
  const t = useTranslations('system.keys')
  const shared = useTranslations('shared')
  const { api } = useApp()
  const names = useQuery(collectionNamesOptions(api))
  const [name, setName] = useState('')
  const [granted, setGranted] = useState<readonly Scope[]>([isFirst ? 'admin' : 'identify'])
  const [collection, setCollection] = useState('')
  const [days, setDays] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  // Nothing is loaded again until the key is copied: the first one locks the server, whose question
  // for a key would cover it.
  const make = useMutation({
    mutationFn: () =>
      makeApiKey(api, {
        name,
        scopes: [...granted],
        ...(collection === '' ? {} : { collections: [collection] }),
        ...(days === ''
          ? {}
          : { expiresAt: new Date(Date.now() + Number(days) * dayMs).toISOString() }),
      }),
    onSuccess: ({ key }) => onMade(key),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate()
      }}
    >
      {isFirst && <p className="warning">{t('first')}</p>}
      <label className="field">
        <span>{t('columns.name')}</span>
        <input
          ref={field}
          required
          maxLength={200}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <fieldset className="choices">
        <legend>{t('may')}</legend>
        {scopes.map((scope) => (
          <label key={scope} className="choice">
            <input
              type="checkbox"
              checked={granted.includes(scope)}
              onChange={(event) =>
                setGranted(
                  event.target.checked
                    ? [...granted, scope]
                    : granted.filter((one) => one !== scope),
                )
              }
            />
            <span>
              <code>{scope}</code> {t(`scopes.${toKey(scope)}`)}
            </span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span>{t('columns.collections')}</span>
        <select value={collection} onChange={(event) => setCollection(event.target.value)}>
          <option value="">{t('allCollections')}</option>
          {names.data?.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{t('lifetime')}</span>
        <select value={days} onChange={(event) => setDays(event.target.value)}>
          <option value="">{t('noEnd')}</option>
          {lifetimes.map((count) => (
            <option key={count} value={count}>
              {t('days', { count })}
            </option>
          ))}
        </select>
      </label>
      <ProblemNotice error={make.error} />
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared('cancel')}
        </button>
        <button type="submit" className="primary" disabled={granted.length === 0 || make.isPending}>
          {t('send')}
        </button>
      </div>
    </form>
  )
}

/** A key of the texts has no colon. */
function toKey(scope: Scope) {
  return scope.replace(':', '-') as DashedScope<Scope>
}

type DashedScope<Name extends string> = Name extends `${infer Start}:${infer End}`
  ? `${Start}-${End}`
  : Name

interface SecretProps {
  readonly secret: string
  readonly onClose: () => void
}

function Secret({ secret, onClose }: SecretProps): ReactNode {
  const t = useTranslations('system.keys')
  const [copied, setCopied] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
  return (
    <>
      <p>{t('onlyOnce')}</p>
      <label className="field secret">
        <span>{t('key')}</span>
        <input ref={field} readOnly value={secret} spellCheck={false} />
      </label>
      <div className="dialog-actions">
        {/* Browsers have no clipboard where the page is not in a secure context. */}
        {navigator.clipboard !== undefined && (
          <button
            type="button"
            onClick={() =>
              void navigator.clipboard.writeText(secret).then(
                () => setCopied(true),
                () => field.current?.select(),
              )
            }
          >
            {t(copied ? 'copied' : 'copy')}
          </button>
        )}
        <button type="button" className="primary" onClick={onClose}>
          {t('haveIt')}
        </button>
      </div>
    </>
  )
}
