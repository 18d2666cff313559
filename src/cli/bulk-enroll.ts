import { isFaceError } from '../core/errors.ts'
import type { EnrollOptions, FaceWatcher } from '../recognition/face-watcher.ts'
import { mapInOrder } from './concurrency.ts'
import { FileError } from './failures.ts'
import { type LoadedImage, loadImageFile } from './image-files.ts'

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
  readonly warnings: readonly {
    readonly file: string
    readonly personName: string
    readonly similarity: number
  }[]
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
      readonly existed: boolean
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
  const persons = createPersonBook(options.faceWatcher, options.collection)
  const failed = new AbortController()
  const stop = AbortSignal.any([options.stop, failed.signal])
  const rejected: RejectedFile[] = []
  const warnings: BulkEnrollSummary['warnings'][number][] = []
  let [enrolled, newPersons, alreadyEnrolled, done] = [0, 0, 0, 0]
  let failure: unknown

  const work = async (job: EnrollJob): Promise<Outcome> => {
    const outcome = await enrollOne(job, persons, options)
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
      if (outcome.existed) alreadyEnrolled++
      else enrolled++
      if (outcome.newPerson) newPersons++
      warnings.push(...outcome.warnings)
    }
  }
  return {
    ...{ collection: options.collection, images: jobs.length },
    ...{ enrolled, newPersons, alreadyEnrolled, rejected, warnings },
    remaining: jobs.length - done,
    ...(failure === undefined ? {} : { failure }),
  }
}

async function enrollOne(
  job: EnrollJob,
  persons: PersonBook,
  options: BulkEnrollOptions,
): Promise<Outcome> {
  try {
    const image = await loadImageFile(job.path, options.maxImageBytes)
    if ('id' in job.person) return (await enrollImage(job, job.person.id, image, options)).outcome
    return await persons.withPerson(job.person.name, (person) =>
      enrollImage(job, person, image, options),
    )
  } catch (error) {
    return toOutcome(job.path, error)
  }
}

interface Enrolled {
  readonly outcome: Outcome
  readonly personId?: string
}

async function enrollImage(
  job: EnrollJob,
  person: string | { readonly name: string },
  image: LoadedImage,
  options: BulkEnrollOptions,
): Promise<Enrolled> {
  const { faceWatcher, collection } = options
  if (typeof person === 'string') {
    const known = await faceWatcher.faces.findByImage(collection, image.hash)
    if (known.some((face) => face.personId === person)) {
      return {
        outcome: { kind: 'enrolled', newPerson: false, existed: true, warnings: [] },
        personId: person,
      }
    }
  }
  const { fileName, bytes } = image
  const result = await faceWatcher.enroll(collection, person, [{ fileName, bytes }], options.enroll)
  const face = result.faces[0]
  if (face === undefined || result.person === undefined) {
    const [first] = result.rejected
    const message = first?.message ?? 'It was not enrolled.'
    return {
      outcome: { kind: 'rejected', file: job.path, reasons: first?.reasons ?? [], message },
    }
  }
  const warnings = face.warnings.flatMap((warning) =>
    warning.reason === 'duplicateOfOtherPerson'
      ? [{ file: job.path, personName: warning.personName, similarity: warning.similarity }]
      : [],
  )
  const newPerson = typeof person !== 'string'
  return {
    outcome: { kind: 'enrolled', newPerson, existed: face.existed, warnings },
    personId: result.person.id,
  }
}

function toOutcome(file: string, error: unknown): Outcome {
  if (error instanceof FileError) {
    return { kind: 'rejected', file, reasons: ['unreadable'], message: error.message }
  }
  if (error instanceof AmbiguousName) {
    return { kind: 'rejected', file, reasons: ['ambiguousName'], message: error.message }
  }
  if (!isFaceError(error)) return { kind: 'failed', error }
  const ofThisImage = ['invalidName', 'imageTooLarge', 'workerFailed'].includes(error.code)
  if (!ofThisImage) return { kind: 'failed', error }
  return { kind: 'rejected', file, reasons: [error.code], message: error.message }
}

class AmbiguousName extends Error {}

interface PersonBook {
  /** Runs `enroll` with the id of the person of this name, or with the name when there is none. */
  withPerson(
    name: string,
    enroll: (person: string | { readonly name: string }) => Promise<Enrolled>,
  ): Promise<Outcome>
}

interface PersonSlot {
  id: string | undefined
  looked: boolean
  creating: Promise<unknown> | undefined
}

/** Names are not unique, so persons are looked up once and made once by name. */
function createPersonBook(faceWatcher: FaceWatcher, collection: string): PersonBook {
  const slots = new Map<string, PersonSlot>()

  const look = async (slot: PersonSlot, name: string) => {
    const found = await faceWatcher.persons.list(collection, { exactName: name, limit: 2 })
    if (found.items.length > 1) {
      throw new AmbiguousName(`Several persons are called ${name}; choose one with --person ID.`)
    }
    slot.id = found.items[0]?.id
    slot.looked = true
  }

  return {
    withPerson: async (given, enroll) => {
      // As the store keeps names; file systems may decompose accents.
      const name = given.trim().normalize('NFC')
      const slot = slots.get(name) ?? { id: undefined, looked: false, creating: undefined }
      slots.set(name, slot)
      // One image at a time until the person exists: two at once would make two persons.
      while (slot.id === undefined && slot.creating !== undefined) await slot.creating
      if (slot.id !== undefined) return (await enroll(slot.id)).outcome
      const first = (async () => {
        if (!slot.looked) await look(slot, name)
        const { outcome, personId } = await enroll(slot.id ?? { name })
        slot.id = personId ?? slot.id
        return outcome
      })()
      slot.creating = first
        .catch(() => {})
        .finally(() => {
          slot.creating = undefined
        })
      return first
    },
  }
}
