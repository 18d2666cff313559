import type { Page, PageOptions } from '../storage/ports/pages.ts'

/** All items of a paged list. */
export async function listAll<T>(
  load: (options: PageOptions) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page: Page<T> = await load({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return items
}
