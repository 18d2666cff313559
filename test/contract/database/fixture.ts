import type { Database } from '../../../src/storage/database.ts'
import type { Change } from '../../../src/storage/ports/feed.ts'
import type { Page, PageOptions } from '../../../src/storage/ports/pages.ts'
import type { ChangedPerson, Person } from '../../../src/storage/ports/persons.ts'

/** A fresh, empty database and ways into it. */
export interface DatabaseFixture {
  /** The same database as another process has it; `dispose` closes it. */
  open(): Promise<Database>
  dispose(): Promise<void>
}

/** What the suite of a port looks at; new for each test. */
export interface DatabaseUnderTest {
  readonly fixture: DatabaseFixture
  readonly store: Database
}

export const unknownId = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

/** A person as it is read, of the answer of a change. */
export function withoutEntry({ entryId: _, ...person }: ChangedPerson): Person {
  return person
}

export async function readPages<T>(
  read: (options: PageOptions) => Promise<Page<T>>,
  limit: number,
): Promise<(readonly T[])[]> {
  const pages: (readonly T[])[] = []
  let cursor: string | undefined
  do {
    const page = await read({ limit, ...(cursor === undefined ? {} : { cursor }) })
    pages.push(page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return pages
}

/** All changes behind `after`, or all there are, read in pages. */
export async function readFeed(
  store: Database,
  { after, limit = 100 }: { readonly after?: string; readonly limit?: number } = {},
): Promise<Change[]> {
  const all: Change[] = []
  for (;;) {
    const page = await store.feed.changes(all.at(-1)?.cursor ?? after, limit)
    all.push(...page)
    if (page.length === 0) return all
  }
}
