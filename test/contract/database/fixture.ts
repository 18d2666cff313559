import { expect } from 'vitest'
import type { ErrorCode } from '../../../src/core/errors.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { Change } from '../../../src/storage/ports/feed.ts'
import type { Page, PageOptions } from '../../../src/storage/ports/pages.ts'

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

export async function expectError(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'FaceError', code })
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

export async function readFeed(store: Database, limit = 100): Promise<Change[]> {
  const all: Change[] = []
  for (;;) {
    const page = await store.feed.changes(all.at(-1)?.cursor, limit)
    all.push(...page)
    if (page.length === 0) return all
  }
}
