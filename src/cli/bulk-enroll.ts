import { enrollPhoto, type PhotoOutcome, toPhotoRejection } from '../recognition/bulk-enroll.ts'
import type { EnrollOptions, EnrollWarning, FaceWatcher } from '../recognition/face-watcher.ts'
import type { Person } from '../storage/ports/persons.ts'
import type { Turn } from '../vision/analyzer/analyzer-types.ts'
import { mapInOrder } from './concurrency.ts'
import { FileError } from './failures.ts'
import { loadImageFile } from './load-image.ts'

/** An image file and whose face it shows: a person's id, or a name. */
export interface EnrollJob {
  readonly path: string
  readonly person: { readonly id: string } | { readonly name: string }
}

export interface BulkEnrollOptions {
  readonly faceWatcher: FaceWatcher
  readonly collection: string
  /** Images in work at once. */
  readonly concurrency: number
  readonly maxImageBytes: number
  readonly enroll: EnrollOptions
  readonly onProgress: (done: number) => void
  /** Once aborted no new image is begun. */
  readonly stop: AbortSignal
}

export interface BulkEnrollSummary {
  readonly collection: string
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
  /** What ended the run early. */
  readonly failure?: unknown
}

export interface RejectedFile {
  readonly file: string
  readonly reasons: readonly string[]
  readonly message: string
}

type Outcome =
  | {
      readonly kind: 'enrolled'
      readonly newPerson: boolean
      readonly alreadyEnrolled: boolean
      readonly turned: BulkEnrollSummary['turned']
      readonly warnings: BulkEnrollSummary['warnings']
    }
  | ({ readonly kind: 'rejected' } & RejectedFile)
  | { readonly kind: 'failed'; readonly error: unknown }

/**
 * Enrols many images. A rejected image is a result; an error that would meet the next image too
 * (a full disk, a closed database) ends the run and is answered as `failure`.
 */
export async function bulkEnroll(
  jobs: readonly EnrollJob[],
  options: BulkEnrollOptions,
): Promise<BulkEnrollSummary> {
  const faceCounts: FaceCounts = new Map()
  const failed = new AbortController()
  const stop = AbortSignal.any([options.stop, failed.signal])
  const rejected: RejectedFile[] = []
  const turned: BulkEnrollSummary['turned'][number][] = []
  const warnings: BulkEnrollSummary['warnings'][number][] = []
  let [enrolled, newPersons, alreadyEnrolled, done] = [0, 0, 0, 0]
  let failure: unknown

  const work = async (job: EnrollJob): Promise<Outcome> => {
    const outcome = await enrollOne(job, { ...options, faceCounts })
    if (outcome.kind === 'failed') failed.abort()
    else options.onProgress(++done)
    return outcome
  }
  for await (const outcome of mapInOrder(jobs, { concurrency: options.concurrency, stop }, work)) {
    if (outcome.kind === 'failed') failure ??= outcome.error
    else if (outcome.kind === 'rejected') {
      const { file, reasons, message } = outcome
      rejected.push({ file, reasons, message })
    } else {
      if (outcome.alreadyEnrolled) alreadyEnrolled++
      else enrolled++
      if (outcome.newPerson) newPersons++
      turned.push(...outcome.turned)
      warnings.push(...outcome.warnings)
    }
  }
  return {
    ...{ collection: options.collection, images: jobs.length },
    ...{ enrolled, newPersons, alreadyEnrolled, rejected, turned, warnings },
    personsWithOnePhotograph: [...faceCounts.values()].filter((count) => count === 1).length,
    remaining: jobs.length - done,
    ...(failure === undefined ? {} : { failure }),
  }
}

/** Faces of each person that was seen, by id. */
type FaceCounts = Map<string, number>

/** Images of one person are in work at once, so an answer may be older than the one before. */
function noteFaces(counts: FaceCounts, { id, faceCount }: Person): void {
  counts.set(id, Math.max(faceCount, counts.get(id) ?? 0))
}

interface RunOptions extends BulkEnrollOptions {
  readonly faceCounts: FaceCounts
}

async function enrollOne(job: EnrollJob, options: RunOptions): Promise<Outcome> {
  const file = job.path
  try {
    const { fileName, bytes } = await loadImageFile(file, options.maxImageBytes)
    const outcome = await enrollPhoto(options, { fileName, person: job.person, bytes })
    if (outcome.kind === 'rejected') return { file, ...outcome, message: explain(outcome) }
    noteFaces(options.faceCounts, outcome.person)
    const { newPerson, face } = outcome
    const { alreadyEnrolled, turned: degrees = 0 } = face
    const turned = degrees === 0 ? [] : [{ file, turned: degrees }]
    const warnings = face.warnings.map((warning) => ({ file, ...warning }))
    return { kind: 'enrolled', newPerson, alreadyEnrolled, turned, warnings }
  } catch (error) {
    if (error instanceof FileError) {
      return { kind: 'rejected', file, reasons: ['unreadable'], message: error.sentence }
    }
    const rejection = toPhotoRejection(error)
    return rejection === undefined ? { kind: 'failed', error } : { file, ...rejection }
  }
}

/** The words of the command line for what is to be done. */
function explain({ reasons, message }: Extract<PhotoOutcome, { kind: 'rejected' }>): string {
  const isAmbiguous = reasons.includes('ambiguousName')
  return isAmbiguous ? 'Several persons have this name; choose one with --person ID.' : message
}
