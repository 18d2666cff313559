import { type UseQueryOptions, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Icon } from '../icons.tsx'
import { PhotoCanvas } from './photo-canvas.tsx'
import './face-photo.css'

/** Twice the shown size, for dense screens. */
const longestSide = 224

interface CropPhotoProps<Key extends readonly unknown[]> {
  /** Loads the picture. */
  readonly crop: UseQueryOptions<Blob, Error, Blob, Key>
  /** Whether there is a picture. */
  readonly hasCrop: boolean
  readonly label: string
}

/** The picture of a face; a sign where none is stored. */
export function CropPhoto<Key extends readonly unknown[]>(props: CropPhotoProps<Key>): ReactNode {
  const picture = useQuery({ ...props.crop, enabled: props.hasCrop, retry: false })
  if (picture.data === undefined) {
    return (
      <span className="face-photo square avatar" role="img" aria-label={props.label}>
        <Icon name="image" />
      </span>
    )
  }
  return (
    <span className="face-photo square">
      <PhotoCanvas blob={picture.data} label={props.label} maxSide={longestSide} />
    </span>
  )
}
