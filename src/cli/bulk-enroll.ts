import { isFaceError } from '../core/errors.ts'
import type { Person } from '../gallery/store.ts'
import type { EnrollOptions, EnrollWarning, FaceWatcher } from '../recognition/face-watcher.ts'
import type { Turn } from '../vision/analyzer-types.ts'
import { mapInOrder } from './concurrency.ts'
import { FileError } from './failures.ts'
import { type LoadedImage, loadImageFile } from './load-image.ts'

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
   * Persons who have one photograph, of those whose name was looked up or who got a face; skipped
   * images of a person given by id do not tell how many there are.
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
      readonly existed: boolean
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
  const persons = createPersonBook(options, faceCounts)
  const failed = new AbortController()
  const stop = AbortSignal.any([options.stop, failed.signal])
  const rejected: RejectedFile[] = []
  const turned: BulkEnrollSummary['turned'][number][] = []
  const warnings: BulkEnrollSummary['warnings'][number][] = []
  let [enrolled, newPersons, alreadyEnrolled, done] = [0, 0, 0, 0]
  let failure: unknown

  const work = async (job: EnrollJob): Promise<Outcome> => {
    const outcome = await enrollOne(job, persons, { ...options, faceCounts })
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

async function enrollOne(
  job: EnrollJob,
  persons: PersonBook,
  options: RunOptions,
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
  options: RunOptions,
): Promise<Enrolled> {
  const { faceWatcher, collection } = options
  if (typeof person === 'string') {
    const known = await faceWatcher.faces.findByImage(collection, image.hash)
    if (known.some((face) => face.personId === person)) {
      return {
        outcome: { kind: 'enrolled', newPerson: false, existed: true, turned: [], warnings: [] },
        personId: person,
      }
    }
  }
  const { fileName, bytes } = image
  const result = await faceWatcher.enroll(collection, person, [{ fileName, bytes }], options.enroll)
  if (result.person !== undefined) noteFaces(options.faceCounts, result.person)
  const face = result.faces[0]
  if (face === undefined || result.person === undefined) {
    const [first] = result.rejected
    const message = first?.message ?? 'It was not enrolled.'
    return {
      outcome: { kind: 'rejected', file: job.path, reasons: first?.reasons ?? [], message },
    }
  }
  const { existed, turned: degrees = 0 } = face
  const turned = degrees === 0 ? [] : [{ file: job.path, turned: degrees }]
  const warnings = face.warnings.map((warning) => ({ file: job.path, ...warning }))
  const newPerson = typeof person !== 'string'
  return {
    outcome: { kind: 'enrolled', newPerson, existed, turned, warnings },
    personId: result.person.id,
  }
}

function toOutcome(file: string, error: unknown): Outcome {
  if (error instanceof FileError) {
    return { kind: 'rejected', file, reasons: ['unreadable'], message: error.sentence }
  }
  if (error instanceof AmbiguousName) {
    return { kind: 'rejected', file, reasons: ['ambiguousName'], message: error.message }
  }
  if (!isFaceError(error)) return { kind: 'failed', error }
  const ofThisImage = ['invalidName', 'imageTooLarge', 'workerFailed', 'internal'].includes(
    error.code,
  )
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
function createPersonBook(
  { faceWatcher, collection }: Pick<BulkEnrollOptions, 'faceWatcher' | 'collection'>,
  faceCounts: FaceCounts,
): PersonBook {
  const slots = new Map<string, PersonSlot>()

  const look = async (slot: PersonSlot, name: string) => {
    const found = await faceWatcher.persons.list(collection, { exactName: name, limit: 2 })
    if (found.items.length > 1) {
      throw new AmbiguousName(`Several persons are called ${name}; choose one with --person ID.`)
    }
    const [person] = found.items
    if (person !== undefined) noteFaces(faceCounts, person)
    slot.id = person?.id
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
