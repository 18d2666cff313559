import type { Person } from '../storage/ports/persons.ts'
import type { EnrollHint, EnrollWarning } from './face-watcher.ts'

export const weakPhotographWarning: Extract<EnrollWarning, { reason: 'weakPhotograph' }> = {
  reason: 'weakPhotograph',
  message:
    'The photograph is weak (blurred, dark, turned away or partly covered): this person may be missed more often. Add a better one.',
}

/** LFW, 600 enrolled: 4.7 of 100 missed with one photograph, 1.7 with two; docs/guides/accuracy.md. */
export const onePhotographHint: EnrollHint = {
  reason: 'onePhotograph',
  message:
    'One photograph of this person. A second one about halves how often the person is missed.',
}

/** Hints that would help to find a person, as the person is after an enrolment. */
export function toEnrollHints(person: Person | undefined): readonly EnrollHint[] {
  return person?.faceCount === 1 ? [onePhotographHint] : []
}
