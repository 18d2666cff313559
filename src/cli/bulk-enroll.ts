import type { EnrolledBody, RejectedBody } from '../jobs/kinds/photo-items.ts'
import type { EnrollWarning } from '../recognition/face-watcher.ts'
import type { NewJobItem } from '../storage/ports/jobs.ts'
import type { Turn } from '../vision/analyzer/analyzer-types.ts'

export interface BulkEnrollSummary {
  readonly collection: string
  /** Nothing was stored; absent when something was. */
  readonly dryRun?: true
  /** Images given. */
  readonly images: number
  readonly enrolled: number
  readonly newPersons: number
  /** Images that were enrolled for this person before. */
  readonly alreadyEnrolled: number
  readonly rejected: readonly RejectedFile[]
  /** Enrolled images that were turned to be read. */
  readonly turned: readonly { readonly file: string; readonly turned: Turn }[]
  readonly warnings: readonly ({ readonly file: string } & EnrollWarning)[]
  /**
   * Persons who have one photograph, of those whom an image was given of.
   */
  readonly personsWithOnePhotograph: number
  /** Images not looked at, because of an interruption or an error. */
  readonly remaining: number
}

export interface RejectedFile {
  readonly file: string
  readonly reasons: readonly string[]
  readonly message: string
}

/** Sums up what a bulk enrolment tells of its images. */
export interface EnrollSummary {
  add(items: readonly NewJobItem[]): void
  /** What was told so far. */
  toSummary(): BulkEnrollSummary
}

/** @param about `images`: how many are given */
export function createEnrollSummary(about: {
  readonly collection: string
  readonly images: number
  readonly dryRun?: boolean
}): EnrollSummary {
  const { collection, images, dryRun = false } = about
  const faceCounts = new Map<string, number>()
  const newNames = new Set<string>()
  const rejected: RejectedFile[] = []
  const turned: BulkEnrollSummary['turned'][number][] = []
  const warnings: BulkEnrollSummary['warnings'][number][] = []
  let [told, enrolled, newPersons, alreadyEnrolled] = [0, 0, 0, 0]

  function addEnrolled(body: EnrolledBody, personId: string | undefined): void {
    const { file } = body
    if (body.alreadyEnrolled) alreadyEnrolled++
    else enrolled++
    if (body.turned) turned.push({ file, turned: body.turned })
    warnings.push(...body.warnings.map((warning) => ({ file, ...warning })))
    // In a dry run nobody is made, so a person stays new.
    if (body.newPerson && !(dryRun && newNames.has(body.personName))) newPersons++
    if (body.newPerson) newNames.add(body.personName)
    if (personId === undefined) return
    // Images of one person are in work at once, so a count may be older than the one before.
    faceCounts.set(personId, Math.max(body.faceCount ?? 0, faceCounts.get(personId) ?? 0))
  }

  return {
    add(items) {
      told += items.length
      for (const { rejected: isRejected, personId, body } of items) {
        if (isRejected) rejected.push(explain(body as RejectedBody))
        else addEnrolled(body as EnrolledBody, personId)
      }
    },
    toSummary: () => ({
      ...{ collection, images, ...(dryRun ? { dryRun } : {}) },
      ...{ enrolled, newPersons, alreadyEnrolled, rejected, turned, warnings },
      personsWithOnePhotograph: [...faceCounts.values()].filter((count) => count === 1).length,
      remaining: images - told,
    }),
  }
}

/** The words of the command line for what is to be done. */
function explain({ file, reasons, message }: RejectedBody): RejectedFile {
  const isAmbiguous = reasons.includes('ambiguousName')
  const words = 'Several persons have this name; choose one with --person ID.'
  return { file, reasons, message: isAmbiguous ? words : message }
}
