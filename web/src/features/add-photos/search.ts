/** What the address says. */
export interface AddPhotosSearch {
  /** Id of the person that photos are added to; without one a person is registered. */
  readonly person?: string
}

/** Reads what the address says; anything else is left out. */
export function parseAddPhotosSearch(search: Readonly<Record<string, unknown>>): AddPhotosSearch {
  return typeof search.person === 'string' && search.person !== '' ? { person: search.person } : {}
}
