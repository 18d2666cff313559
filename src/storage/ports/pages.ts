export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly nextCursor?: string
}

export interface PageOptions {
  /** 1 to 1000, default 100. A page of large items ends earlier, at about 1 MiB. */
  readonly limit?: number
  readonly cursor?: string
}
