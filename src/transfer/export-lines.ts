import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { isFaceError } from '../core/errors.ts'
import { assertUnitEmbedding } from '../storage/rules/embedding.ts'
import { exportInvalid, manifestFile } from './export-format.ts'

/** A person's metadata is the longest part of a line, 16 KiB. */
const maxLineBytes = 65_536
const batchSize = 256

/** Lines in batches, without their ends. */
export async function* readLines(path: string, where: string): AsyncGenerator<readonly string[]> {
  let rest: Buffer = Buffer.alloc(0)
  let lines: string[] = []
  for await (const chunk of createReadStream(path)) {
    const data = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let from = 0
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, from)) {
      lines.push(data.toString('utf8', from, end))
      from = end + 1
      if (lines.length === batchSize) {
        yield lines
        lines = []
      }
    }
    rest = data.subarray(from)
    if (rest.length > maxLineBytes) throw exportInvalid(`${where} has a line that is too long.`)
  }
  if (lines.length > 0) yield lines
  if (rest.length > 0) throw exportInvalid(`The last line of ${where} is cut off.`)
}

/** Reads exactly the bytes of `out` from the position. */
export async function fill(
  file: FileHandle,
  out: Float32Array | Uint8Array,
  position: number,
): Promise<void> {
  let done = 0
  while (done < out.byteLength) {
    const { bytesRead } = await file.read(out, done, out.byteLength - done, position + done)
    if (bytesRead === 0) throw exportInvalid('A file became shorter while it was read.')
    done += bytesRead
  }
}

/** @throws {FaceError} `exportInvalid` */
export function assertOrder(before: string, id: string, where: string): void {
  if (id <= before) throw exportInvalid(`${where} is not in the order of ids.`)
}

/** @throws {FaceError} `exportInvalid` */
export function assertCount(actual: number, expected: number, where: string): void {
  if (actual !== expected) {
    throw exportInvalid(`${where} has ${actual} lines or more, ${manifestFile} says ${expected}.`)
  }
}

/** @throws {FaceError} `exportInvalid` for what is no unit vector */
export function assertEmbedding(embedding: Float32Array, where: string): void {
  toExportInvalid(where, () => assertUnitEmbedding(embedding))
}

/** Runs `body`; what a store would refuse is a failure of the export. @throws {FaceError} `exportInvalid` */
export function toExportInvalid(where: string, body: () => void): void {
  try {
    body()
  } catch (error) {
    if (!isFaceError(error) || error.code === 'exportInvalid') throw error
    throw exportInvalid(`${where}: ${error.message}`, error)
  }
}
