import { onePhotographHint } from '../recognition/enroll-advice.ts'
import type { EnrollWarning } from '../recognition/face-watcher.ts'
import { toTurnedWords } from './answers.ts'
import type { BulkEnrollSummary } from './bulk-enroll.ts'
import { formatCount, toPrintable } from './output.ts'
import { formatDuration } from './progress.ts'

/** How the run of `enroll` was. */
export interface EnrollRun {
  readonly seconds: number
  /** Files that are not images. */
  readonly ignored: number
  /** All images show the person of `--name` or `--person`. */
  readonly isOnePerson: boolean
}

/** Lines about what became of all images of a run of `enroll`. */
export function toEnrollLines(
  summary: BulkEnrollSummary,
  { seconds, ignored, isOnePerson }: EnrollRun,
): readonly string[] {
  const { enrolled, newPersons, alreadyEnrolled, rejected, remaining } = summary
  const rate = seconds > 0 ? ((summary.images - remaining) / seconds).toFixed(1) : '-'
  const done = summary.dryRun ? 'Nothing was stored. Would be enrolled: ' : 'Enrolled '
  return [
    `${done}${formatCount(enrolled, 'image')}, ${formatCount(newPersons, 'new person')}, in ${formatDuration(seconds)} (${rate} images/s).`,
    ...(alreadyEnrolled > 0 ? [`Already enrolled, skipped: ${alreadyEnrolled}.`] : []),
    ...(ignored > 0 ? [`Files that are not images, left out: ${ignored}.`] : []),
    ...(remaining > 0 ? [`Not looked at: ${remaining}. Run the command again to go on.`] : []),
    ...toList(
      'Read turned',
      summary.turned.map(({ file, turned }) => [file, toTurnedWords(turned)]),
    ),
    ...toList(
      'Look like another person',
      ofReason(summary.warnings, 'duplicateOfOtherPerson').map(
        ({ file, personName, similarity }) => [
          file,
          `like ${personName}, similarity ${similarity.toFixed(3)}`,
        ],
      ),
    ),
    ...toList(
      'Weak photographs (blurred, dark, turned away or partly covered), whose person may be missed more often',
      ofReason(summary.warnings, 'weakPhotograph').map(({ file }) => [file]),
    ),
    ...toList(
      'Rejected',
      rejected.map(({ file, reasons, message }) => [file, reasons.join(', '), message]),
    ),
    ...(summary.dryRun ? [] : toHintLines(summary.personsWithOnePhotograph, isOnePerson)),
  ]
}

/** A heading with the number of rows, and the rows; nothing without rows. */
function toList(heading: string, rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  return [
    `${heading}: ${rows.length}.`,
    ...rows.map((cells) => `  ${cells.map(toPrintable).join(': ')}`),
  ]
}

function ofReason<Reason extends EnrollWarning['reason']>(
  warnings: BulkEnrollSummary['warnings'],
  reason: Reason,
): readonly Extract<BulkEnrollSummary['warnings'][number], { readonly reason: Reason }>[] {
  return warnings.filter(
    (warning): warning is Extract<typeof warning, { readonly reason: Reason }> =>
      warning.reason === reason,
  )
}

function toHintLines(persons: number, isOnePerson: boolean): readonly string[] {
  if (persons === 0) return []
  if (isOnePerson) return [onePhotographHint.message]
  const have = persons === 1 ? 'has' : 'have'
  return [
    `${formatCount(persons, 'person')} ${have} one photograph; a second one about halves how often a person is missed.`,
  ]
}
