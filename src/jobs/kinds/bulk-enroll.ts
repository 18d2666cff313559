import { posix } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { type ErrorCode, FaceError } from '../../core/errors.ts'
import { imageEndings } from '../../core/image-endings.ts'
import { isSystemFolder } from '../../core/system-folders.ts'
import { toBatches } from '../../platform/concurrency/batches.ts'
import {
  type BulkTarget,
  enrollPhoto,
  type PhotoOutcome,
  toPhotoRejection,
} from '../../recognition/bulk-enroll.ts'
import type { JsonObject, NewJobItem } from '../../storage/ports/jobs.ts'
import { openArchive } from '../archive/archive.ts'
import { createArchiveFile } from '../archive/archive-file.ts'
import type { ArchiveEntry } from '../archive/entries.ts'
import { type PeopleTable, readTable, tableName } from '../archive/table.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
import { findCollectionName } from './collection-name.ts'

const Input = Type.Object(
  {
    duplicates: Type.Optional(Type.Enum(['warn', 'reject', 'ignore'])),
    faces: Type.Optional(Type.Enum(['one', 'largest'])),
    skipQualityGates: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
type Input = Static<typeof Input>

/** What has been counted so far; also the result. */
interface Counts extends JsonObject {
  readonly enrolled: number
  readonly alreadyEnrolled: number
  readonly newPersons: number
  readonly rejected: number
  /** Files of the archive that are no photographs. */
  readonly leftOut: number
}

interface Checkpoint extends Counts {
  /** Bytes of the archive. */
  readonly size: number
  /** Index of the first file of the archive that was not looked at. */
  readonly next: number
}

export interface BulkEnrollOptions {
  /** Photographs in work at once. */
  readonly concurrency: number
  /** Largest photograph, bytes. */
  readonly maxImageBytes: number
}

/** Says how large the archive is that was kept with a job; without it an upload was cut off. */
export function toUploaded(size: number): JsonObject {
  return { ...noCounts, size, next: 0 } satisfies Checkpoint
}

/** Errors that the next moment may not have. */
const passing: ReadonlySet<ErrorCode> = new Set([
  ...(['storeBusy', 'storeUnavailable', 'overloaded'] as const),
])
const patienceMs = 180_000

const noCounts: Counts = { enrolled: 0, alreadyEnrolled: 0, newPersons: 0, rejected: 0, leftOut: 0 }

/**
 * Enrols the photographs of an archive, which is kept with the job. The table of the archive, or the
 * folder that a photograph lies in, says the name of its person, who is made, or found by this name. A photograph that was enrolled before an
 * interruption and not written down as such is found to be enrolled already.
 */
export function createBulkEnroll({
  concurrency,
  maxImageBytes,
}: BulkEnrollOptions): JobKind<Input> {
  return {
    name: 'bulkEnroll',

    parse(input) {
      if (Value.Check(Input, input)) return input
      const [error] = Value.Errors(Input, input)
      throw new FaceError('invalidOption', {
        detail: `${error?.instancePath ?? ''} ${error?.message}.`,
      })
    },

    async run(input, context) {
      const { job, faceWatcher, signal, report, save } = context
      const state = toState(context)
      const collection = await findCollectionName(faceWatcher, job.collectionId)
      const archive = await openArchive(
        createArchiveFile(state.size, context.getPart),
        maxImageBytes,
      )
      const table = await readTable(archive)
      const target = { faceWatcher, collection, enroll: { ...input, signal }, table }
      let { size, next, ...counts } = state
      for await (const batch of toBatches(archive.files(next), concurrency)) {
        const outcomes = await Promise.all(
          batch.map((entry) => withPatience(() => enrollEntry(target, entry), signal)),
        )
        signal.throwIfAborted()
        counts = outcomes.reduce(count, counts)
        next = batch.at(-1)!.index + 1
        const items = batch.flatMap((entry, i) => toItem(entry, outcomes[i]!))
        report('photographs', next, archive.total)
        await save({ ...counts, size, next } satisfies Checkpoint, items)
      }
      return { collection, ...counts }
    },
  }
}

function toState({ checkpoint }: JobContext): Checkpoint {
  if (checkpoint !== undefined) return checkpoint as Checkpoint
  throw new FaceError('invalidRequest', { detail: 'The upload of the archive was cut off.' })
}

type Outcome = PhotoOutcome | { readonly kind: 'leftOut' }

async function enrollEntry(
  { table, ...target }: BulkTarget & { readonly table: PeopleTable | undefined },
  { path, read }: ArchiveEntry,
): Promise<Outcome> {
  if (!isPhotograph(path)) return { kind: 'leftOut' }
  const person = table?.get(posix.normalize(path)) ?? toFolderPerson(path)
  if (person === undefined) {
    const message = `The photograph is not in ${tableName} and lies in no folder, whose name would be that of its person.`
    return { kind: 'rejected', reasons: ['noName'], message }
  }
  let bytes: Uint8Array
  try {
    bytes = await read()
  } catch (error) {
    const unreadable = toPhotoRejection(error)
    if (unreadable !== undefined) return unreadable
    if (!(error instanceof FaceError) || error.code !== 'invalidRequest') throw error
    return { kind: 'rejected', reasons: ['unreadable'], message: error.message }
  }
  return enrollPhoto(target, { fileName: posix.basename(path), person, bytes })
}

/**
 * What comes to nothing for now is tried again, with longer and longer pauses: what a node that died held in
 * MongoDB is free again after a minute.
 */
async function withPatience<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const giveUpAt = performance.now() + patienceMs
  for (let pauseMs = 500; ; pauseMs = Math.min(2 * pauseMs, 10_000)) {
    try {
      return await attempt()
    } catch (error) {
      const passes = error instanceof FaceError && passing.has(error.code)
      if (!passes || signal.aborted || performance.now() > giveUpAt) throw error
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
}

function toFolderPerson(path: string): { readonly name: string } | undefined {
  const name = posix.basename(posix.dirname(path))
  return ['', '.', '..'].includes(name) ? undefined : { name }
}

/** Not what systems put beside photographs, nor another kind of file. */
function isPhotograph(path: string): boolean {
  const parts = path.split('/')
  const file = parts.pop() ?? ''
  if (
    file.startsWith('.') ||
    parts.some((part) => part !== '..' && part !== '.' && isSystemFolder(part))
  ) {
    return false
  }
  return imageEndings.has(posix.extname(file).toLowerCase())
}

function count(counts: Counts, outcome: Outcome): Counts {
  if (outcome.kind === 'leftOut') return { ...counts, leftOut: counts.leftOut + 1 }
  if (outcome.kind === 'rejected') return { ...counts, rejected: counts.rejected + 1 }
  const which = outcome.face.alreadyEnrolled ? 'alreadyEnrolled' : 'enrolled'
  return {
    ...counts,
    [which]: counts[which] + 1,
    newPersons: counts.newPersons + (outcome.newPerson ? 1 : 0),
  }
}

function toItem({ path }: ArchiveEntry, outcome: Outcome): readonly NewJobItem[] {
  if (outcome.kind === 'leftOut') return []
  // The text of an archive, of any length.
  const file = path.slice(-500)
  if (outcome.kind === 'rejected') {
    const { reasons, message } = outcome
    return [{ rejected: true, body: { file, reasons, message } }]
  }
  const { person, face } = outcome
  const { face: stored, alreadyEnrolled, turned, warnings } = face
  return [
    {
      rejected: false,
      personId: person.id,
      body: {
        ...{ file, faceId: stored.id, alreadyEnrolled, warnings },
        ...(turned === undefined ? {} : { turned }),
      },
    },
  ]
}
