import { addMany } from './en/add-many.ts'
import { addPhotos } from './en/add-photos.ts'
import { collections } from './en/collections.ts'
import { evaluation } from './en/evaluation.ts'
import { examination } from './en/examination.ts'
import { history } from './en/history.ts'
import { jobs } from './en/jobs.ts'
import { live } from './en/live.ts'
import { merge } from './en/merge.ts'
import { people } from './en/people.ts'
import { person } from './en/person.ts'
import { system } from './en/system.ts'
import { unknown } from './en/unknown.ts'

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
