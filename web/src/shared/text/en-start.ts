import { access } from './en/access.ts'
import { addPhotos } from './en/add-photos.ts'
import { app } from './en/app.ts'
import { camera } from './en/camera.ts'
import { collections } from './en/collections.ts'
import { evaluation } from './en/evaluation.ts'
import { faces } from './en/faces.ts'
import { identify } from './en/identify.ts'
import { live } from './en/live.ts'
import { people } from './en/people.ts'
import { personPicker } from './en/person-picker.ts'
import { photos } from './en/photos.ts'
import { problems } from './en/problems.ts'
import { shared } from './en/shared.ts'
import { system } from './en/system.ts'
import { unknown } from './en/unknown.ts'

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
