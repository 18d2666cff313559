import { describe, expect, it } from 'vitest'
import type { BulkEnrollSummary } from './bulk-enroll.ts'
import { toEnrollLines } from './enroll-summary.ts'

const nothing: BulkEnrollSummary = {
  collection: 'default',
  images: 4,
  enrolled: 4,
  newPersons: 2,
  alreadyEnrolled: 0,
  rejected: [],
  turned: [],
  warnings: [],
  personsWithOnePhotograph: 0,
  remaining: 0,
}
const run = { seconds: 2, ignored: 0, isOnePerson: false }

describe('toEnrollLines', () => {
  it('is one line when there is nothing to be told of', () => {
    expect(toEnrollLines(nothing, run)).toEqual([
      'Enrolled 4 images, 2 new persons, in 2 s (2.0 images/s).',
    ])
  })

  it('counts and lists what was turned, what looks like others, what is weak and what was rejected', () => {
    const lines = toEnrollLines(
      {
        ...nothing,
        alreadyEnrolled: 1,
        remaining: 1,
        turned: [{ file: 'a.jpg', turned: 270 }],
        warnings: [
          { file: 'b.jpg', reason: 'weakPhotograph', message: '' },
          {
            file: 'b.jpg',
            reason: 'duplicateOfOtherPerson',
            personId: 'P1',
            personName: 'Ann\u0007',
            similarity: 0.81,
          },
        ],
        rejected: [{ file: 'c.jpg', reasons: ['tooDark', 'cutOff'], message: 'Too dark.' }],
      },
      { ...run, ignored: 3 },
    )
    expect(lines.slice(1)).toEqual([
      'Already enrolled, skipped: 1.',
      'Files that are not images, left out: 3.',
      'Not looked at: 1. Run the command again to go on.',
      'Read turned: 1.',
      '  a.jpg: read turned by 270 degrees clockwise',
      'Look like another person: 1.',
      '  b.jpg: like Ann\uFFFD, similarity 0.810',
      'Weak photographs (blurred, dark, turned away or partly covered), whose person may be missed more often: 1.',
      '  b.jpg',
      'Rejected: 1.',
      '  c.jpg: tooDark, cutOff: Too dark.',
    ])
  })

  it('hints at a second photograph, last and once', () => {
    const hint = (personsWithOnePhotograph: number, isOnePerson: boolean) =>
      toEnrollLines({ ...nothing, personsWithOnePhotograph }, { ...run, isOnePerson }).slice(1)
    expect(hint(1, true)).toEqual([
      'One photograph of this person. A second one about halves how often the person is missed.',
    ])
    expect(hint(1, false)).toEqual([
      '1 person has one photograph; a second one about halves how often a person is missed.',
    ])
    expect(hint(12, false)).toEqual([
      '12 persons have one photograph; a second one about halves how often a person is missed.',
    ])
    expect(hint(0, true)).toEqual([])
  })
})
