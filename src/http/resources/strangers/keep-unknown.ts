import { Type } from 'typebox'
import { keepUnknownRanges } from '../../../core/keep-unknown.ts'

const hours = Type.Number({
  ...keepUnknownRanges.hours,
  description: 'How long a sighting is kept, hours.',
})
const ignoredHours = Type.Number({
  ...keepUnknownRanges.ignoredHours,
  description: 'How long after it was last seen a stranger that is ignored is remembered, hours.',
})
const maxSightings = Type.Integer({
  ...keepUnknownRanges.maxSightings,
  description: 'Most sightings; the oldest are removed.',
})
const crops = Type.Boolean({
  description: 'Whether a picture of the face is kept with a sighting.',
})

const closed = { additionalProperties: false } as const

/** What a collection keeps of strangers, as it is answered. */
export const KeepUnknown = Type.Object(
  { hours, ignoredHours, maxSightings, crops },
  {
    ...closed,
    description: 'What is kept of faces that nobody enrolled has. Absent: nothing.',
  },
)

/** What a collection keeps of strangers, as it is made. */
export const keepUnknownInput = Type.Object(
  {
    hours: Type.Optional(hours),
    ignoredHours: Type.Optional(ignoredHours),
    maxSightings: Type.Optional(maxSightings),
    crops: Type.Optional(crops),
  },
  {
    ...closed,
    description:
      'Keep faces that nobody enrolled has. What is absent is as `strangers` of the configuration says.',
  },
)

/** Changes of it. */
export const keepUnknownPatch = Type.Union([keepUnknownInput, Type.Null()], {
  description:
    'What is absent stays. `null`: nothing is kept any more, and what was kept is erased soon.',
})
