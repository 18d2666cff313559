import { Link } from '@tanstack/react-router'
import { type ReactNode, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Person } from '../../shared/api/types.ts'
import { Icon } from '../../shared/icons.tsx'
import { FacePhoto } from '../../shared/photos/face-photo.tsx'
import { PersonFaces } from './person-faces.tsx'

interface PersonRowProps {
  readonly person: Person
  readonly onDelete: () => void
}

/** A person with the faces on demand. */
export function PersonRow({ person, onDelete }: PersonRowProps): ReactNode {
  const t = useTranslations('people')
  const { name } = person
  const [open, setOpen] = useState(false)
  const facesId = useId()
  return (
    <li className="person">
      <div className="person-line">
        <FacePhoto person={person} faceId={person.coverFaceId} />
        <div className="person-text">
          <p className="person-name">
            <bdi>{name}</bdi>
          </p>
          <p className="muted">
            {t('row', { count: person.faceCount, date: new Date(person.createdAt) })}
          </p>
        </div>
        <div className="person-actions">
          <button
            type="button"
            className="quiet"
            aria-expanded={open}
            aria-controls={facesId}
            aria-label={t('facesOf', { name })}
            onClick={() => setOpen(!open)}
          >
            {t('faces')}
          </button>
          <Link
            className="button quiet"
            to="/add-photos"
            search={{ person: person.id }}
            aria-label={t('addPhotosOf', { name })}
          >
            {t('addPhotos')}
          </Link>
          <button
            type="button"
            className="icon-button"
            aria-label={t('deleteNamed', { name })}
            onClick={onDelete}
          >
            <Icon name="trash" />
          </button>
        </div>
      </div>
      <div id={facesId} hidden={!open}>
        {open && <PersonFaces person={person} />}
      </div>
    </li>
  )
}
