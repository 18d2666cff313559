import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { cropOptions } from '../../../shared/api/faces.ts'
import type { Face, Person, PersonQuality } from '../../../shared/api/types.ts'
import { useApp } from '../../../shared/app-context.ts'
import { Icon } from '../../../shared/icons.tsx'
import { CropPhoto } from '../../../shared/photos/crop-photo.tsx'
import { factsOf } from './face-facts.ts'

interface FaceCardProps {
  readonly face: Face
  readonly person: Person
  readonly quality: PersonQuality | undefined
}

/** A photograph of a person, and how it goes with the others. */
export function FaceCard({ face, person, quality }: FaceCardProps): ReactNode {
  const t = useTranslations('person')
  const app = useApp()
  const facts = quality && factsOf(face.id, quality)
  const isCover = person.coverFaceId === face.id
  const date = new Date(face.createdAt)
  return (
    <div className="face-card">
      <CropPhoto
        crop={cropOptions(app, face.personId, face.id)}
        hasCrop={face.hasCrop}
        label={t('faceOf', { name: person.name, date })}
      />
      <div className="face-card-text">
        {facts && (
          <p className={facts.likeness === 'outlier' ? 'warning' : ''}>
            {facts.likeness === 'outlier' && <Icon name="alert" />}{' '}
            {t(`likeness.${facts.likeness}`, { similarity: facts.similarity ?? 0 })}
          </p>
        )}
        {isCover && <p>{t('isCover')}</p>}
        {facts?.isCopy && <p>{t('isCopy')}</p>}
        <p className="muted">
          {face.quality
            ? t('faceSize', { px: Math.round(face.quality.sizePx), date })
            : t('withoutImage', { date })}
        </p>
      </div>
    </div>
  )
}
