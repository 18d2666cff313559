import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { FaceError } from '../core/errors.ts'
import { systemCodeOf, toDiskRefusal } from '../platform/disk.ts'
import type { FileDigest } from './export-format.ts'

/** Of a file that takes the place of another one when it is whole. */
export const rewrittenSuffix = '.new'

/** Writes one file of an export, for its owner only. */
export interface FileWriter {
  append(bytes: Uint8Array): Promise<void>
  /** Makes it durable. */
  finish(): Promise<FileDigest>
  close(): Promise<void>
}

/** Creates the file, or empties it. */
export async function createFileWriter(path: string): Promise<FileWriter> {
  const file = await guard(() => open(path, 'w', 0o600))
  const hash = createHash('sha256')
  let bytes = 0
  return {
    async append(data) {
      hash.update(data)
      bytes += data.byteLength
      await guard(() => file.appendFile(data))
    },
    async finish() {
      await guard(() => file.sync())
      return { bytes, sha256: hash.digest('hex') }
    },
    close: () => file.close(),
  }
}

/** JSON, a line each. */
export function toLines(records: readonly unknown[]): Buffer {
  return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
}

/** Runs `body` and turns the disk's errors into those of the catalogue. */
export async function guard<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (cause) {
    const code = systemCodeOf(cause)
    if (code === undefined) throw cause
    if (toDiskRefusal(cause) === 'full') throw new FaceError('storeFull', { cause })
    throw new FaceError('invalidOption', {
      detail: `The directory of the export cannot be written (${code}).`,
      cause,
    })
  }
}
