import type { PhotoOutcome } from '../../recognition/bulk-enroll.ts'
import type { JsonObject, NewJobItem } from '../../storage/ports/jobs.ts'
import type { JobContext } from '../job-kind.ts'

/** What became of a file of a bulk enrolment. */
export type Outcome = PhotoOutcome | { readonly kind: 'leftOut' }

/** What has been counted so far; also the result. */
export interface Counts extends JsonObject {
  readonly enrolled: number
  readonly alreadyEnrolled: number
  readonly newPersons: number
  readonly rejected: number
  /** Files that are no photographs. */
  readonly leftOut: number
}

export const noCounts: Counts = {
  ...{ enrolled: 0, alreadyEnrolled: 0, newPersons: 0, rejected: 0, leftOut: 0 },
}

/** Whether an outcome makes a person whom none before it has made. */
export type MakesPerson = (outcome: Outcome) => boolean

/**
 * Tells which outcomes make a person. In a dry run nobody is made, so a person may be new to every of
 * their photographs, and names tell; those of an earlier attempt are read from what it wrote.
 */
export async function createMakesPerson(
  { dryRun = false }: { readonly dryRun?: boolean },
  { checkpoint, items }: Pick<JobContext, 'checkpoint' | 'items'>,
): Promise<MakesPerson> {
  if (!dryRun) return (outcome) => outcome.kind === 'enrolled' && outcome.newPerson
  const names = new Set<unknown>()
  if (checkpoint?.next !== 0) {
    for await (const { body } of items()) if (body.newPerson === true) names.add(body.personName)
  }
  return (outcome) => {
    if (outcome.kind !== 'enrolled' || !outcome.newPerson) return false
    const isFirst = !names.has(outcome.personName)
    names.add(outcome.personName)
    return isFirst
  }
}

export function countOutcome(counts: Counts, outcome: Outcome, makesPerson: MakesPerson): Counts {
  if (outcome.kind === 'leftOut') return { ...counts, leftOut: counts.leftOut + 1 }
  if (outcome.kind === 'rejected') return { ...counts, rejected: counts.rejected + 1 }
  const which = outcome.face.alreadyEnrolled ? 'alreadyEnrolled' : 'enrolled'
  return {
    ...counts,
    [which]: counts[which] + 1,
    newPersons: counts.newPersons + (makesPerson(outcome) ? 1 : 0),
  }
}

/** What is told of a photograph that was enrolled, or would be. */
export interface EnrolledBody extends JsonObject {
  readonly file: string
  readonly personName: string
  readonly newPerson: boolean
  /** Absent in a dry run. */
  readonly faceId?: string
  /** Faces that the person had then; absent of one whom a dry run would make. */
  readonly faceCount?: number
  readonly alreadyEnrolled: boolean
  readonly warnings: Extract<PhotoOutcome, { kind: 'enrolled' }>['face']['warnings']
  readonly turned?: NonNullable<Extract<PhotoOutcome, { kind: 'enrolled' }>['face']['turned']>
}

/** What is told of one that was rejected. */
export interface RejectedBody extends JsonObject {
  readonly file: string
  readonly reasons: readonly string[]
  readonly message: string
}

/** @param path  of any length, as it is the text of an archive */
export function toItems(
  path: string,
  outcome: Outcome,
  { dryRun = false }: { readonly dryRun?: boolean },
): readonly NewJobItem[] {
  if (outcome.kind === 'leftOut') return []
  const file = path.slice(-500)
  if (outcome.kind === 'rejected') {
    const { reasons, message } = outcome
    return [{ rejected: true, body: { file, reasons, message } satisfies RejectedBody }]
  }
  const { person, personName, newPerson, face } = outcome
  const { face: stored, alreadyEnrolled, turned, warnings } = face
  const body: EnrolledBody = {
    ...{ file, personName, newPerson, alreadyEnrolled, warnings },
    ...(dryRun ? {} : { faceId: stored.id }),
    ...(person === undefined ? {} : { faceCount: person.faceCount }),
    ...(turned === undefined ? {} : { turned }),
  }
  return [{ rejected: false, ...(person === undefined ? {} : { personId: person.id }), body }]
}
