/** What the address of the history says. */
export interface HistorySearch {
  /** Id of the person whose changes are shown. */
  readonly person?: string
}

/** Reads what the address of the history says; anything else is left out. */
export function parseHistorySearch({ person }: Readonly<Record<string, unknown>>): HistorySearch {
  return typeof person === 'string' && person !== '' ? { person } : {}
}
