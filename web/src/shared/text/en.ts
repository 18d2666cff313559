import { access } from './en/access.ts'
import { addMany } from './en/add-many.ts'
import { addPhotos } from './en/add-photos.ts'
import { app } from './en/app.ts'
import { camera } from './en/camera.ts'
import { collections } from './en/collections.ts'
import { evaluation } from './en/evaluation.ts'
import { examination } from './en/examination.ts'
import { faces } from './en/faces.ts'
import { history } from './en/history.ts'
import { identify } from './en/identify.ts'
import { jobs } from './en/jobs.ts'
import { live } from './en/live.ts'
import { merge } from './en/merge.ts'
import { people } from './en/people.ts'
import { person } from './en/person.ts'
import { personPicker } from './en/person-picker.ts'
import { photos } from './en/photos.ts'
import { problems } from './en/problems.ts'
import { shared } from './en/shared.ts'
import { system } from './en/system.ts'
import { unknown } from './en/unknown.ts'

/** All texts of the page; the build compiles them. */
export const en = {
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
