import { access } from './de/access.ts'
import { addMany } from './de/add-many.ts'
import { addPhotos } from './de/add-photos.ts'
import { app } from './de/app.ts'
import { camera } from './de/camera.ts'
import { collections } from './de/collections.ts'
import { evaluation } from './de/evaluation.ts'
import { examination } from './de/examination.ts'
import { faces } from './de/faces.ts'
import { history } from './de/history.ts'
import { identify } from './de/identify.ts'
import { jobs } from './de/jobs.ts'
import { live } from './de/live.ts'
import { merge } from './de/merge.ts'
import { people } from './de/people.ts'
import { person } from './de/person.ts'
import { personPicker } from './de/person-picker.ts'
import { photos } from './de/photos.ts'
import { problems } from './de/problems.ts'
import { shared } from './de/shared.ts'
import { system } from './de/system.ts'
import { unknown } from './de/unknown.ts'

/** All texts of the page; the build compiles them. */
export const de = {
  access,
  addMany,
  addPhotos,
  app,
  camera,
  collections,
  evaluation,
  examination,
  faces,
  history,
  identify,
  jobs,
  live,
  merge,
  people,
  person,
  personPicker,
  photos,
  problems,
  shared,
  system,
  unknown,
}
