import type { Cursor, EmbeddingBatch } from '../core/types.ts'
import type { Collection, CollectionStore, EmbeddingSet } from './ports/collections.ts'
import type { Change, ChangeFeed } from './ports/feed.ts'
import type { Page, PageOptions } from './ports/pages.ts'

/** Changes that are read together; 1000 embeddings of 512 values are 2 MB. */
export const changesPerPage = 1000
/** Embeddings that are read together; 4 MB at 512 values. */
export const embeddingsPerBatch = 2000

/** The pages of a list, from the first to the last. */
export async function* eachPage<T>(
  load: (options: PageOptions) => Promise<Page<T>>,
  { limit }: Pick<PageOptions, 'limit'> = {},
): AsyncGenerator<readonly T[], void> {
  const size = limit === undefined ? {} : { limit }
  let cursor: string | undefined
  do {
    const page = await load({ ...size, ...(cursor === undefined ? {} : { cursor }) })
    yield page.items
    cursor = page.nextCursor
  } while (cursor !== undefined)
}

/** All collections of a database. */
export async function* eachCollection(store: {
  readonly collections: Pick<CollectionStore, 'list'>
}): AsyncGenerator<Collection, void> {
  for await (const page of eachPage((options) => store.collections.list(options))) yield* page
}

/** A collection by its id, as it is now; `undefined` when it is gone. */
export async function findCollectionById(
  store: { readonly collections: Pick<CollectionStore, 'list'> },
  id: string,
): Promise<Collection | undefined> {
  for await (const collection of eachCollection(store)) if (collection.id === id) return collection
  return undefined
}

/** All embeddings that a model made of a collection's faces, in the order of their ids; no batch is empty. */
export async function* eachEmbeddingBatch(
  store: { readonly feed: Pick<ChangeFeed, 'embeddings'> },
  set: EmbeddingSet,
): AsyncGenerator<EmbeddingBatch, void> {
  let after: string | undefined
  for (;;) {
    const range = { limit: embeddingsPerBatch, ...(after === undefined ? {} : { after }) }
    const batch = await store.feed.embeddings(set, range)
    after = batch.faceIds.at(-1)
    if (after === undefined) return
    yield batch
  }
}

/**
 * The changes after a cursor, to the present end of the feed: a page that is not full is the last
 * one, so that it ends also while somebody writes all the time. The last page may be empty.
 *
 * @param after `undefined` reads from the beginning
 * @throws {FaceError} `invalidCursor` when the feed does not know the cursor
 */
export async function* eachChangePage(
  store: { readonly feed: Pick<ChangeFeed, 'changes'> },
  after: Cursor | undefined,
): AsyncGenerator<readonly Change[], void> {
  let cursor = after
  for (;;) {
    const page = await store.feed.changes(cursor, changesPerPage)
    yield page
    if (page.length < changesPerPage) return
    cursor = page.at(-1)?.cursor
  }
}
