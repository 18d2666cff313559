import type { BulkEnrollOptions } from '../../shared/api/bulk-enroll.ts'
import type { Job, JobItem } from '../../shared/api/types.ts'

/** What a bulk enrolment counted. */
export interface BulkCounts {
  readonly enrolled: number
  readonly alreadyEnrolled: number
  readonly newPersons: number
  readonly rejected: number
  readonly leftOut: number
}

/** The counts of a job that is done. */
export function toCounts({ result }: Job): BulkCounts | undefined {
  if (result === undefined) return undefined
  const count = (key: keyof BulkCounts) => (typeof result[key] === 'number' ? result[key] : 0)
  return {
    enrolled: count('enrolled'),
    alreadyEnrolled: count('alreadyEnrolled'),
    newPersons: count('newPersons'),
    rejected: count('rejected'),
    leftOut: count('leftOut'),
  }
}

/** How a job enrols, as it was asked for, and whether it only looks. */
export function toOptions({ input }: Job): {
  readonly isDryRun: boolean
  readonly options: BulkEnrollOptions
} {
  const { faces, duplicates, skipQualityGates, onAmbiguous, dryRun } = input as BulkEnrollOptions
  return {
    isDryRun: dryRun === true,
    options: {
      ...(faces === undefined ? {} : { faces }),
      ...(duplicates === undefined ? {} : { duplicates }),
      ...(skipQualityGates === undefined ? {} : { skipQualityGates }),
      ...(onAmbiguous === undefined ? {} : { onAmbiguous }),
    },
  }
}

/** Why a photograph was not enrolled. */
export interface RejectedPhoto {
  readonly file: string
  readonly reasons: readonly string[]
  /** The server's own words. */
  readonly message: string
}

/** What became of a photograph that was rejected. */
export function toRejected({ body }: JobItem): RejectedPhoto {
  const { file, reasons, message } = body
  return {
    file: String(file ?? ''),
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    message: String(message ?? ''),
  }
}

/** A person whom photographs were enrolled for, or would be. */
export interface EnrolledPerson {
  /** Absent of somebody whom a dry run would make. */
  readonly id: string | undefined
  readonly name: string
  readonly isNew: boolean
  readonly photos: number
  /** Names of other persons whom the photographs resemble. */
  readonly alike: readonly string[]
}

/** The persons of the photographs that were taken, in the order they came. */
export function toPersons(items: readonly JobItem[]): readonly EnrolledPerson[] {
  const persons = new Map<string, EnrolledPerson>()
  for (const { personId, body } of items) {
    const name = String(body.personName ?? '')
    const key = personId ?? name
    const before = persons.get(key)
    const alike = toAlike(body.warnings)
    persons.set(key, {
      ...{ id: personId, name },
      isNew: before?.isNew === true || body.newPerson === true,
      photos: (before?.photos ?? 0) + 1,
      alike: [...new Set([...(before?.alike ?? []), ...alike])],
    })
  }
  return [...persons.values()]
}

function toAlike(warnings: unknown): readonly string[] {
  if (!Array.isArray(warnings)) return []
  return warnings.flatMap((warning: { readonly personName?: unknown }) =>
    typeof warning?.personName === 'string' ? [warning.personName] : [],
  )
}
