import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { FaceError } from '../../core/errors.ts'
import type { Cursor, EmbeddingBatch } from '../../core/types.ts'
import { writeSnapshot } from '../table/snapshot.ts'
import { toSnapshotPath } from '../table/snapshot-files.ts'
import { createNativeIndex, type FaissKind, type NativeIndex } from './addon.ts'
import { type FaissTarget, hashFile, writeChecksum, writeRows } from './snapshot.ts'
import { createFaissTable } from './table.ts'

/** Whose faces are in a faiss file: `<file>.ids.json`. */
interface FaceIdFile extends FaissTarget {
  readonly format: 'face-watcher-faiss-ids'
  readonly version: typeof formatVersion
  readonly collection: string
  readonly modelId: string
  /** SHA-256 of the faiss file, lower-case hex. */
  readonly sha256: string
  /** Row (label) n of the index is the face ids[n]. */
  readonly ids: readonly string[]
}

/** The model whose embeddings a collection holds. */
interface ModelOfCollection {
  readonly modelId: string
  readonly dimension: number
}

/** Version 1 did not say how the index was made, nor always the checksum. */
const formatVersion = 2
const rowsPerCheck = 1024

/**
 * Writes a file that faiss' `read_index` opens, and `<file>.ids.json` with the faces of its rows. It
 * is built from the store's embeddings, so it does not matter which kind of index is in use.
 *
 * @param options.batches  all embeddings of the collection, each face once
 * @returns how many faces were written
 * @throws {FaceError} `indexKindUnavailable`; `invalidOption` for a factory string that cannot be
 * used, or that needs more faces to be trained
 */
export async function exportFaissIndex(options: {
  readonly file: string
  readonly collection: ModelOfCollection & { readonly name: string }
  readonly kind: FaissKind
  readonly batches: AsyncIterable<EmbeddingBatch>
}): Promise<number> {
  const { file, collection, kind } = options
  const { dimension, modelId } = collection
  const table = createFaissTable(dimension, kind)
  for await (const { faceIds, embeddings } of options.batches) {
    await table.upsert(faceIds, embeddings)
  }
  await table.optimize()
  return table.read(async ({ native, stage, ids }) => {
    if (stage === 'untrained') {
      const { trainingRows } = createNativeIndex(dimension, kind)
      throw new FaceError('invalidOption', {
        detail: `The faiss factory ${JSON.stringify(kind.factory)} needs ${trainingRows} faces to be trained; there are ${ids.length}.`,
      })
    }
    const sha256 = await writeIndex(file, native)
    const idFile: FaceIdFile = {
      format: 'face-watcher-faiss-ids',
      version: formatVersion,
      collection: collection.name,
      modelId,
      dimension,
      factory: kind.factory,
      metric: kind.metric,
      sha256,
      ids: ids.filter((id) => id !== undefined),
    }
    await writeFileAtomic(idPath(file), `${JSON.stringify(idFile)}\n`, { mode: 0o600 })
    return idFile.ids.length
  })
}

/**
 * Makes a file that {@link exportFaissIndex} wrote the snapshot of a collection's index. faiss reads
 * without checking, so it gets to see only a file whose checksum is the one in `<file>.ids.json`.
 * Faces that the store does not have are left out. The index must not be open in any process. Faces
 * of the store that the file lacks, or has another vector of, are not noticed here: rebuild the index
 * afterwards, which only writes what differs.
 *
 * @param options.directory  the provider's
 * @param options.cursor     the store's newest, read before the file was made or, with a rebuild to follow, now
 * @param options.knownFaces  those of the ids that the store has
 * @returns faces that are now in the snapshot, and faces that were left out
 * @throws {FaceError} `indexFileInvalid`, `indexKindUnavailable`, `invalidOption`, `modelMismatch`,
 * `dimensionMismatch`; those of the disk
 */
export async function importFaissIndex(options: {
  readonly file: string
  readonly directory: string
  readonly collection: ModelOfCollection & { readonly indexId: string }
  readonly kind: FaissKind
  readonly cursor: Cursor
  readonly knownFaces: (faceIds: readonly string[]) => Promise<Iterable<string>>
}): Promise<{ readonly imported: number; readonly leftOut: number }> {
  const { collection, kind, cursor } = options
  const idFile = await readIdFile(options.file)
  assertSameModel(idFile, collection)
  assertSameKind(idFile, kind)
  const target = { ...kind, dimension: collection.dimension }
  const native = await readIndex(options.file, idFile, target)

  const known = new Set<string>()
  for (let from = 0; from < idFile.ids.length; from += rowsPerCheck) {
    const part = idFile.ids.slice(from, from + rowsPerCheck)
    for (const faceId of await options.knownFaces(part)) known.add(faceId)
  }
  const ids = idFile.ids.map((faceId) => (known.has(faceId) ? faceId : undefined))
  const gone = ids.flatMap((faceId, slot) => (faceId === undefined ? [slot] : []))
  await native.remove(Uint32Array.from(gone))
  await writeSnapshot(
    toSnapshotPath(options.directory, collection.indexId, 'faiss'),
    async (file) => {
      await writeRows(file, { native, stage: 'ready', ids }, { target, cursor })
      await writeChecksum(file)
    },
  )
  return { imported: ids.length - gone.length, leftOut: gone.length }
}

/** @returns SHA-256 of the file */
async function writeIndex(path: string, native: NativeIndex): Promise<string> {
  const temp = `${path}.tmp`
  try {
    const file = await open(temp, 'w+', 0o600)
    try {
      await native.write(file.fd)
      await file.sync()
      const sha256 = await toSha256(file)
      await rename(temp, path)
      return sha256
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(temp, { force: true })
    throw error
  }
}

async function readIndex(
  path: string,
  { sha256, ids }: FaceIdFile,
  { dimension, ...kind }: FaissTarget,
): Promise<NativeIndex> {
  const native = createNativeIndex(dimension, kind)
  const file = await openFile(path)
  try {
    if (sha256 !== (await toSha256(file))) {
      throw invalid('it is not the one that its .ids.json was written for, or was changed since')
    }
    await native.read(file.fd, 0, (await file.stat()).size, ids.length).catch((cause) => {
      throw invalid('faiss cannot read it', cause)
    })
    return native
  } finally {
    await file.close()
  }
}

function assertSameKind(idFile: FaceIdFile, { factory, metric }: FaissKind): void {
  if (idFile.factory === factory && idFile.metric === metric) return
  throw invalid(
    `it holds ${idFile.factory} (${idFile.metric}), the configured index is ${factory} (${metric})`,
  )
}

function assertSameModel(idFile: FaceIdFile, collection: ModelOfCollection): void {
  const { modelId, dimension } = idFile
  if (modelId !== collection.modelId) {
    throw new FaceError('modelMismatch', {
      detail: `The file is of ${modelId}, the collection of ${collection.modelId}.`,
      info: { expected: collection.modelId, actual: modelId },
    })
  }
  if (dimension !== collection.dimension) {
    throw new FaceError('dimensionMismatch', { info: { expected: collection.dimension } })
  }
}

async function readIdFile(file: string): Promise<FaceIdFile> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(idPath(file), 'utf8'))
  } catch (cause) {
    throw invalid('its .ids.json beside it is missing or not JSON', cause)
  }
  if (!isIdFile(parsed)) {
    throw invalid('its .ids.json is not one that an export of this version wrote')
  }
  return parsed
}

function isIdFile(value: unknown): value is FaceIdFile {
  if (typeof value !== 'object' || value === null) return false
  const file = value as Partial<Record<keyof FaceIdFile, unknown>>
  return (
    file.format === 'face-watcher-faiss-ids' &&
    file.version === formatVersion &&
    typeof file.modelId === 'string' &&
    Number.isSafeInteger(file.dimension) &&
    typeof file.sha256 === 'string' &&
    Array.isArray(file.ids) &&
    file.ids.every((id) => typeof id === 'string') &&
    new Set(file.ids).size === file.ids.length
  )
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (cause) {
    throw invalid('it cannot be opened', cause)
  }
}

async function toSha256(file: FileHandle): Promise<string> {
  return (await hashFile(file, (await file.stat()).size)).toString('hex')
}

function idPath(file: string): string {
  return `${file}.ids.json`
}

function invalid(reason: string, cause?: unknown): FaceError {
  return new FaceError('indexFileInvalid', {
    detail: `The faiss file cannot be used: ${reason}.`,
    cause,
  })
}
