import type { Stranger } from '../../shared/api/types.ts'

/** What the address of the inbox says. */
export interface UnknownSearch {
  /** Which strangers; without it, those that wait. */
  readonly status?: Exclude<Stranger['status'], 'shown'>
  /** Whom one sees first; without it, who was seen most often. */
  readonly sort?: 'latest'
  /** Id of the stranger that is opened. */
  readonly stranger?: string
}

/** Reads what the address says; anything else is left out. */
export function parseUnknownSearch(search: Readonly<Record<string, unknown>>): UnknownSearch {
  const { status, sort, stranger } = search
  return {
    ...(status === 'ignored' || status === 'assigned' ? { status } : {}),
    ...(sort === 'latest' ? { sort } : {}),
    ...(typeof stranger === 'string' && stranger !== '' ? { stranger } : {}),
  }
}

/** What the address of the search for a face says. */
export interface FindFaceSearch {
  /** Id of a person whose sightings are listed; without it, a photograph is asked for. */
  readonly person?: string
}

/** Reads what the address says; anything else is left out. */
export function parseFindFaceSearch(search: Readonly<Record<string, unknown>>): FindFaceSearch {
  return typeof search.person === 'string' && search.person !== '' ? { person: search.person } : {}
}
