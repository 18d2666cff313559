import type { Command } from 'commander'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import { integerOption } from './option-parsers.ts'
import type { Output } from './output.ts'

type LoadPage<T> = (options: PageOptions) => Promise<Page<T>>

/** Rows that a list shows at a terminal when no number is asked for. */
const terminalLimit = 100
/** The largest page of a list. */
const pageLimit = 1000

/** Flags of a list that can be long. */
export interface ListOptions {
  readonly limit?: number
  readonly all?: boolean
  readonly cursor?: string
  readonly json?: boolean
}

/** @param command  that prints a list */
export function addListOptions(command: Command): Command {
  return command
    .option(
      '--limit <n>',
      `rows at most (default: all; ${terminalLimit} at a terminal)`,
      integerOption(1, 1_000_000_000),
    )
    .option('--all', 'all rows, at a terminal too')
    .option('--cursor <cursor>', 'go on behind a list with --limit: its nextCursor')
    .option('--json', 'print JSON')
}

/**
 * What a list command prints: all, or the first of them. At a terminal a table ends at
 * {@link terminalLimit} rows, and a line says how to see the others.
 */
export async function listRows<T>(
  load: LoadPage<T>,
  { limit, all = false, cursor, json = false }: ListOptions,
  output: Output,
): Promise<Page<T>> {
  const isShortened = limit === undefined && !all && !json && process.stdout.isTTY === true
  const most = all ? undefined : (limit ?? (isShortened ? terminalLimit : undefined))
  const page = await listUpTo(load, most, cursor)
  if (isShortened && page.nextCursor !== undefined) {
    output.note(`The first ${page.items.length}; --all shows all.`)
  }
  return page
}

/** All items of a paged list. */
export async function listAll<T>(load: LoadPage<T>): Promise<readonly T[]> {
  return (await listUpTo(load, undefined)).items
}

async function listUpTo<T>(
  load: LoadPage<T>,
  most: number | undefined,
  from?: string,
): Promise<Page<T>> {
  const items: T[] = []
  let cursor = from
  do {
    const limit = Math.min(pageLimit, (most ?? Number.POSITIVE_INFINITY) - items.length)
    const page: Page<T> = await load({ limit, ...(cursor === undefined ? {} : { cursor }) })
    for (const item of page.items) items.push(item)
    cursor = page.nextCursor
  } while (cursor !== undefined && items.length < (most ?? Number.POSITIVE_INFINITY))
  return { items, ...(cursor === undefined ? {} : { nextCursor: cursor }) }
}
