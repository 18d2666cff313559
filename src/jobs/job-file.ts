import { FaceError } from '../core/errors.ts'
import type { JobLease, JobStore, JsonObject } from '../storage/ports/jobs.ts'
import { maxPartBytes } from '../storage/rules/jobs.ts'

/** A file that a job works on, which is kept with it until it is over. */
export interface JobFile {
  /** Pieces of any length. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** What the first attempt goes on from, by the file's size in bytes. */
  toCheckpoint(size: number): JsonObject
}

/** Jobs of a kind with a file that may wait, and that may run or be uploaded. */
const maxWithFile = 20

/** Files are large, and wait in the database. @throws {FaceError} `overloaded` */
export async function assertRoom(jobs: JobStore, kind: string): Promise<void> {
  for (const state of ['queued', 'running'] as const) {
    const { items } = await jobs.list({ kind, state, limit: maxWithFile })
    if (items.length < maxWithFile) continue
    throw new FaceError('overloaded', { detail: `${maxWithFile} jobs of this kind are ${state}.` })
  }
}

/** Keeps a file with its job. @returns its bytes */
export async function keepFile(
  jobs: JobStore,
  lease: JobLease,
  file: AsyncIterable<Uint8Array>,
): Promise<number> {
  let size = 0
  let part = 0
  for await (const bytes of toParts(file, maxPartBytes)) {
    size += bytes.length
    // Its collection was deleted meanwhile.
    if (!(await jobs.putPart(lease, part++, bytes))) throw new FaceError('collectionNotFound')
  }
  return size
}

/** The same bytes in pieces of `length`, the last one shorter. */
async function* toParts(
  file: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(length)
  let filled = 0
  for await (const piece of file) {
    for (let at = 0; at < piece.length; ) {
      const some = piece.subarray(at, at + length - filled)
      part.set(some, filled)
      filled += some.length
      at += some.length
      if (filled < length) continue
      yield part
      part = new Uint8Array(length)
      filled = 0
    }
  }
  if (filled > 0) yield part.slice(0, filled)
}
