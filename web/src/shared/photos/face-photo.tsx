import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../api/collections.ts'
import { cropOptions } from '../api/faces.ts'
import type { Person } from '../api/types.ts'
import { useApp } from '../app-context.ts'
import { PhotoCanvas } from './photo-canvas.tsx'
import './face-photo.css'

/** Twice the shown size, for dense screens. */
const longestSide = 224

interface FacePhotoProps {
  readonly person: Pick<Person, 'id' | 'name'>
  /** The face that is shown; initials without one, or where no crop is stored. */
  readonly faceId: string | undefined
  /** Whether a crop of it is known to be stored; otherwise it is where the collection stores crops. */
  readonly hasCrop?: boolean
  /** It may be scrolled out of sight at once: what is not loaded yet is not asked for. */
  readonly isPassing?: boolean
}

/** What a person looks like: the crop of a face, else the initials of the name. */
export function FacePhoto(props: FacePhotoProps): ReactNode {
  const { person, faceId, hasCrop = false, isPassing = false } = props
  const t = useTranslations('shared')
  const app = useApp()
  const collection = useQuery({
    ...collectionOptions(app),
    enabled: faceId !== undefined && !hasCrop,
  })
  const crop = useQuery({
    ...cropOptions(app, person.id, faceId ?? ''),
    enabled:
      faceId !== undefined && !isPassing && (hasCrop || collection.data?.storeCrops === true),
    retry: false,
  })
  if (crop.data === undefined) {
    return (
      <span className="face-photo avatar" aria-hidden="true">
        {initials(person.name)}
      </span>
    )
  }
  return (
    <span className="face-photo">
      <PhotoCanvas
        blob={crop.data}
        label={t('photoOf', { name: person.name })}
        maxSide={longestSide}
      />
    </span>
  )
}

/** The first letters of the first and the last word of a name. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters
    .map((word) => [...(word ?? '?')][0] ?? '?')
    .join('')
    .toUpperCase()
}
