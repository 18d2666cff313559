import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../api/persons.ts'
import { useApp } from '../app-context.ts'
import { FacePhoto } from '../photos/face-photo.tsx'
import './person-pair.css'

interface PersonLinkProps {
  readonly personId: string
  /** The face that is meant; otherwise the person's cover. */
  readonly faceId?: string
}

/** A person by photograph and name, who leads to the person's page. */
export function PersonLink({ personId, faceId }: PersonLinkProps): ReactNode {
  const t = useTranslations('shared')
  const app = useApp()
  const { collection } = app
  const { data: person, isPending } = useQuery({ ...personOptions(app, personId), retry: false })
  if (person === undefined) {
    return <span className="muted">{t(isPending ? 'loading' : 'personGone')}</span>
  }
  return (
    <span className="person-link">
      <FacePhoto person={person} faceId={faceId ?? person.coverFaceId} />
      <a href={`#/people/${person.id}?collection=${collection}`}>
        <bdi>{person.name}</bdi>
      </a>
    </span>
  )
}
