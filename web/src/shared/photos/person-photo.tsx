import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { collectionOptions } from '../api/collections.ts'
import { firstFaceOptions } from '../api/faces.ts'
import type { Person } from '../api/types.ts'
import { useApp } from '../app-context.ts'
import { FacePhoto } from './face-photo.tsx'

interface PersonPhotoProps {
  readonly person: Pick<Person, 'id' | 'name' | 'coverFaceId' | 'faceCount'>
}

/** What a person looks like: the cover, else the first face; initials where no crop is stored. */
export function PersonPhoto({ person }: PersonPhotoProps): ReactNode {
  const app = useApp()
  const { data: details } = useQuery(collectionOptions(app))
  const hasCrops = details?.storeCrops === true
  const first = useQuery({
    ...firstFaceOptions(app, person),
    enabled: hasCrops && person.coverFaceId === undefined && person.faceCount > 0,
    retry: false,
  })
  const faceId = person.coverFaceId ?? (first.data?.hasCrop ? first.data.id : undefined)
  return <FacePhoto person={person} faceId={hasCrops ? faceId : undefined} />
}
