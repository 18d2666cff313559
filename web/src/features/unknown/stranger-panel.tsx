import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../shared/api/persons.ts'
import { strangerOptions } from '../../shared/api/strangers.ts'
import type { Stranger } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { AssignStranger } from './assign-stranger.tsx'
import { SightingList } from './sighting-list.tsx'
import { CoverPhoto } from './sighting-photo.tsx'
import { StrangerVerbs } from './stranger-verbs.tsx'
import type { StrangerWork } from './use-stranger-work.ts'
import './stranger-panel.css'

interface StrangerPanelProps {
  readonly id: string
  /** As the list has it; without it, it is asked for. */
  readonly listed: Stranger | undefined
  readonly work: StrangerWork
  /** Single letters do what the buttons say that they stand on. */
  readonly hasKeys: boolean
  /** The focus was on the stranger before, who is gone. */
  readonly takesFocus: boolean
  readonly onSkip: () => void
  /** Back to the list, where there is no room beside it. */
  readonly onBack: () => void
}

/** One stranger: how it looks, when and where it was seen, who it may be, and what to do with it. */
export function StrangerPanel(props: StrangerPanelProps): ReactNode {
  const { id, listed, work, hasKeys, takesFocus, onSkip, onBack } = props
  const t = useTranslations('unknown')
  const titleId = useId()
  const asked = useQuery({ ...strangerOptions(useApp(), id), enabled: listed === undefined })
  const stranger = listed ?? asked.data
  /** Ids of the sightings that are to be enrolled; none: the server takes the best. */
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const heading = useRef<HTMLHeadingElement>(null)
  const isKnown = stranger !== undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when there is a heading
  useEffect(() => {
    if (takesFocus && document.activeElement === document.body) heading.current?.focus()
  }, [isKnown])

  if (stranger === undefined) {
    return (
      <div className="panel stranger-panel">
        <ProblemNotice error={asked.error} />
        <button type="button" className="inbox-back" onClick={onBack}>
          {t('back')}
        </button>
      </div>
    )
  }
  const { count, firstSeenAt, lastSeenAt, status } = stranger
  return (
    <article className="panel stranger-panel" aria-labelledby={titleId}>
      <button type="button" className="small quiet inbox-back" onClick={onBack}>
        {t('back')}
      </button>
      <div className="stranger-head">
        <CoverPhoto coverId={stranger.coverId} />
        <div>
          <h2 id={titleId} ref={heading} tabIndex={-1}>
            {t('seen', { count })}
          </h2>
          <p className="muted">
            {t(count === 1 ? 'when' : 'firstAndLast', {
              first: new Date(firstSeenAt),
              last: new Date(lastSeenAt),
            })}
          </p>
          {stranger.personId !== undefined && <KnownAs person={stranger.personId} />}
          {stranger.likeId !== undefined && <p className="muted">{t('likeIgnored')}</p>}
        </div>
      </div>
      {status === 'shown' && (
        <AssignStranger
          stranger={stranger}
          hasKeys={hasKeys}
          onAssign={(assignment) =>
            work.assign(stranger, {
              ...assignment,
              ...(chosen.size === 0 ? {} : { sightingIds: [...chosen] }),
            })
          }
        />
      )}
      <StrangerVerbs stranger={stranger} work={work} hasKeys={hasKeys} onSkip={onSkip} />
      <SightingList
        stranger={stranger}
        chosen={status === 'shown' ? chosen : undefined}
        onChoose={setChosen}
      />
    </article>
  )
}

/** Of one that is assigned: who it is. */
function KnownAs({ person: id }: { readonly person: string }): ReactNode {
  const t = useTranslations('unknown')
  const { data: person } = useQuery(personOptions(useApp(), id))
  if (person === undefined) return null
  return (
    <p>
      {t.rich('knownAs', {
        name: () => (
          <Link to="/people/$person" params={{ person: id }}>
            <bdi>{person.name}</bdi>
          </Link>
        ),
      })}
    </p>
  )
}
