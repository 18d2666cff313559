import { type Static, Type } from 'typebox'
import { FaceError } from '../../core/errors.ts'
import type { Database } from '../../storage/database.ts'
import { wrapMethods } from '../../storage/methods.ts'
import { copyGallery } from '../../transfer/copy.ts'
import { exportGallery } from '../../transfer/export.ts'
import { importGallery } from '../../transfer/import.ts'
import type { TransferOptions, TransferSummary } from '../../transfer/options.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
import { withPatience } from '../patience.ts'
import { parseInput } from './parse-input.ts'
import { assertMachine } from './this-machine.ts'

const shared = {
  /** The machine whose files are meant, or from which a host is seen. */
  machine: Type.String(),
  /** Names of the collections; default all. */
  collections: Type.Optional(Type.Array(Type.String())),
}

const DirectoryInput = Type.Object(
  { directory: Type.String(), ...shared },
  { additionalProperties: false },
)
export type DirectoryInput = Static<typeof DirectoryInput>

const CopyInput = Type.Object(
  {
    /** The source, as {@link import('./kept-address.ts').toKeptAddress} keeps it. */
    from: Type.String(),
    isPartial: Type.Boolean(),
    ...shared,
  },
  { additionalProperties: false },
)
export type CopyInput = Static<typeof CopyInput>

/** What a transfer moved, by collection. */
export type TransferResult = TransferSummary & Readonly<Record<string, unknown>>

/** Writes collections of the database to a directory of one machine. Begins again after an interruption. */
export function createGalleryExport({
  store,
  source,
}: {
  readonly store: Database
  /** The kind of store, for people who read the export. */
  readonly source: string
}): JobKind<DirectoryInput> {
  return {
    name: 'galleryExport',
    parse: (input) => parseInput(DirectoryInput, input),
    async run({ directory, machine, collections }, context) {
      assertMachine(machine)
      return toResult(
        await exportGallery(forAttempt(store, context), directory, {
          ...toTransferOptions(context, collections),
          ...{ source, createdAt: new Date().toISOString() },
        }),
      )
    },
  }
}

/** Reads an exported directory of one machine into the database. What is there already is left as it is. */
export function createGalleryImport({
  store,
}: {
  readonly store: Database
}): JobKind<DirectoryInput> {
  return {
    name: 'galleryImport',
    parse: (input) => parseInput(DirectoryInput, input),
    async run({ directory, machine, collections }, context) {
      assertMachine(machine)
      const options = toTransferOptions(context, collections)
      return toResult(await importGallery(directory, forAttempt(store, context), options))
    },
  }
}

/** Copies collections of another database into this one. What is there already is left as it is. */
export function createGalleryCopy({
  store,
  openSource,
}: {
  /** The target. */
  readonly store: Database
  openSource(input: CopyInput): Promise<Database>
}): JobKind<CopyInput> {
  return {
    name: 'galleryCopy',
    parse: (input) => parseInput(CopyInput, input),
    async run(input, context) {
      const from = await openSource(input)
      try {
        const options = toTransferOptions(context, input.collections)
        const source = withPatientCalls(from, context.signal)
        return toResult(await copyGallery(source, forAttempt(store, context), options))
      } finally {
        await from.close()
      }
    },
  }
}

/** The database for who made a job; calls that come to nothing for now are made again. */
export function forAttempt(
  store: Database,
  { caller, signal }: Pick<JobContext, 'caller' | 'signal'>,
): Database {
  return withPatientCalls({ ...store, ...store.as(caller) }, signal)
}

function withPatientCalls(store: Database, signal: AbortSignal): Database {
  return { ...store, ...wrapMethods(store, (_, body) => withPatience(body, signal)) }
}

function toTransferOptions(
  { signal, report }: JobContext,
  collections: readonly string[] | undefined,
): TransferOptions {
  return { collections, signal, onProgress: report }
}

/** @throws {FaceError} `collectionNotFound` when nothing was there to be moved */
function toResult({ collections }: TransferSummary): TransferResult {
  if (collections.length > 0) return { collections }
  throw new FaceError('collectionNotFound', { detail: 'The source has none.' })
}
