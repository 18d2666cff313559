import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../api/persons.ts'
import { useApp } from '../app-context.ts'
import { FacePhoto } from '../photos/face-photo.tsx'
import { PersonPhoto } from '../photos/person-photo.tsx'
import './person-pair.css'

interface PersonLinkProps {
  readonly personId: string
  /** The face that is meant; otherwise the person's cover. */
  readonly faceId?: string
}

/** A person by photograph and name, who leads to the person's page. */
export function PersonLink({ personId, faceId }: PersonLinkProps): ReactNode {
  const t = useTranslations('shared')
  const { data: person, isPending } = useQuery({
    ...personOptions(useApp(), personId),
    retry: false,
  })
  if (person === undefined) {
    return <span className="muted">{t(isPending ? 'loading' : 'personGone')}</span>
  }
  return (
    <span className="person-link">
      {faceId === undefined ? (
        <PersonPhoto person={person} />
      ) : (
        <FacePhoto person={person} faceId={faceId} />
      )}
      <Link to="/people/$person" params={{ person: person.id }}>
        <bdi>{person.name}</bdi>
      </Link>
    </span>
  )
}
