import { isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import type { VectorIndex, VectorIndexProvider } from '../../search/vector-index.ts'
import type { Database } from '../../storage/database.ts'
import { eachChangePage, eachEmbeddingBatch } from '../../storage/iterate.ts'
import type { EmbeddingSet } from '../../storage/ports/collections.ts'
import type { Change } from '../../storage/ports/feed.ts'
import type { IndexTarget } from './index-target.ts'

// [Note: Whose snapshot] Kinds save what they are given; with the index' id before the cursor, the
// snapshot of another collection or model in an index' place is not taken for its own.

/** The text that is saved in a snapshot as its cursor: id of the index and cursor. */
export function toSnapshotCursor(indexId: string, cursor: Cursor): Cursor {
  return `${indexId} ${cursor}`
}

/** The cursor of a snapshot; undefined when it is of another index. */
function fromSnapshotCursor(indexId: string, saved: Cursor | undefined): Cursor | undefined {
  const prefix = toSnapshotCursor(indexId, '')
  return saved?.startsWith(prefix) ? saved.slice(prefix.length) : undefined
}

/** How far a long piece of work is; `total` is what was there when it began. */
export type Progress = (done: number, total: number) => void

/** The changes that concern an index: those of its collection, additions only of its model. */
export function selectChanges(
  changes: readonly Change[],
  { id, modelId }: EmbeddingSet,
): readonly Change[] {
  return changes.filter(
    (change) =>
      change.collectionId === id &&
      (change.kind === 'faceRemoved' ||
        (change.kind === 'faceAdded' && change.modelId === modelId)),
  )
}

/**
 * Applies a stretch of the feed to an index; of each face the last change counts, as one that was
 * removed may come back. Applying it again, or to an index that is already further, is harmless: a face
 * that is there has an addition behind its last removal, and an addition carries its embedding only
 * while the face exists.
 *
 * @param changes  of this index, in the feed's order
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
      removed.delete(faceId)
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
  { target, from }: { readonly target: EmbeddingSet; readonly from: Cursor },
): Promise<Replayed> {
  let applied = 0
  let removal = false
  for await (const page of eachChangePage(store, from)) {
    const own = selectChanges(page, target)
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
  { target, onProgress }: { readonly target: EmbeddingSet; readonly onProgress: Progress },
): Promise<number> {
  const { faces: total } = await store.collections.counts(target.id)
  let done = 0
  for await (const batch of eachEmbeddingBatch(store, target)) {
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
  target: IndexTarget,
  onProgress: Progress,
): Promise<LoadedIndex> {
  const { indexId, dimension } = target
  const index = await provider.open(indexId, dimension)
  const from = fromSnapshotCursor(indexId, await index.load())
  if (from !== undefined) {
    try {
      const { changes, removal } = await replay(store, index, { target, from })
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
  const filled = await fill(store, index, { target, onProgress })
  const replayed = await replay(store, index, { target, from: base })
  // Saved at once, because it was much work, and because other nodes that share the index (Milvus)
  // wait for the cursor that is saved with it.
  const saved = await index.save(toSnapshotCursor(indexId, base)).then(
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
