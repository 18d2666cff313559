import type { EmbeddingBatch } from '../../core/types.ts'
import type { VectorIndex } from '../../search/vector-index.ts'
import type { Database } from '../../storage/database.ts'
import { embeddingsPerBatch } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { IndexSync } from './sync.ts'

interface IndexParts {
  readonly store: Database
  readonly sync: IndexSync
}

/** How a caller follows long work and ends it. */
export interface LongOptions {
  /** Called after each batch of faces. */
  readonly onProgress?: (done: number, total: number) => void
  /** Ends it with its reason; what was done stays right. */
  readonly signal?: AbortSignal
}

/** Differences between an index and the database; all lists are empty when there are none. */
export interface IndexDifferences {
  /** Faces of the store that were compared. */
  readonly checked: number
  /** Face ids that the store has and the index has not. */
  readonly missing: readonly string[]
  /** Face ids that the index has and the store has not. */
  readonly surplus: readonly string[]
  /** Face ids whose vectors differ. */
  readonly different: readonly string[]
}

// Kinds may keep vectors in another basis or precision; float32 rounding stays well below.
const vectorTolerance = 1e-5

/**
 * Compares a collection's index with the store, ids and vectors. Reads and writes go on meanwhile:
 * what differs is looked at a second time, after the index has caught up.
 */
export async function checkIndex(
  { store, sync }: IndexParts,
  collection: Collection,
  options: LongOptions = {},
): Promise<IndexDifferences> {
  const suspects: string[] = []
  const known = await walk({ store, sync }, collection, options, async (index, batch) => {
    const verdicts = await compare(index, batch)
    suspects.push(...batch.faceIds.filter((_, i) => verdicts[i] !== 'same'))
  })
  await sync.catchUp()
  return sync.exclusive(collection, async (index) => {
    const missing: string[] = []
    const different: string[] = []
    for (const id of suspects) {
      const batch = await store.faces
        .getEmbeddings(collection, { faceId: id })
        .catch(() => undefined)
      if (!batch?.faceIds.length) continue
      const [verdict] = await compare(index, batch)
      if (verdict === 'missing') missing.push(id)
      if (verdict === 'different') different.push(id)
    }
    const surplus = await findSurplus(store, collection, { index, known })
    return { checked: known.size, missing, surplus, different }
  })
}

/**
 * Makes the index equal to the store again, in place: every embedding is written over what is
 * there, then faces that the store does not have are removed. The index stays searchable: faces
 * that it rightly had are found throughout, writes go on between the batches, and an erased face
 * does not come back, because a batch is read and applied in one step of the sync's queue and its
 * removal follows in the feed.
 */
export async function rebuildIndex(
  { store, sync }: IndexParts,
  collection: Collection,
  options: LongOptions = {},
): Promise<void> {
  const known = await walk({ store, sync }, collection, options, async (index, batch) => {
    if (batch.faceIds.length > 0) await index.upsert(batch.faceIds, batch.embeddings)
  })
  await sync.exclusive(collection, async (index) => {
    const gone = await findSurplus(store, collection, { index, known })
    if (gone.length > 0) await index.remove(gone)
    await index.optimize()
  })
  await sync.save(collection)
}

/**
 * Visits all embeddings of the store in id order, each batch read and visited in one step of the sync's
 * queue.
 *
 * @returns ids of all faces
 */
async function walk(
  { store, sync }: IndexParts,
  collection: Collection,
  { onProgress, signal }: LongOptions,
  visit: (index: VectorIndex, batch: EmbeddingBatch) => Promise<void>,
): Promise<ReadonlySet<string>> {
  await sync.catchUp()
  const { faces: total } = await store.collections.counts(collection.id)
  const known = new Set<string>()
  let after: string | undefined
  do {
    signal?.throwIfAborted()
    const range = { limit: embeddingsPerBatch, ...(after === undefined ? {} : { after }) }
    const { faceIds } = await sync.exclusive(collection, async (index) => {
      const batch = await store.feed.embeddings(collection, range)
      await visit(index, batch)
      return batch
    })
    for (const id of faceIds) known.add(id)
    onProgress?.(known.size, Math.max(total, known.size))
    after = faceIds.at(-1)
  } while (after !== undefined)
  return known
}

type Verdict = 'same' | 'missing' | 'different'

async function compare(index: VectorIndex, batch: EmbeddingBatch): Promise<readonly Verdict[]> {
  if (batch.faceIds.length === 0) return []
  const { dimension } = index
  const stored = await index.vectors(batch.faceIds)
  return batch.faceIds.map((_, row) => {
    const from = row * dimension
    // A missing vector is a row of NaN.
    if (Number.isNaN(stored[from])) return 'missing'
    if (index.lossy) return 'same'
    for (let i = from; i < from + dimension; i++) {
      if (!(Math.abs(stored[i]! - batch.embeddings[i]!) <= vectorTolerance)) return 'different'
    }
    return 'same'
  })
}

/** Faces of an index of which the store has no embedding of its model. @param known  ids that are not asked for */
async function findSurplus(
  store: Database,
  collection: Collection,
  { index, known }: { readonly index: VectorIndex; readonly known: ReadonlySet<string> },
): Promise<readonly string[]> {
  const unknown = (await index.ids()).filter((id) => !known.has(id))
  const surplus: string[] = []
  for (let from = 0; from < unknown.length; from += embeddingsPerBatch) {
    const faceIds = unknown.slice(from, from + embeddingsPerBatch)
    const stored = new Set((await store.faces.getEmbeddings(collection, { faceIds })).faceIds)
    surplus.push(...faceIds.filter((faceId) => !stored.has(faceId)))
  }
  return surplus
}
