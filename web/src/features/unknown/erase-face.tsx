import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { eraseSightings } from '../../shared/api/strangers.ts'
import type { ErasedStrangers } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'

/** For somebody who asks to be forgotten: first what would be erased, then the erasure. */
export function EraseFace({ photo }: { readonly photo: File }): ReactNode {
  const t = useTranslations('unknown.erase')
  const app = useApp()
  const look = useMutation({ mutationFn: () => eraseSightings(app, photo, { dryRun: true }) })
  const erase = useChange({
    send: () => eraseSightings(app, photo, { dryRun: false }),
    done: ({ erased }) => t('done', { count: erased }),
    onDone: () => look.reset(),
  })
  return (
    <div className="erase-face">
      <h3>{t('title')}</h3>
      <p className="muted">{t('text')}</p>
      <ProblemNotice error={look.error} onRetry={() => look.mutate()} />
      {look.data === undefined ? (
        <button type="button" disabled={look.isPending} onClick={() => look.mutate()}>
          {t(look.isPending ? 'looking' : 'look')}
        </button>
      ) : (
        <Preview
          found={look.data}
          isErasing={erase.isPending}
          onErase={() => erase.run(undefined)}
          onCancel={() => look.reset()}
        />
      )}
    </div>
  )
}

interface PreviewProps {
  readonly found: ErasedStrangers
  readonly isErasing: boolean
  readonly onErase: () => void
  readonly onCancel: () => void
}

function Preview({ found, isErasing, onErase, onCancel }: PreviewProps): ReactNode {
  const t = useTranslations('unknown.erase')
  const shared = useTranslations('shared')
  const { compared, erased, strangers, persons = [] } = found
  const whole = strangers.filter((stranger) => stranger.whole).length
  return (
    <div className="erase-preview" role="status">
      <p>
        {erased === 0 ? t('nothing', { compared }) : t('would', { count: erased, compared, whole })}
      </p>
      {persons.length > 0 && (
        <>
          <p>{t('persons')}</p>
          <ul>
            {persons.map(({ personId, personName }) => (
              <li key={personId}>
                <Link to="/people/$person" params={{ person: personId }}>
                  <bdi>{personName}</bdi>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="row">
        {erased > 0 && (
          <button type="button" className="danger" disabled={isErasing} onClick={onErase}>
            {t('erase', { count: erased })}
          </button>
        )}
        <button type="button" onClick={onCancel}>
          {shared('cancel')}
        </button>
      </div>
    </div>
  )
}
