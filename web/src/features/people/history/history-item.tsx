import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { undoEntry } from '../../../shared/api/history.ts'
import { personOptions } from '../../../shared/api/persons.ts'
import type { HistoryEntry } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { Icon } from '../../../shared/icons.tsx'
import { HistoryChanges } from './history-changes.tsx'

/** Names beyond these are counted. */
const mostNames = 3

/** A change: what, whose, when and by whom; it can be looked at and taken back. */
export function HistoryItem({ entry }: { readonly entry: HistoryEntry }): ReactNode {
  const t = useTranslations('history')
  const shared = useTranslations('shared')
  const app = useApp()
  const [isOpen, setOpen] = useState(false)
  const isUndone = entry.undoneBy !== undefined
  const undo = useChange({
    send: () => undoEntry(app, entry.id),
    done: () => t(entry.kind === 'undone' ? 'doneAgain' : 'takenBack'),
    undo: ({ id }) => id,
    problems: 'screen',
  })
  const date = new Date(entry.at)
  return (
    <li className="history-item" data-undone={isUndone}>
      <div className="history-text">
        <p className="history-title">
          {t(`kinds.${entry.kind}`, { count: entry.faceCount, persons: entry.personIds.length })}
        </p>
        <EntryPersons ids={entry.personIds} />
        <p className="muted">
          {t('when', {
            date,
            actor: shared(`actors.${entry.actor.kind}`, { name: entry.actor.name }),
          })}{' '}
          {isUndone && t('isUndone')}
        </p>
      </div>
      <div className="history-actions">
        <button
          type="button"
          className="small quiet"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {t('details')}
        </button>
        {!isUndone && (
          <button
            type="button"
            className="small"
            disabled={undo.isPending}
            onClick={() => undo.run(undefined)}
          >
            <Icon name="undo" /> {t(entry.kind === 'undone' ? 'doAgain' : 'undo')}
          </button>
        )}
      </div>
      {undo.error && (
        <div className="history-more">
          <ProblemNotice error={undo.error} />
          {/* The reason is the server's, which knows what stands in the way. */}
          {undo.error.code === 'undoRefused' && <p className="muted">{undo.error.message}</p>}
        </div>
      )}
      {isOpen && (
        <div className="history-more">
          <HistoryChanges entry={entry.id} />
        </div>
      )}
    </li>
  )
}

function EntryPersons({ ids }: { readonly ids: readonly string[] }): ReactNode {
  const t = useTranslations('history')
  const app = useApp()
  const shown = ids.slice(0, mostNames)
  const persons = useQueries({
    queries: shown.map((id) => ({ ...personOptions(app, id), retry: false })),
  })
  return (
    <p className="history-persons">
      {persons.map(({ data, error }, index) => {
        const id = shown[index] ?? ''
        if (error !== null) {
          return (
            <span key={id} className="muted">
              {t('gone')}
            </span>
          )
        }
        return (
          <Link key={id} to="/people/$person" params={{ person: id }}>
            <bdi>{data?.name ?? '…'}</bdi>
          </Link>
        )
      })}
      {ids.length > mostNames && <span>{t('more', { count: ids.length - mostNames })}</span>}
    </p>
  )
}
