import { posix } from 'node:path'
import { type Static, Type } from 'typebox'
import { FaceError } from '../../core/errors.ts'
import { mapInOrder } from '../../platform/concurrency/map-in-order.ts'
import { type BulkTarget, enrollPhoto } from '../../recognition/bulk-enroll.ts'
import type { FaceWatcher } from '../../recognition/face-watcher.ts'
import type { NewJobItem } from '../../storage/ports/jobs.ts'
import { createArchiveFile } from '../archive/archive-file.ts'
import { type ListedPhoto, writeList } from '../archive/list.ts'
import type { JobFile } from '../job-file.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
import { withPatience } from '../patience.ts'
import { findCollectionName } from './collection-name.ts'
import { parseInput } from './parse-input.ts'
import {
  type Counts,
  countOutcome,
  createMakesPerson,
  noCounts,
  type Outcome,
  toItems,
} from './photo-items.ts'
import {
  noName,
  openArchiveSource,
  openListSource,
  type PhotoEntry,
  toReadRejection,
} from './photo-source.ts'
import { assertMachine } from './this-machine.ts'

const Input = Type.Object(
  {
    /** What the file is that is kept with the job; default `archive`. */
    source: Type.Optional(Type.Enum(['archive', 'list'])),
    /** Of a list: the machine whose files it names. */
    machine: Type.Optional(Type.String()),
    duplicates: Type.Optional(Type.Enum(['warn', 'reject', 'ignore'])),
    faces: Type.Optional(Type.Enum(['one', 'largest'])),
    skipQualityGates: Type.Optional(Type.Boolean()),
    readTurned: Type.Optional(Type.Boolean()),
    dryRun: Type.Optional(Type.Boolean()),
    onAmbiguous: Type.Optional(Type.Enum(['reject', 'first'])),
    /** Photographs in work at once. */
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
  },
  { additionalProperties: false },
)
export type BulkEnrollInput = Static<typeof Input>

interface Checkpoint extends Counts {
  /** Bytes of the file that is kept with the job. */
  readonly size: number
  /** Index of the first photograph that was not looked at. */
  readonly next: number
}

/** An error that the next photograph would meet, too. */
interface Failure {
  readonly kind: 'failed'
  readonly error: unknown
}

export interface BulkEnrollOptions {
  readonly faceWatcher: Pick<FaceWatcher, 'as'>
  /** Photographs in work at once, where the job says nothing else. */
  readonly concurrency: number
  /** Largest photograph, bytes. */
  readonly maxImageBytes: number
}

/** The archive of photographs that a job is to work on. */
export function toArchiveFile(bytes: AsyncIterable<Uint8Array>): JobFile {
  return { bytes, toCheckpoint: (size) => ({ ...noCounts, size, next: 0 }) satisfies Checkpoint }
}

/** The list of photographs that a job with the source `list` is to work on. */
export function toListFile(photos: readonly ListedPhoto[]): JobFile {
  return toArchiveFile(writeList(photos))
}

/**
 * Enrols the photographs of an archive, or of a list of files of one machine, which is kept with the
 * job. A photograph that was enrolled before an interruption and not written down as such is found to
 * be enrolled already. A dry run looks at everything and stores nothing.
 */
export function createBulkEnroll(options: BulkEnrollOptions): JobKind<BulkEnrollInput> {
  return {
    name: 'bulkEnroll',
    parse: (input) => parseInput(Input, input),

    async run(input, context) {
      const { job, caller, signal, report, save } = context
      const state = toState(context)
      const faceWatcher = options.faceWatcher.as(caller)
      const collection = await findCollectionName(faceWatcher, job.collectionId)
      const source = await openSource(input, state.size, { ...context, ...options })
      const { concurrency = options.concurrency, onAmbiguous = 'reject' } = input
      const target = { faceWatcher, collection, enroll: toEnrollOptions(input), onAmbiguous }
      const makesPerson = await createMakesPerson(input, context)
      const failed = new AbortController()
      const stop = AbortSignal.any([signal, failed.signal])
      let { size, next, ...counts } = state
      let failure: { readonly error: unknown } | undefined
      let items: NewJobItem[] = []
      let unsaved = 0

      async function enroll(entry: PhotoEntry): Promise<Outcome | Failure> {
        try {
          return await withPatience(() => enrollEntry(target, entry), stop)
        } catch (error) {
          failed.abort()
          return { kind: 'failed', error }
        }
      }

      const write = (): Promise<void> => {
        const written = items
        ;[items, unsaved] = [[], 0]
        return save({ ...counts, size, next } satisfies Checkpoint, written)
      }

      const work = async (entry: PhotoEntry) => ({ entry, outcome: await enroll(entry) })
      const { total } = source
      report({ stage: 'photographs', done: next, total })
      for await (const { entry, outcome } of mapInOrder(
        source.files(next),
        { concurrency, stop },
        work,
      )) {
        // What came out of those behind it is found again by the next attempt.
        if (failure !== undefined) continue
        if (outcome.kind === 'failed') {
          failure = outcome
          continue
        }
        counts = countOutcome(counts, outcome, makesPerson)
        items.push(...toItems(entry.file, outcome, input))
        next = entry.index + 1
        report({ stage: 'photographs', done: next, total })
        if (++unsaved < concurrency || signal.aborted) continue
        // When the attempt has to end, what is in work is still told.
        await write().catch((error: unknown) => {
          if (!signal.aborted) throw error
        })
      }
      if (unsaved > 0) await write()
      if (failure !== undefined) throw failure.error
      signal.throwIfAborted()
      return { collection, ...(input.dryRun ? { dryRun: true } : {}), ...counts }
    },
  }
}

function toState({ checkpoint }: JobContext): Checkpoint {
  if (checkpoint !== undefined) return checkpoint as Checkpoint
  throw new FaceError('invalidRequest', { detail: 'The upload of the photographs was cut off.' })
}

function openSource(
  { source, machine }: BulkEnrollInput,
  size: number,
  { getPart, maxImageBytes }: Pick<JobContext, 'getPart'> & BulkEnrollOptions,
) {
  const file = createArchiveFile(size, getPart)
  if (source !== 'list') return openArchiveSource(file, maxImageBytes)
  assertMachine(machine)
  return openListSource(file, maxImageBytes)
}

function toEnrollOptions(input: BulkEnrollInput): BulkTarget['enroll'] {
  const { duplicates, faces, skipQualityGates, readTurned, dryRun } = input
  return {
    ...(duplicates === undefined ? {} : { duplicates }),
    ...(faces === undefined ? {} : { faces }),
    ...(skipQualityGates === undefined ? {} : { skipQualityGates }),
    ...(readTurned === undefined ? {} : { detector: { readTurned } }),
    ...(dryRun === undefined ? {} : { dryRun }),
  }
}

async function enrollEntry(target: BulkTarget, { file, photo }: PhotoEntry): Promise<Outcome> {
  if (photo === undefined) return { kind: 'leftOut' }
  const { person } = photo
  if (person === undefined) return noName
  let bytes: Uint8Array
  try {
    bytes = await photo.read()
  } catch (error) {
    const rejected = toReadRejection(file, error)
    if (rejected === undefined) throw error
    return rejected
  }
  return enrollPhoto(target, { fileName: posix.basename(file), person, bytes })
}
