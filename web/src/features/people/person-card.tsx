import { Link } from '@tanstack/react-router'
import { memo, type ReactNode, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Person } from '../../shared/api/types.ts'
import { Icon } from '../../shared/icons.tsx'
import { PersonPhoto } from '../../shared/photos/person-photo.tsx'

/** Who scrolls fast passes a row in less. */
const passingMs = 200

interface PersonCardProps {
  readonly person: Person
  readonly isLine: boolean
}

/** A person in the list; it leads to the person's page. Scrolling does not draw it again. */
export const PersonCard = memo(function PersonCard({ person, isLine }: PersonCardProps): ReactNode {
  const t = useTranslations('people')
  const { id, name, faceCount, lastSeenAt } = person
  const isPassing = useIsPassing()
  return (
    <Link
      className={isLine ? 'person-line' : 'person-card'}
      to="/people/$person"
      params={{ person: id }}
      tabIndex={-1}
    >
      <PersonPhoto person={person} isPassing={isPassing} />
      <span className="person-text">
        <span className="person-name">
          <bdi>{name}</bdi>
        </span>
        <span className="muted">{t('faceCount', { count: faceCount })}</span>
        {isLine && person.aliases.length > 0 && (
          <span className="muted person-aliases">
            <bdi>{person.aliases.join(', ')}</bdi>
          </span>
        )}
      </span>
      {isLine && (
        <span className="muted person-dates">
          <span>
            {lastSeenAt === undefined
              ? t('neverSeen')
              : t('lastSeen', { date: new Date(lastSeenAt) })}
          </span>
          <span>{t('changed', { date: new Date(person.updatedAt) })}</span>
        </span>
      )}
      <PersonMarks person={person} />
    </Link>
  )
})

/** Whether the card has come so lately that it may be scrolled out of sight at once. */
function useIsPassing(): boolean {
  const [isPassing, setPassing] = useState(true)
  useEffect(() => {
    const timer = setTimeout(() => setPassing(false), passingMs)
    return () => clearTimeout(timer)
  }, [])
  return isPassing
}

function PersonMarks({ person: { favourite, hidden } }: { readonly person: Person }): ReactNode {
  const t = useTranslations('people')
  if (!favourite && !hidden) return null
  return (
    <span className="person-marks">
      {favourite && (
        <span className="person-favourite" title={t('isFavourite')}>
          <Icon name="star" />
          <span className="visually-hidden">{t('isFavourite')}</span>
        </span>
      )}
      {hidden && (
        <span title={t('isHidden')}>
          <Icon name="hidden" />
          <span className="visually-hidden">{t('isHidden')}</span>
        </span>
      )}
    </span>
  )
}
