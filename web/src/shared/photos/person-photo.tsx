import type { ReactNode } from 'react'
import type { Person } from '../api/types.ts'
import { FacePhoto } from './face-photo.tsx'

interface PersonPhotoProps {
  readonly person: Pick<Person, 'id' | 'name'> & {
    readonly shownFaceId?: string | undefined
  }
}

/**
 * What a person looks like, by the face that the server says shows the person best; initials where no
 * crop is stored, of which nothing is asked.
 */
export function PersonPhoto({ person }: PersonPhotoProps): ReactNode {
  return <FacePhoto person={person} faceId={person.shownFaceId} hasCrop />
}
