import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { FaceError } from '../../core/errors.ts'
import type { Cursor, EmbeddingBatch } from '../../core/types.ts'
import { createNativeIndex, type FaissKind, type NativeIndex } from './addon.ts'
import { inspectFaissFile } from './file.ts'
import { snapshotPath, writeSnapshot } from './snapshot.ts'
import { createFaissTable } from './table.ts'

/** Whose faces are in a faiss file: `<file>.ids.json`. */
interface FaceIdFile {
  readonly format: 'face-watcher-faiss-ids'
  readonly version: 1
  readonly collection: string
  readonly modelId: string
  readonly dimension: number
  /** SHA-256 of the faiss file, lower-case hex; files made elsewhere may have none. */
  readonly sha256?: string
  /** Row (label) n of the index is the face ids[n]. */
  readonly ids: readonly string[]
}

/** The model whose embeddings a collection holds. */
interface ModelOfCollection {
  readonly modelId: string
  readonly dimension: number
}

const rowsPerCheck = 1024
// As for stored embeddings.
const normTolerance = 1e-3

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
      version: 1,
      collection: collection.name,
      modelId,
      dimension,
      sha256,
      ids: ids.filter((id) => id !== undefined),
    }
    await writeFileAtomic(idPath(file), `${JSON.stringify(idFile)}\n`, { mode: 0o600 })
    return idFile.ids.length
  })
}

/**
 * Makes a faiss file and its `<file>.ids.json` the snapshot of a collection's index, after checking
 * that they fit the collection, the configured kind and each other. Faces that the store does not
 * have are left out. The index must not be open in any process. Faces of the store that the file
 * lacks, or has another vector of, are not noticed here: rebuild the index afterwards, which
 * only writes what differs.
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
  readonly collection: ModelOfCollection & { readonly id: string }
  readonly kind: FaissKind
  readonly cursor: Cursor
  readonly knownFaces: (faceIds: readonly string[]) => Promise<Iterable<string>>
}): Promise<{ readonly imported: number; readonly leftOut: number }> {
  const { collection, kind, cursor } = options
  const idFile = await readIdFile(options.file)
  assertSameModel(idFile, collection)
  const { dimension } = collection
  const native = createNativeIndex(dimension, kind)
  const file = await openFile(options.file)
  try {
    await assertSameKind(file, idFile, { ...kind, dimension })
    await native.read(file.fd, 0, (await file.stat()).size, idFile.ids.length).catch((cause) => {
      throw invalid('faiss cannot read it', cause)
    })
  } finally {
    await file.close()
  }
  await assertUnitVectors(native, idFile.ids.length, dimension)

  const known = new Set<string>()
  for (let from = 0; from < idFile.ids.length; from += rowsPerCheck) {
    const part = idFile.ids.slice(from, from + rowsPerCheck)
    for (const faceId of await options.knownFaces(part)) known.add(faceId)
  }
  const ids = idFile.ids.map((faceId) => (known.has(faceId) ? faceId : undefined))
  const gone = ids.flatMap((faceId, slot) => (faceId === undefined ? [slot] : []))
  await native.remove(Uint32Array.from(gone))
  const path = snapshotPath(options.directory, collection.id)
  const rows = { native, stage: 'ready', ids } as const
  const written = await writeSnapshot(path, rows, { target: { ...kind, dimension }, cursor })
  await written.commit()
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
      const sha256 = await hashFile(file)
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

async function assertSameKind(
  file: FileHandle,
  { sha256, ids }: FaceIdFile,
  target: FaissKind & { readonly dimension: number },
): Promise<void> {
  if (sha256 !== undefined && sha256 !== (await hashFile(file))) {
    throw invalid('it is not the one that the ids were written for')
  }
  const info = await inspectFaissFile(file)
  // faiss knows both names of the graph.
  const factory = target.factory.replace(/^(HNSW\d+),Flat$/, '$1')
  if (info.factory !== factory || info.metric !== target.metric) {
    throw invalid(
      `it holds ${info.factory} (${info.metric}), the configured index is ${factory} (${target.metric})`,
    )
  }
  if (info.dimension !== target.dimension) {
    throw new FaceError('dimensionMismatch', { info: { expected: target.dimension } })
  }
  if (info.count !== ids.length) {
    throw invalid(`it holds ${info.count} vectors, the list of ids ${ids.length}`)
  }
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

async function assertUnitVectors(
  native: NativeIndex,
  count: number,
  dimension: number,
): Promise<void> {
  for (let from = 0; from < count; from += rowsPerCheck) {
    const slots = Uint32Array.from(
      { length: Math.min(rowsPerCheck, count - from) },
      (_, i) => from + i,
    )
    const vectors = await native.vectors(slots)
    for (let row = 0; row < slots.length; row++) {
      const vector = vectors.subarray(row * dimension, (row + 1) * dimension)
      const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
      // A missing label gives NaN.
      if (!(Math.abs(norm - 1) <= normTolerance)) {
        throw invalid(`row ${from + row} is missing or not a vector of length 1`)
      }
    }
  }
}

async function readIdFile(file: string): Promise<FaceIdFile> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(idPath(file), 'utf8'))
  } catch (cause) {
    throw invalid('its .ids.json beside it is missing or not JSON', cause)
  }
  if (!isIdFile(parsed)) throw invalid('its .ids.json is not valid')
  return parsed
}

function isIdFile(value: unknown): value is FaceIdFile {
  if (typeof value !== 'object' || value === null) return false
  const file = value as Partial<Record<keyof FaceIdFile, unknown>>
  return (
    file.format === 'face-watcher-faiss-ids' &&
    file.version === 1 &&
    typeof file.modelId === 'string' &&
    Number.isSafeInteger(file.dimension) &&
    (file.sha256 === undefined || typeof file.sha256 === 'string') &&
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

async function hashFile(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
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
