import { dotProduct } from '../../core/similarity.ts'
import type { LongOptions } from '../../gallery/gallery.ts'
import { readEmbeddings } from '../../gallery/person-sample.ts'
import { findNearPairs, type OwnedVectors } from '../../search/pairs/near-pairs.ts'
import { eachEmbeddingBatch } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { RecognitionDependencies } from '../dependencies.ts'
import type { FaceOwners } from './face-owners.ts'
import { eachNeighbourhood } from './neighbourhoods.ts'

/** The nearest faces of two persons. */
export interface PersonPair {
  /** Cosine. */
  readonly similarity: number
  /** Of the person with the lower index first. */
  readonly faceIds: readonly [string, string]
}

export interface PersonPairOptions extends LongOptions {
  readonly owners: FaceOwners
  /** Cosine from which a pair counts. */
  readonly down: number
  /** Faces from which the comparison has a thread of its own; default {@link manyFaces}. */
  readonly apartFrom?: number
}

type Dependencies = Pick<RecognitionDependencies, 'gallery' | 'store'>

/** Fewer are compared in a second or two by the index. */
const manyFaces = 8192
/** Of 100,000 faces 5,000,000,000 pairs; more candidates mean that nothing tells these faces apart. */
const maxCandidates = 2_000_000
/** Faces are mostly of people with a few; more are asked for where all of these are near. */
const firstNeighbours = 8
/** Candidates whose embeddings are read together; 2 MiB of 512 values each. */
const comparedTogether = 500

/**
 * Finds all pairs of persons with faces that are so near.
 *
 * @returns by the lower index of both x number of persons + the higher one
 */
export async function findPersonPairs(
  deps: Dependencies,
  collection: Collection,
  options: PersonPairOptions,
): Promise<ReadonlyMap<number, PersonPair>> {
  const { owners, apartFrom = manyFaces } = options
  const found = owners.faces < apartFrom ? undefined : await findApart(deps, collection, options)
  return found ?? findByIndex(deps, collection, options)
}

/** Keeps the nearest faces of each two persons. */
function createPairs({ persons, personOf }: FaceOwners) {
  const pairs = new Map<number, PersonPair>()
  return {
    pairs,
    add(faceId: string, other: string, similarity: number): void {
      const [a, b] = [personOf(faceId), personOf(other)]
      if (a === undefined || b === undefined || a === b) return
      const key = Math.min(a, b) * persons.length + Math.max(a, b)
      const known = pairs.get(key)
      if (known && known.similarity >= similarity) return
      pairs.set(key, { similarity, faceIds: a < b ? [faceId, other] : [other, faceId] })
    },
  }
}

async function findByIndex(
  deps: Dependencies,
  collection: Collection,
  { owners, down, onProgress, signal }: PersonPairOptions,
): Promise<ReadonlyMap<number, PersonPair>> {
  const { pairs, add } = createPairs(owners)
  let done = 0
  for await (const some of eachNeighbourhood(deps, collection, {
    ...{ neighbours: firstNeighbours, down },
  })) {
    signal?.throwIfAborted()
    for (const { faceId, neighbours } of some) {
      for (const neighbour of neighbours) {
        if (neighbour.similarity < down) break
        add(faceId, neighbour.faceId, neighbour.similarity)
      }
    }
    done += some.length
    onProgress?.(done, Math.max(done, owners.faces))
  }
  return pairs
}

/**
 * Beside the searches of the index; see {@link findNearPairs}.
 *
 * @returns `undefined` when these faces cannot be told apart
 */
async function findApart(
  { store }: Dependencies,
  collection: Collection,
  { owners, down, onProgress, signal }: PersonPairOptions,
): Promise<ReadonlyMap<number, PersonPair> | undefined> {
  const ids: string[] = []
  async function* read(): AsyncGenerator<OwnedVectors, void> {
    for await (const { faceIds, embeddings } of eachEmbeddingBatch(store, collection)) {
      for (const faceId of faceIds) ids.push(faceId)
      yield {
        vectors: embeddings.slice(),
        owners: Int32Array.from(faceIds, (faceId) => owners.personOf(faceId) ?? -1),
      }
    }
  }
  const candidates = await findNearPairs(read(), {
    ...{ dimension: collection.dimension, least: down, maxCandidates, signal },
    onProgress: (share) => onProgress?.(Math.floor(share * owners.faces), owners.faces),
  })
  if (candidates === undefined) return undefined
  const { pairs, add } = createPairs(owners)
  for (let from = 0; from < candidates.length; from += 2 * comparedTogether) {
    const some = Array.from(
      candidates.subarray(from, from + 2 * comparedTogether),
      (row) => ids[row] as string,
    )
    const faceIds = [...new Set(some)]
    const rows = await readEmbeddings(store, { set: collection, faceIds, signal })
    for (let i = 0; i < some.length; i += 2) {
      const [faceId, other] = [some[i] as string, some[i + 1] as string]
      const [a, b] = [rows.get(faceId), rows.get(other)]
      // One was deleted meanwhile.
      if (a === undefined || b === undefined) continue
      const similarity = dotProduct(a, b)
      if (similarity >= down) add(faceId, other, similarity)
    }
  }
  onProgress?.(owners.faces, owners.faces)
  return pairs
}
