import { Type } from 'typebox'
import { defaultKeepUnknown, keepUnknownRanges } from '../../core/keep-unknown.ts'
import { section } from './section.ts'

/** Long operations. */
export const jobs = Type.Object(
  {
    concurrency: Type.Integer({
      minimum: 0,
      maximum: 16,
      default: 1,
      description:
        'Long operations that this process runs at once; with 0 it leaves them to other processes.',
    }),
    keepDays: Type.Number({
      minimum: 0,
      maximum: 36_500,
      default: 30,
      description: 'How long a job is kept after its end, with what it says of each thing.',
    }),
  },
  section,
)

/** What can be put back, and for how long. */
export const history = Type.Object(
  {
    undoDays: Type.Number({
      minimum: 0,
      maximum: 36_500,
      default: 7,
      description:
        'How long what is deleted can be put back; then it is erased for good. With 0 a deletion erases at once.',
    }),
    keepDays: Type.Number({
      minimum: 1,
      maximum: 36_500,
      default: 365,
      description:
        'How long the history of persons and faces is kept; entries that something can still be put back from are kept until it is erased.',
    }),
  },
  section,
)

/** What is kept of people who are not enrolled. */
export const strangers = Type.Object(
  {
    hours: Type.Number({
      ...keepUnknownRanges.hours,
      default: defaultKeepUnknown.hours,
      description:
        'How long a collection that keeps what it could not name keeps a sighting, hours, where it does not say itself.',
    }),
    ignoredHours: Type.Number({
      ...keepUnknownRanges.ignoredHours,
      default: defaultKeepUnknown.ignoredHours,
      description:
        'How long after it was last seen a stranger that is ignored is remembered, hours, where the collection does not say itself.',
    }),
    maxSightings: Type.Integer({
      ...keepUnknownRanges.maxSightings,
      default: defaultKeepUnknown.maxSightings,
      description:
        'Most sightings of a collection, where it does not say itself; the oldest are removed.',
    }),
    crops: Type.Boolean({
      default: defaultKeepUnknown.crops,
      description:
        'Whether a picture of the face is kept with a sighting, where the collection does not say itself.',
    }),
  },
  section,
)
