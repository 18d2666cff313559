/** What the address of the list says. */
export interface PeopleSearch {
  /** Part of a name. */
  readonly name?: string
}

/** Reads what the address of the list says; anything else is left out. */
export function parsePeopleSearch(search: Readonly<Record<string, unknown>>): PeopleSearch {
  const name = search.name === undefined ? '' : String(search.name)
  return name === '' ? {} : { name }
}
