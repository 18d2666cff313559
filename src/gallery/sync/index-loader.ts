import { isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import type { VectorIndex, VectorIndexProvider } from '../../search/vector-index.ts'
import type { Database } from '../../storage/database.ts'
import { eachChangePage, eachEmbeddingBatch } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { Change } from '../../storage/ports/feed.ts'

// [Note: Whose snapshot] Kinds save what they are given; with the collection's id before the cursor,
// the snapshot of another collection in a collection's place is not taken for its own.

/** The text that is saved in a snapshot as its cursor: collection id and cursor. */
export function toSnapshotCursor(collectionId: string, cursor: Cursor): Cursor {
  return `${collectionId} ${cursor}`
}

/** The cursor of a snapshot; undefined when it is of another collection. */
function fromSnapshotCursor(collectionId: string, saved: Cursor | undefined): Cursor | undefined {
  const prefix = toSnapshotCursor(collectionId, '')
  return saved?.startsWith(prefix) ? saved.slice(prefix.length) : undefined
}

/** How far a long piece of work is; `total` is what was there when it began. */
export type Progress = (done: number, total: number) => void

/**
 * Applies a stretch of the feed to an index. Applying it again, or to an index that is already
 * further, is harmless: ids are never used twice, and an addition carries its embedding only while
 * the face exists.
 *
 * @param changes  of this collection, in the feed's order
 */
export async function applyChanges(index: VectorIndex, changes: readonly Change[]): Promise<void> {
  const added = new Map<string, Float32Array>()
  const removed = new Set<string>()
  for (const { kind, faceId, embedding } of changes) {
    if (faceId === undefined) continue
    if (kind === 'faceRemoved') {
      added.delete(faceId)
      removed.add(faceId)
    } else if (embedding !== undefined) {
      added.set(faceId, embedding)
    }
  }
  if (added.size > 0) {
    const vectors = new Float32Array(added.size * index.dimension)
    let row = 0
    for (const embedding of added.values()) vectors.set(embedding, index.dimension * row++)
    await index.upsert([...added.keys()], vectors)
  }
  if (removed.size > 0) await index.remove([...removed])
}

/** The changes of one collection that were read from the feed. */
interface Replayed {
  readonly changes: number
  /** Whether a face was removed. */
  readonly removal: boolean
}

/**
 * Applies the feed from `from` to its present end.
 *
 * @returns what of it was of this collection
 * @throws {FaceError} `invalidCursor` when the feed does not know `from`
 */
async function replay(
  store: Database,
  index: VectorIndex,
  { collectionId, from }: { readonly collectionId: string; readonly from: Cursor },
): Promise<Replayed> {
  let applied = 0
  let removal = false
  for await (const page of eachChangePage(store, from)) {
    const own = page.filter((change) => change.collectionId === collectionId)
    await applyChanges(index, own)
    applied += own.length
    removal ||= own.some((change) => change.kind === 'faceRemoved')
  }
  return { changes: applied, removal }
}

/** Puts everything that the store has into an empty index. @returns how many faces */
async function fill(
  store: Database,
  index: VectorIndex,
  { collectionId, onProgress }: { readonly collectionId: string; readonly onProgress: Progress },
): Promise<number> {
  const { faces: total } = await store.collections.counts(collectionId)
  let done = 0
  for await (const batch of eachEmbeddingBatch(store, collectionId)) {
    await index.upsert(batch.faceIds, batch.embeddings)
    done += batch.faceIds.length
    onProgress(done, total)
  }
  await index.optimize()
  return done
}

export interface LoadedIndex {
  readonly index: VectorIndex
  /** Changes that the snapshot on disk does not have. */
  readonly unsaved: number
  /** The snapshot on disk may hold an embedding that the store does not have any more. */
  readonly snapshotHoldsErased: boolean
  /** Whether it was built from the store, because there was no usable snapshot. */
  readonly rebuilt: boolean
  /** Read from the store when there was none. */
  readonly faces: number
}

/**
 * Opens a collection's index: from its snapshot and the changes since, or, when the snapshot is
 * missing, damaged or of another feed, from the store's embeddings. What is written meanwhile is
 * in the index or still ahead in the feed from the cursor that was the newest before the call.
 */
export async function loadIndex(
  { store, provider }: { readonly store: Database; readonly provider: VectorIndexProvider },
  collection: Pick<Collection, 'id' | 'dimension'>,
  onProgress: Progress,
): Promise<LoadedIndex> {
  const collectionId = collection.id
  const index = await provider.open(collectionId, collection.dimension)
  const from = fromSnapshotCursor(collectionId, await index.load())
  if (from !== undefined) {
    try {
      const { changes, removal } = await replay(store, index, { collectionId, from })
      return {
        index,
        unsaved: changes,
        snapshotHoldsErased: removal,
        rebuilt: false,
        faces: 0,
      }
    } catch (error) {
      if (!isFaceError(error, 'invalidCursor')) throw error
    }
  }
  await index.clear()
  const base = await store.feed.latestCursor()
  const filled = await fill(store, index, { collectionId, onProgress })
  const replayed = await replay(store, index, { collectionId, from: base })
  // Saved at once, because it was much work, and because other nodes that share the index (Milvus)
  // wait for the cursor that is saved with it.
  const saved = await index.save(toSnapshotCursor(collectionId, base)).then(
    () => true,
    () => false,
  )
  return {
    index,
    // Where the snapshot could not be replaced it still has to be, even without new changes.
    unsaved: saved ? replayed.changes : filled + replayed.changes + 1,
    snapshotHoldsErased: replayed.removal || !saved,
    rebuilt: true,
    faces: filled,
  }
}
