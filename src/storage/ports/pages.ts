/** A part of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Cursor of the next page; absent on the last page. */
  readonly nextCursor?: string
}

/** The part of a list that is asked for. */
export interface PageOptions {
  /** 1 to 1000, default 100. A page of large items ends earlier, at about 1 MiB. */
  readonly limit?: number
  /** `nextCursor` of the page before; the first page without it. */
  readonly cursor?: string
}
