import type { PersonsQuery } from '../../shared/api/persons.ts'

const sorts = ['name', 'faceCount', 'lastSeen', 'updated', 'created'] as const
export type PeopleSort = (typeof sorts)[number]

/** What the address of the list says. */
export interface PeopleSearch {
  /** Beginnings of words of the name. */
  readonly query?: string
  /** Without it, the latest change is first. */
  readonly sort?: PeopleSort
  readonly order?: 'asc' | 'desc'
  readonly favourite?: true
  /** Those who are hidden, in the place of the others. */
  readonly hidden?: true
  readonly faces?: 'none' | 'one'
  readonly view?: 'list'
  /** Ids of who is chosen, with commas between; a few, so that an address stays short. */
  readonly selected?: string
}

/** What the list is sorted by when the address does not say. */
export const defaultSort: PeopleSort = 'updated'

/** The direction of an order that people expect first. */
export function naturalOrder(sort: PeopleSort): 'asc' | 'desc' {
  return sort === 'name' ? 'asc' : 'desc'
}

/** Reads what the address of the list says; anything else is left out. */
export function parsePeopleSearch(search: Readonly<Record<string, unknown>>): PeopleSearch {
  const text = (key: string): string =>
    search[key] === undefined || search[key] === null ? '' : String(search[key])
  const sort = sorts.find((known) => known === search.sort)
  return {
    ...(text('query') === '' ? {} : { query: text('query') }),
    ...(sort === undefined ? {} : { sort }),
    ...(search.order === 'asc' || search.order === 'desc' ? { order: search.order } : {}),
    ...(isTrue(search.favourite) ? { favourite: true } : {}),
    ...(isTrue(search.hidden) ? { hidden: true } : {}),
    ...(search.faces === 'none' || search.faces === 'one' ? { faces: search.faces } : {}),
    ...(search.view === 'list' ? { view: 'list' } : {}),
    ...(text('selected') === '' ? {} : { selected: text('selected') }),
  }
}

/** What the API is asked for; who is hidden is shown only when asked for. */
export function toPersonsQuery(search: PeopleSearch): PersonsQuery {
  const { query, favourite, faces, hidden = false, sort = defaultSort } = search
  return {
    ...(query === undefined ? {} : { query }),
    ...(favourite === undefined ? {} : { favourite }),
    ...(faces === undefined ? {} : { faces }),
    hidden,
    sort,
    order: search.order ?? naturalOrder(sort),
  }
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}
