import type { ReactNode } from 'react'
import type { Person } from '../api/types.ts'
import { FacePhoto } from './face-photo.tsx'

interface PersonPhotoProps {
  readonly person: Pick<Person, 'id' | 'name'> & {
    readonly shownFaceId?: string | undefined
  }
  /** It may be scrolled out of sight at once: what is not loaded yet is not asked for. */
  readonly isPassing?: boolean
}

/**
 * What a person looks like, by the face that the server says shows the person best; initials where no
 * crop is stored, of which nothing is asked.
 */
export function PersonPhoto({ person, isPassing = false }: PersonPhotoProps): ReactNode {
  return <FacePhoto person={person} faceId={person.shownFaceId} hasCrop isPassing={isPassing} />
}
