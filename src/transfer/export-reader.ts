import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredFace } from '../storage/ports/faces.ts'
import { toMetadataJson, toStoredName } from '../storage/rules/person-fields.ts'
import {
  createLineParsers,
  type ExportedCollection,
  type ExportFile,
  type ExportManifest,
  exportInvalid,
  listFiles,
  manifestFile,
  parseManifest,
} from './export-format.ts'
import {
  assertCount,
  assertEmbedding,
  assertOrder,
  fill,
  readLines,
  toExportInvalid,
} from './export-lines.ts'
import { readExportedStatements } from './exported-statements.ts'
import { type PersonRecord, type RecordSource, toFaceRecord } from './records.ts'

/** A collection's entry costs about 1 KiB. */
const maxManifestBytes = 64 * 2 ** 20

/**
 * Reads the manifest and looks whether the files are there in the sizes that it says.
 *
 * @throws {FaceError} `exportInvalid`
 */
export async function readManifest(directory: string): Promise<ExportManifest> {
  const path = join(directory, manifestFile)
  const size = await statFile(path, manifestFile)
  if (size > maxManifestBytes) throw exportInvalid(`${manifestFile} is too large.`)
  const manifest = parseManifest(await readFile(path, 'utf8'))
  for (const entry of manifest.collections) {
    for (const [file, { bytes: expected }] of listFiles(entry)) {
      const where = `${entry.name}/${file}`
      const actual = await statFile(join(directory, entry.name, file), where)
      if (actual !== expected) {
        throw exportInvalid(`${where} has ${actual} bytes, ${manifestFile} says ${expected}.`)
      }
    }
    const expected = entry.faces * entry.dimension * Float32Array.BYTES_PER_ELEMENT
    if (entry.files['embeddings.f32'].bytes !== expected) {
      throw exportInvalid(
        `${entry.name}/embeddings.f32 does not hold ${entry.faces} rows of ${entry.dimension} values.`,
      )
    }
  }
  return manifest
}

/** @throws {FaceError} `exportInvalid` when a file is not the one that the manifest describes */
export async function verifyChecksums(directory: string, entry: ExportedCollection): Promise<void> {
  for (const [file, { sha256 }] of listFiles(entry)) {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(join(directory, entry.name, file))) {
      hash.update(chunk as Buffer)
    }
    if (hash.digest('hex') !== sha256) {
      throw exportInvalid(`${entry.name}/${file} is damaged: its SHA-256 is not the manifest's.`)
    }
  }
}

/**
 * The content of an exported collection, checked as it is read: form, order and number of the
 * records, embeddings of norm 1, crops one after the other. Reading throws `exportInvalid`.
 */
export function createExportSource(directory: string, entry: ExportedCollection): RecordSource {
  const parse = createLineParsers()
  const toPath = (file: ExportFile) => join(directory, entry.name, file)
  return {
    async *persons() {
      const where = `${entry.name}/persons.jsonl`
      let count = 0
      let before = ''
      for await (const lines of readLines(toPath('persons.jsonl'), where)) {
        const persons = lines.map((line, i) => {
          const person = parse.person(line, `${where} line ${count + i + 1}`)
          assertOrder(before, person.id, where)
          before = person.id
          assertStorable(person, `${where} line ${count + i + 1}`)
          return person
        })
        count += persons.length
        yield persons
      }
      assertCount(count, entry.persons, where)
    },

    async *faces() {
      const where = `${entry.name}/faces.jsonl`
      const embeddings = await open(toPath('embeddings.f32'))
      const crops = await open(toPath('crops.bin'))
      let count = 0
      let cropOffset = 0
      let before = ''
      try {
        for await (const lines of readLines(toPath('faces.jsonl'), where)) {
          // Before anything of the size that the lines ask for is allocated.
          if (count + lines.length > entry.faces)
            assertCount(count + lines.length, entry.faces, where)
          const rows = new Float32Array(lines.length * entry.dimension)
          await fill(embeddings, rows, count * entry.dimension * rows.BYTES_PER_ELEMENT)
          const faces: StoredFace[] = []
          for (const [i, line] of lines.entries()) {
            const lineOf = `${where} line ${count + i + 1}`
            const { crop, ...face } = parse.face(line, lineOf)
            assertOrder(before, face.id, where)
            before = face.id
            const row = rows.slice(i * entry.dimension, (i + 1) * entry.dimension)
            if (!face.missingEmbedding) assertEmbedding(row, lineOf)
            if (face.modelId !== entry.modelId) {
              throw exportInvalid(`${lineOf} is of another model than its collection.`)
            }
            const record = {
              ...toFaceRecord(face),
              hasCrop: crop !== undefined,
              ...(face.missingEmbedding ? {} : { embedding: row }),
            }
            if (!crop) {
              faces.push(record)
              continue
            }
            const end = cropOffset + crop.bytes
            if (crop.offset !== cropOffset || end > entry.files['crops.bin'].bytes) {
              throw exportInvalid(`${lineOf} has a crop outside its place in crops.bin.`)
            }
            const bytes = new Uint8Array(crop.bytes)
            await fill(crops, bytes, cropOffset)
            cropOffset = end
            const { place } = crop
            faces.push({ ...record, crop: place === undefined ? { bytes } : { bytes, place } })
          }
          count += faces.length
          yield faces
        }
        assertCount(count, entry.faces, where)
        if (cropOffset !== entry.files['crops.bin'].bytes) {
          throw exportInvalid(`${entry.name}/crops.bin has more than the crops of faces.jsonl.`)
        }
      } finally {
        await embeddings.close()
        await crops.close()
      }
    },

    statements: () => readExportedStatements(join(directory, entry.name), entry),
  }
}

async function statFile(path: string, where: string): Promise<number> {
  const stats = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (where === manifestFile && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) {
      throw exportInvalid(`The directory has no ${manifestFile}; the export did not finish.`, cause)
    }
    throw exportInvalid(`${where} cannot be read (${cause.code}).`, cause)
  })
  if (!stats.isFile()) throw exportInvalid(`${where} is not a file.`)
  return stats.size
}

function assertStorable(person: PersonRecord, where: string): void {
  toExportInvalid(where, () => {
    toMetadataJson(person.metadata)
    if (toStoredName(person.name) !== person.name) throw exportInvalid(`${where} has another name.`)
  })
}
