import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { sightingCropOptions, sightingOptions } from '../../shared/api/sightings.ts'
import type { Sighting } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { Icon } from '../../shared/icons.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import './sighting.css'

/** Twice the largest shown size, for dense screens. */
const longestSide = 256

/** The picture of a sighting; a figure where none is kept. */
export function SightingPhoto({
  sighting,
}: {
  readonly sighting: Pick<Sighting, 'id' | 'hasCrop' | 'seenAt'>
}): ReactNode {
  const t = useTranslations('unknown')
  const crop = useQuery({
    ...sightingCropOptions(useApp(), sighting.id),
    enabled: sighting.hasCrop,
    retry: false,
  })
  if (crop.data === undefined) return <NoPhoto />
  return (
    <span className="sighting-photo">
      <PhotoCanvas
        blob={crop.data}
        label={t('photo', { date: new Date(sighting.seenAt) })}
        maxSide={longestSide}
      />
    </span>
  )
}

/** What a stranger looks like: the sighting that shows the face best. */
export function CoverPhoto({ coverId }: { readonly coverId: string }): ReactNode {
  const cover = useQuery({ ...sightingOptions(useApp(), coverId), retry: false })
  // The picture may be known before the time is that names it.
  return cover.data === undefined ? <NoPhoto /> : <SightingPhoto sighting={cover.data} />
}

function NoPhoto(): ReactNode {
  return (
    <span className="sighting-photo figure">
      <Icon name="person" />
    </span>
  )
}
