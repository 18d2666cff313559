/** What the address says. */
export interface AddManySearch {
  /** Id of the job that is looked at. */
  readonly job?: string
}

/** Reads what the address says; anything else is left out. */
export function parseAddManySearch(search: Readonly<Record<string, unknown>>): AddManySearch {
  return typeof search.job === 'string' && search.job !== '' ? { job: search.job } : {}
}
