import { type Static, Type } from 'typebox'
import type { CallContext } from '../../core/actor.ts'
import { FaceError } from '../../core/errors.ts'
import type { Database } from '../../storage/database.ts'
import { copyGallery } from '../../transfer/copy.ts'
import { exportGallery } from '../../transfer/export.ts'
import { importGallery } from '../../transfer/import.ts'
import type { TransferOptions, TransferSummary } from '../../transfer/options.ts'
import type { JobContext, JobKind } from '../job-kind.ts'
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
        await exportGallery(forCaller(store, context.caller), directory, {
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
      return toResult(await importGallery(directory, forCaller(store, context.caller), options))
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
        return toResult(await copyGallery(from, forCaller(store, context.caller), options))
      } finally {
        await from.close()
      }
    },
  }
}

/** The database for who made a job. */
export function forCaller(store: Database, caller: CallContext): Database {
  return { ...store, ...store.as(caller) }
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
