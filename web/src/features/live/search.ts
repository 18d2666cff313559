/** What an address of the live picture says. */
interface LiveSearch {
  /** The guide that enrols somebody by the camera. */
  readonly guide?: true
}

/** Reads the search parameters of an address of the live picture. */
export function parseLiveSearch({ guide }: Readonly<Record<string, unknown>>): LiveSearch {
  return guide === true ? { guide } : {}
}
