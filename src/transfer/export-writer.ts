import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { FaceError } from '../core/errors.ts'
import type { StoredFace } from '../storage/ports/faces.ts'
import {
  type ExportFile,
  type ExportManifest,
  exportFiles,
  type FaceLine,
  type FileDigest,
  type FormatVersion,
  manifestFile,
  statementFiles,
  toPersonLine,
  versionOfLine,
} from './export-format.ts'
import {
  createFileWriter,
  type FileWriter,
  guard,
  rewrittenSuffix,
  toLines,
} from './file-writer.ts'
import { type PersonRecord, toBytes, toFaceRecord, toPlace } from './records.ts'

/** Marks a directory as one whose content an export may replace. */
const unfinishedMark = '.unfinished-export'

export interface WrittenFaces {
  readonly faces: number
  readonly files: Readonly<Record<Exclude<ExportFile, 'persons.jsonl'>, FileDigest>>
  /** The lowest that has what was written. */
  readonly version: FormatVersion
}

/**
 * Makes the directory ready for an export: creates it (for its owner only), takes an empty one, or
 * empties one whose export did not finish.
 *
 * @throws {FaceError} `invalidOption` when it holds anything else
 */
export async function prepareDirectory(directory: string): Promise<void> {
  await guard(async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const entries = await readdir(directory)
    if (entries.includes(manifestFile)) {
      throw directoryInUse('The directory holds a finished export; choose another one.')
    }
    if (entries.length > 0 && !entries.includes(unfinishedMark)) {
      throw directoryInUse('The directory is not empty; choose another one.')
    }
    await writeFile(join(directory, unfinishedMark), '', { mode: 0o600 })
    for (const entry of entries) {
      if (entry !== unfinishedMark) await removeUnfinished(join(directory, entry))
    }
  })
}

function directoryInUse(detail: string): FaceError {
  return new FaceError('invalidOption', { detail })
}

/** Removes what an export wrote, and nothing that somebody else put there. */
async function removeUnfinished(directory: string): Promise<void> {
  for (const file of [...exportFiles, ...statementFiles]) {
    for (const suffix of ['', rewrittenSuffix]) {
      await rm(join(directory, file + suffix), { force: true })
    }
  }
  await rmdir(directory)
}

/** Creates the directory of a collection. */
export async function createCollectionDirectory(directory: string): Promise<void> {
  await guard(() => mkdir(directory, { mode: 0o700 }))
}

/** Writes `persons.jsonl`, durable when the promise resolves. */
export async function writePersons(
  directory: string,
  batches: AsyncIterable<readonly PersonRecord[]>,
): Promise<{
  readonly persons: number
  readonly file: FileDigest
  /** The lowest that has what was written. */
  readonly version: FormatVersion
}> {
  const writer = await createFileWriter(join(directory, 'persons.jsonl'))
  let persons = 0
  let version: FormatVersion = 1
  try {
    for await (const batch of batches) {
      const lines = batch.map(toPersonLine)
      for (const line of lines) {
        version = Math.max(version, versionOfLine(line)) as FormatVersion
      }
      await writer.append(toLines(lines))
      persons += batch.length
    }
    return { persons, file: await writer.finish(), version }
  } finally {
    await writer.close()
  }
}

/** Writes the three files of faces, durable when the promise resolves; files of these names are replaced then. */
export async function writeFaces(
  directory: string,
  {
    dimension,
    batches,
  }: { readonly dimension: number; readonly batches: AsyncIterable<readonly StoredFace[]> },
): Promise<WrittenFaces> {
  const names = ['faces.jsonl', 'embeddings.f32', 'crops.bin'] as const
  const paths = names.map((name) => join(directory, name))
  const writers: FileWriter[] = []
  let faces = 0
  let offset = 0
  let version: FormatVersion = 1
  try {
    for (const path of paths) writers.push(await createFileWriter(path + rewrittenSuffix))
    const [lines, embeddings, crops] = writers as [FileWriter, FileWriter, FileWriter]
    for await (const batch of batches) {
      const records = batch.map((face): FaceLine => {
        const record = toFaceRecord(face)
        if (face.missingEmbedding || face.crop?.place) version = 2
        if (!face.crop) return record
        const { bytes, place } = face.crop
        const crop = { offset, bytes: bytes.byteLength, ...(place && { place: toPlace(place) }) }
        offset += crop.bytes
        return { ...record, crop }
      })
      await lines.append(toLines(records))
      // Little-endian, as all machines are that the SQLite store and the exact index run on.
      await embeddings.append(
        Buffer.concat(
          batch.map(({ embedding }) => toBytes(embedding ?? new Float32Array(dimension))),
        ),
      )
      await crops.append(
        Buffer.concat(batch.map(({ crop }) => toBytes(crop?.bytes ?? Buffer.alloc(0)))),
      )
      faces += batch.length
    }
    const files = {
      'faces.jsonl': await lines.finish(),
      'embeddings.f32': await embeddings.finish(),
      'crops.bin': await crops.finish(),
    }
    for (const path of paths) await guard(() => rename(path + rewrittenSuffix, path))
    return { faces, files, version }
  } finally {
    for (const writer of writers) await writer.close()
  }
}

/** Makes the directory a finished export. */
export async function finishDirectory(directory: string, manifest: ExportManifest): Promise<void> {
  await guard(async () => {
    const text = `${JSON.stringify(manifest, null, 2)}\n`
    await writeFileAtomic(join(directory, manifestFile), text, { mode: 0o600 })
    await rm(join(directory, unfinishedMark))
  })
}
