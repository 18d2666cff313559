import { access } from './de/access.ts'
import { addPhotos } from './de/add-photos.ts'
import { app } from './de/app.ts'
import { camera } from './de/camera.ts'
import { identify } from './de/identify.ts'
import { people } from './de/people.ts'
import { personPicker } from './de/person-picker.ts'
import { photos } from './de/photos.ts'
import { problems } from './de/problems.ts'
import { shared } from './de/shared.ts'

/** All texts of the page; the build compiles them. */
export const de = {
  access,
  addPhotos,
  app,
  camera,
  identify,
  people,
  personPicker,
  photos,
  problems,
  shared,
}
