import type { DecisionPolicy } from '../core/types.ts'
import { type ProbeResult, type SearchedStore, searchPersons } from '../gallery/person-search.ts'
import type { VectorIndex } from '../search/vector-index.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { FaceOwner } from '../storage/ports/faces.ts'
import { choosePersons, facesPerMean, summarizePersons } from '../storage/rules/person-mean.ts'

/** A face that is enrolled for a trial. */
export interface TrialFace {
  readonly person: string
  /** Unit vector. */
  readonly embedding: Float32Array
}

/** A gallery in memory that is searched as the product searches its own. */
export interface TrialGallery {
  readonly faces: number
  /**
   * The nearest person of each probe, and the rest of the gallery.
   *
   * @param probes          n x dimension
   * @param embeddingsFrom  persons at least as similar come with the embedding of their nearest face
   */
  search(probes: Float32Array, embeddingsFrom: number): Promise<readonly ProbeResult[]>
}

/** Probes that one call of the index takes. */
const searchedTogether = 64

/**
 * Enrols faces in an index, whose former content is lost.
 *
 * @param index  an exact one: what is measured is the decision, not the index
 */
export async function createTrialGallery(
  index: VectorIndex,
  faces: readonly TrialFace[],
  policy: DecisionPolicy,
): Promise<TrialGallery> {
  const { dimension } = index
  // As wide as ULIDs, so that ties are broken by the number.
  const faceIds = faces.map((_, row) => String(row).padStart(26, '0'))
  const vectors = new Float32Array(faces.length * dimension)
  const rowsOf = new Map<string, number[]>()
  for (const [row, { person, embedding }] of faces.entries()) {
    vectors.set(embedding, row * dimension)
    const rows = rowsOf.get(person)
    if (rows) rows.push(row)
    else rowsOf.set(person, [row])
  }
  await index.clear()
  await index.upsert(faceIds, vectors.slice())
  const collection: Collection = {
    ...{ id: 'trial', name: 'trial', modelId: '', dimension, policy },
    ...{ indexId: 'trial', storeCrops: false, createdAt: '' },
  }
  const embeddingsOf = (rows: readonly number[]): Float32Array => {
    const out = new Float32Array(rows.length * dimension)
    for (const [i, row] of rows.entries()) {
      out.set(vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension)
    }
    return out
  }
  const personOf = (faceId: string): string => (faces[Number(faceId)] as TrialFace).person
  const ownersOf = (wanted: readonly string[]): readonly FaceOwner[] =>
    wanted.map((faceId) => {
      const personId = personOf(faceId)
      return { faceId, personId, personName: personId, personMetadata: {} }
    })
  const facesOfTrial: SearchedStore['faces'] = {
    getOwners: async (_, wanted) => ownersOf(wanted),
    getEmbeddings: async (_, of) => ({
      faceIds: of.faceIds,
      embeddings: embeddingsOf(of.faceIds.map(Number)),
    }),
    async lookUpNearest(_, lists) {
      const read = [...choosePersons(lists, personOf)].map(([personId, nearest]) => {
        const rows = (rowsOf.get(personId) ?? []).slice(0, facesPerMean)
        const ids = rows.map((row) => faceIds[row] as string)
        return { personId, nearest, faces: { faceIds: ids, embeddings: embeddingsOf(rows) } }
      })
      return {
        owners: ownersOf([...new Set(lists.flat())]),
        ...summarizePersons(read),
        statements: [],
        faces: faces.length,
        collection,
      }
    },
  }
  return {
    faces: faces.length,
    async search(probes, embeddingsFrom) {
      const results: ProbeResult[] = []
      for (let from = 0; from < probes.length; from += searchedTogether * dimension) {
        const part = probes.slice(from, from + searchedTogether * dimension)
        const options = { probes: part, persons: 1, embeddingsFrom }
        results.push(
          ...(await searchPersons({ store: { faces: facesOfTrial }, index }, collection, options)),
        )
      }
      return results
    },
  }
}
