const parts = ['photos', 'details', 'similar', 'said', 'seen', 'history'] as const
export type PersonPart = (typeof parts)[number]

/** The parts of a person's page, in their order. */
export const personParts: readonly PersonPart[] = parts

/** What the address of a person's page says. */
export interface PersonSearch {
  /** Without it, the photographs are shown. */
  readonly part?: PersonPart
  /** How the photographs are ordered; without it, those that fit least come first. */
  readonly sort?: 'best' | 'newest'
  /** Ids of faces that are chosen, with commas between. */
  readonly selected?: string
}

/** Reads what the address of a person's page says; anything else is left out. */
export function parsePersonSearch(search: Readonly<Record<string, unknown>>): PersonSearch {
  const part = parts.find((known) => known === search.part)
  return {
    ...(part === undefined || part === 'photos' ? {} : { part }),
    ...(search.sort === 'newest' || search.sort === 'best' ? { sort: search.sort } : {}),
    ...(typeof search.selected === 'string' && search.selected !== ''
      ? { selected: search.selected }
      : {}),
  }
}
