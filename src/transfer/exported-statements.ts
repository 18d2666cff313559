import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { actorKinds } from '../core/actor.ts'
import type { MovedStatement } from '../storage/ports/transfer.ts'
import {
  type ExportedCollection,
  exportInvalid,
  type FileDigest,
  hash,
  id,
  parseJson,
  parseValue,
  type StatementFile,
  statementFiles,
  strict,
  time,
} from './export-format.ts'
import { assertCount, assertEmbedding, assertOrder, fill, readLines } from './export-lines.ts'
import {
  createFileWriter,
  type FileWriter,
  guard,
  rewrittenSuffix,
  toLines,
} from './file-writer.ts'
import { isMovable, toBytes, toStatementRecord } from './records.ts'

const said = {
  id,
  kind: Type.Enum(['rejection', 'confirmation']),
  personId: id,
  createdAt: time,
  createdBy: Type.Object(
    { kind: Type.Enum([...actorKinds]), id: Type.String(), name: Type.String() },
    strict,
  ),
}
const box = Type.Object(
  { x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() },
  strict,
)
/** A line about a stored face. */
const OfFaceSchema = Type.Object({ ...said, faceId: id }, strict)
/** A line about what is not stored, which has a row of `statements.f32`. */
const OfImageSchema = Type.Object({ ...said, imageHash: hash, box: Type.Optional(box) }, strict)

export interface WrittenStatements {
  readonly statements: number
  /** Those that nothing could be compared with where they come: of an image, by another model. */
  readonly leftOut: number
  /** None where there is no statement. */
  readonly files: Readonly<Partial<Record<StatementFile, FileDigest>>>
}

/** Writes the two files of statements, durable when the promise resolves; none without a statement. */
export async function writeStatements(
  directory: string,
  batches: AsyncIterable<readonly MovedStatement[]>,
): Promise<WrittenStatements> {
  const paths = statementFiles.map((name) => join(directory, name))
  const writers: FileWriter[] = []
  let statements = 0
  let leftOut = 0
  try {
    for (const path of paths) writers.push(await createFileWriter(path + rewrittenSuffix))
    const [lines, embeddings] = writers as [FileWriter, FileWriter]
    for await (const batch of batches) {
      const movable = batch.filter(isMovable).map(toStatementRecord)
      statements += movable.length
      leftOut += batch.length - movable.length
      const rows = movable.map(({ of, ...rest }) => {
        if ('faceId' in of) return { line: { ...rest, ...of } }
        const { embedding, ...place } = of
        return { line: { ...rest, ...place }, embedding }
      })
      await lines.append(toLines(rows.map(({ line }) => line)))
      await embeddings.append(
        Buffer.concat(rows.flatMap(({ embedding }) => (embedding ? [toBytes(embedding)] : []))),
      )
    }
    const files = {
      'statements.jsonl': await lines.finish(),
      'statements.f32': await embeddings.finish(),
    }
    for (const path of paths) {
      await guard(() =>
        statements > 0 ? rename(path + rewrittenSuffix, path) : rm(path + rewrittenSuffix),
      )
    }
    return { statements, leftOut, files: statements > 0 ? files : {} }
  } finally {
    for (const writer of writers) await writer.close()
  }
}

/**
 * The statements of an exported collection, checked as they are read: form, order and number, and
 * embeddings of norm 1. Reading throws `exportInvalid`. Whether their persons and faces are there only
 * the database knows that they are restored to.
 */
export async function* readExportedStatements(
  directory: string,
  entry: ExportedCollection,
): AsyncGenerator<readonly MovedStatement[]> {
  const { name, dimension, statements: expected, files } = entry
  if (expected === undefined) return
  const where = `${name}/statements.jsonl`
  const parsers = { ofFace: Compile(OfFaceSchema), ofImage: Compile(OfImageSchema) }
  const rowBytes = dimension * Float32Array.BYTES_PER_ELEMENT
  const rows = (files['statements.f32']?.bytes ?? 0) / rowBytes
  const embeddings = await open(join(directory, 'statements.f32'))
  let count = 0
  let row = 0
  let before = ''
  try {
    for await (const lines of readLines(join(directory, 'statements.jsonl'), where)) {
      const batch: MovedStatement[] = []
      for (const [i, line] of lines.entries()) {
        const lineOf = `${where} line ${count + i + 1}`
        const value = parseJson(line, lineOf)
        if (typeof value === 'object' && value !== null && 'faceId' in value) {
          const { faceId, ...rest } = parseValue(parsers.ofFace, value, lineOf)
          batch.push({ ...rest, of: { faceId } })
        } else {
          const { imageHash, box: place, ...rest } = parseValue(parsers.ofImage, value, lineOf)
          if (row >= rows) throw exportInvalid(`${name}/statements.f32 has no row for ${lineOf}.`)
          const embedding = new Float32Array(dimension)
          await fill(embeddings, embedding, row * rowBytes)
          row++
          assertEmbedding(embedding, lineOf)
          const of = { imageHash, ...(place && { box: place }), embedding }
          batch.push({ ...rest, of })
        }
        const { id: now } = batch.at(-1) as MovedStatement
        assertOrder(before, now, where)
        before = now
      }
      count += batch.length
      yield batch
    }
    assertCount(count, expected, where)
    if (row !== rows) {
      throw exportInvalid(
        `${name}/statements.f32 does not hold ${row} rows of ${dimension} values.`,
      )
    }
  } finally {
    await embeddings.close()
  }
}
