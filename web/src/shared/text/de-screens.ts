import { addMany } from './de/add-many.ts'
import { addPhotos } from './de/add-photos.ts'
import { collections } from './de/collections.ts'
import { evaluation } from './de/evaluation.ts'
import { examination } from './de/examination.ts'
import { history } from './de/history.ts'
import { jobs } from './de/jobs.ts'
import { live } from './de/live.ts'
import { merge } from './de/merge.ts'
import { people } from './de/people.ts'
import { person } from './de/person.ts'
import { system } from './de/system.ts'
import { unknown } from './de/unknown.ts'

/** What the other screens say, loaded with the first of them; the build compiles it. */
export const screens = {
  addMany,
  addPhotos,
  collections,
  evaluation,
  examination,
  history,
  jobs,
  live,
  merge,
  people,
  person,
  system,
  unknown,
}
