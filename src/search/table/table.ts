import type { FileHandle } from 'node:fs/promises'
import type { Cursor } from '../../core/types.ts'
import type { IndexStatus } from '../vector-index.ts'
import type { RowNeighbours } from './neighbours.ts'
import type { SnapshotResult } from './snapshot.ts'

/** Rows in the order of the table. */
export interface RowBatch {
  readonly faceIds: readonly string[]
  /** faceIds.length x dimension, row-major. */
  readonly vectors: Float32Array<ArrayBuffer>
  /** What a kind keeps of each row beside its vector, row-major. */
  readonly codes?: Uint8Array<ArrayBuffer>
}

/** What a kind has learned from the rows. */
export interface Attachment {
  /** In JSON's types. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Length of a row of {@link RowBatch.codes}. */
  readonly codeBytes: number
}

/** The rows as they were when it was made, while the table changes. */
export interface FrozenRows {
  readonly count: number
  /** With it each batch has codes. */
  readonly attachment?: Attachment
  /** The next rows, at most `limit`; empty at the end. */
  next(limit: number): RowBatch
  /** Must be called, or later changes keep copying. */
  release(): void
}

/** Takes the parts of a snapshot of rows. */
export interface SnapshotSink {
  /** Comes before the rows. @throws {Error} when it makes no sense */
  attach(attachment: Attachment): void
  /**
   * Where the vectors of rows that will come can lie already: `rows` x dimension from row `from` on;
   * undefined when they cannot lie together there.
   */
  room?(from: number, rows: number): Float32Array<ArrayBuffer> | undefined
  /** Appends rows; their vectors may be where `room` said. */
  restore(batch: RowBatch): void
}

/** A table's content of one moment, on its way into a snapshot. */
export interface SnapshotBody {
  /** Writes the whole file, which is new and may also be read. Called once. */
  write(file: FileHandle, cursor: Cursor): Promise<void>
  /** Must be called, also after a failure: until then later changes wait or keep copying. */
  release(): void
}

/**
 * What an index worker keeps of one collection; the kinds differ in how they search it. What can be
 * done at once is done at once: only a table that hands its work to other threads returns promises.
 */
export interface VectorTable {
  readonly count: number
  /** As for an index; absent: they are not. */
  readonly lossy?: boolean
  /** @throws {FaceError} `dimensionMismatch`, `invalidEmbedding`; then nothing was stored */
  upsert(faceIds: readonly string[], vectors: Float32Array): Promise<void> | undefined
  /** Unknown ids are ignored. */
  remove(faceIds: readonly string[]): Promise<void> | undefined
  /** Nothing changes before it is done, where tables take turns. `more`: as for an index. @param probes 1 to 64 x dimension. @throws {FaceError} `dimensionMismatch`, `invalidEmbedding` */
  search(probes: Float32Array, k: number, more: number): RowNeighbours | Promise<RowNeighbours>
  faceIds(from: number, limit: number): readonly string[]
  /** Missing ids give rows of NaN. */
  vectors(faceIds: readonly string[]): Float32Array | Promise<Float32Array>
  /** The content as it is now, whatever is called next. One at a time. */
  freeze(): SnapshotBody
  /**
   * Fills the table, which is new and empty, from what a frozen one wrote. It is not used any more
   * unless the result is `loaded`.
   *
   * @throws {Error} when the file is damaged; {FaceError} `overloaded` when there is no memory
   */
  restore(file: FileHandle): Promise<SnapshotResult>
  /** Learns from the rows, where the kind does. */
  optimize(): Promise<void>
  status(): IndexStatus
  /** The table is not used any more; what it does by itself ends soon. */
  dispose(): void
}
