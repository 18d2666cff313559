import type { Gallery } from '../gallery/gallery.ts'
import type { Face, FaceStore, NewFace } from '../storage/ports/faces.ts'
import type { NewPerson, Person } from '../storage/ports/persons.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import { createEnroll } from './enroll.ts'
import type { FaceWatcher } from './face-watcher.ts'
import type { Judges } from './judges.ts'
import { findPersonByName } from './person-by-name.ts'

/**
 * Creates the rehearsal of an enrolment: everything is looked at as by {@link createEnroll}, and
 * nothing is stored. What would have been stored has ids that nothing has, and a person who would have
 * been made is absent.
 */
export function createDryEnroll(
  deps: RecognitionDependencies,
  judges: Judges,
): FaceWatcher['enroll'] {
  const { gallery } = deps
  const add: FaceStore['add'] = (collectionId, person, faces) =>
    pretendToAdd(gallery, collectionId, { person, faces })
  const rehearse = createEnroll(
    { ...deps, gallery: { ...gallery, faces: { ...gallery.faces, add } } },
    judges,
  )
  return async (collection, person, images, options) => {
    const { person: found, ...result } = await rehearse(collection, person, images, options)
    if (found === undefined || result.newPerson) return { ...result, hints: [] }
    return { ...result, person: found, hints: [] }
  }
}

async function pretendToAdd(
  gallery: Gallery,
  collectionId: string,
  {
    person: input,
    faces,
  }: { readonly person: string | NewPerson; readonly faces: readonly NewFace[] },
): ReturnType<FaceStore['add']> {
  const id =
    typeof input === 'string' ? input : await findPersonByName(gallery, collectionId, input)
  const createdAt = new Date().toISOString()
  const made = {
    ...{ name: '', aliases: [], metadata: {}, hidden: false, favourite: false },
    ...{ faceCount: 0, revision: 1, createdAt, updatedAt: createdAt },
  }
  const person: Person =
    id === undefined ? { ...made, id: '' } : await gallery.persons.get(collectionId, id)
  return {
    person,
    newPerson: id === undefined,
    faces: faces.map(
      (
        { embedding: _, second: _second, crop, ...face },
        index,
      ): Face & { alreadyEnrolled: boolean } => {
        const own = {
          id: `none-${index}`,
          personId: person.id,
          hasCrop: crop !== undefined,
          createdAt,
        }
        return { ...face, ...own, alreadyEnrolled: false }
      },
    ),
  }
}
