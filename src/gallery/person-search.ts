import { dotProduct } from '../core/similarity.ts'
import type { Collection, FaceOwner, GalleryStore, Metadata } from './store.ts'
import type { SearchCandidate, VectorIndex } from './vector-index.ts'

/** A person found by a search. */
export interface RankedPerson {
  readonly personId: string
  readonly name: string
  readonly metadata: Metadata
  /** The person's face nearest to the probe. */
  readonly faceId: string
  /** Cosine, -1 to 1. */
  readonly similarity: number
}

// Faces asked for per person wanted, at first: most people have a few enrolments.
const facesPerPerson = 4
/** How many more candidates a lossy index is asked for: its order is only nearly right. */
const lossyFactor = 4

/**
 * The persons nearest to each probe, by their nearest face. An index knows faces, so more and more
 * of them are asked for until enough different persons are among them.
 *
 * @param probes   n x dimension, row-major, unit rows
 * @param persons  how many are wanted, from 1
 * @returns n lists, similarity descending, ties by face id; shorter when fewer persons have faces
 */
export async function searchPersons(
  { store, index }: { readonly store: GalleryStore; readonly index: VectorIndex },
  collection: Collection,
  { probes, persons }: { readonly probes: Float32Array; readonly persons: number },
): Promise<readonly (readonly RankedPerson[])[]> {
  const { dimension } = collection
  const owners = new Map<string, FaceOwner>()
  const results: (readonly RankedPerson[])[] = Array.from(
    { length: probes.length / dimension },
    () => [],
  )
  let waiting = [...results.keys()]
  for (let k = persons * facesPerPerson; waiting.length > 0; k *= 2) {
    const rows = selectRows(probes, waiting, dimension)
    const listed = await index.search(rows, index.lossy ? k * lossyFactor : k)
    const found = index.lossy ? await rescore(rows, listed, k) : listed
    await readOwners(found)
    waiting = waiting.filter((row, i) => {
      const candidates = found[i] ?? []
      const ranked = rank(candidates, owners)
      results[row] = ranked.slice(0, persons)
      return ranked.length < persons && candidates.length >= k
    })
  }
  return results

  /** The candidates of each row by their exact similarity, at most `k`, as an exact index answers. */
  async function rescore(
    rows: Float32Array,
    listed: readonly (readonly SearchCandidate[])[],
    k: number,
  ): Promise<readonly (readonly SearchCandidate[])[]> {
    const wanted = [...new Set(listed.flat().map(({ faceId }) => faceId))]
    const { faceIds, embeddings } = await store.getEmbeddings(collection.id, { faceIds: wanted })
    const stored = new Map(
      faceIds.map((id, i) => [id, embeddings.subarray(i * dimension, (i + 1) * dimension)]),
    )
    return listed.map((candidates, i) => {
      const probe = rows.subarray(i * dimension, (i + 1) * dimension)
      return candidates
        .flatMap(({ faceId }) => {
          const embedding = stored.get(faceId)
          return embedding ? [{ faceId, similarity: dotProduct(probe, embedding) }] : []
        })
        .sort((a, b) => b.similarity - a.similarity || (a.faceId < b.faceId ? -1 : 1))
        .slice(0, k)
    })
  }

  async function readOwners(found: readonly (readonly SearchCandidate[])[]): Promise<void> {
    const unknown = new Set<string>()
    for (const { faceId } of found.flat()) if (!owners.has(faceId)) unknown.add(faceId)
    if (unknown.size === 0) return
    for (const owner of await store.getOwners(collection.id, [...unknown])) {
      owners.set(owner.faceId, owner)
    }
  }
}

/** One entry per person. A face whose owner is not known is gone from the store and left out. */
function rank(
  candidates: readonly SearchCandidate[],
  owners: ReadonlyMap<string, FaceOwner>,
): RankedPerson[] {
  const persons = new Map<string, RankedPerson>()
  for (const { faceId, similarity } of candidates) {
    const owner = owners.get(faceId)
    if (!owner || persons.has(owner.personId)) continue
    const { personId, personName: name, personMetadata: metadata } = owner
    persons.set(personId, { personId, name, metadata, faceId, similarity })
  }
  return [...persons.values()]
}

function selectRows(
  matrix: Float32Array,
  rows: readonly number[],
  dimension: number,
): Float32Array {
  const out = new Float32Array(rows.length * dimension)
  for (const [i, row] of rows.entries()) {
    out.set(matrix.subarray(row * dimension, (row + 1) * dimension), i * dimension)
  }
  return out
}
