import { access } from './de/access.ts'
import { addPhotos } from './de/add-photos.ts'
import { app } from './de/app.ts'
import { camera } from './de/camera.ts'
import { collections } from './de/collections.ts'
import { evaluation } from './de/evaluation.ts'
import { faces } from './de/faces.ts'
import { identify } from './de/identify.ts'
import { live } from './de/live.ts'
import { people } from './de/people.ts'
import { personPicker } from './de/person-picker.ts'
import { photos } from './de/photos.ts'
import { problems } from './de/problems.ts'
import { shared } from './de/shared.ts'
import { system } from './de/system.ts'
import { unknown } from './de/unknown.ts'

/** What the frame and the start page say, with the titles of the other screens; the build compiles it. */
export const start = {
  access,
  app,
  camera,
  faces,
  identify,
  personPicker,
  photos,
  problems,
  shared,
  addPhotos: { title: addPhotos.title },
  collections: { title: collections.title },
  evaluation: { title: evaluation.title },
  live: { title: live.title },
  people: { title: people.title },
  system: { title: system.title },
  unknown: { title: unknown.title },
}
