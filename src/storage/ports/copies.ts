/** How much is in a database. */
export interface DatabaseCounts {
  readonly collections: number
  readonly persons: number
  readonly faces: number
}

/** What a copy of a database is; of files beside each other in one folder. */
export interface DatabaseCopy {
  readonly kind: 'sqlite' | 'mongodb'
  readonly schemaVersion: number
  /** ISO 8601, UTC; every write that was acknowledged before is in the copy. */
  readonly takenAt: string
  readonly counts: DatabaseCounts
  /** Paths within the folder, with `/`. */
  readonly files: readonly string[]
}

/** How a database is copied. */
export interface CopyOptions {
  /** Ends the copy at its next safe place. */
  readonly signal?: AbortSignal
  /** Told how many bytes of about how many were written. */
  readonly onProgress?: (done: number, total: number) => void
}
