/** How far a long operation is. */
export interface Progress {
  /** The step under way, by the operation's own name. */
  readonly stage: string
  readonly done: number
  /** Absent where it is not known beforehand. */
  readonly total?: number
}

/** Told how far a long operation is; cheap enough for each item. */
export type OnProgress = (progress: Progress) => void
