import { dotProduct } from '../../core/similarity.ts'
import type { EmbeddingBatch } from '../../core/types.ts'
import type { NearestFaces, PersonSummary } from '../ports/faces.ts'
import { toEmbeddingBatch } from './embedding.ts'

/** Faces of one person that are read for a search: the mean of more is hardly another one. */
export const facesPerMean = 32

/** Persons of a list whose mean may make them the best one. */
const comparedPersons = 3

/**
 * The persons whose faces a search reads: of each list the first person, and of the first three
 * those with several faces in it.
 *
 * @param lists  faces of each probe, nearest first
 * @returns by person id the nearest face in each list where the person was chosen
 */
export function choosePersons(
  lists: readonly (readonly string[])[],
  personOf: (faceId: string) => string | undefined,
): ReadonlyMap<string, ReadonlySet<string>> {
  const chosen = new Map<string, Set<string>>()
  for (const list of lists) {
    const found = new Map<string, { readonly nearest: string; count: number }>()
    for (const faceId of list) {
      const personId = personOf(faceId)
      if (personId === undefined) continue
      const known = found.get(personId)
      if (known) known.count++
      else found.set(personId, { nearest: faceId, count: 1 })
    }
    for (const [rank, [personId, { nearest, count }]] of [...found]
      .slice(0, comparedPersons)
      .entries()) {
      if (rank > 0 && count === 1) continue
      chosen.set(personId, (chosen.get(personId) ?? new Set()).add(nearest))
    }
  }
  return chosen
}

/** A person's faces as a store has read them. */
export interface ReadPerson {
  readonly personId: string
  /** Ids of faces whose embeddings are wanted, too. */
  readonly nearest: ReadonlySet<string>
  /** At most {@link facesPerMean} unit rows. */
  readonly faces: EmbeddingBatch
}

/** Makes the answer of a look-up from the faces of the chosen persons; those without a face are left out. */
export function summarizePersons(
  read: readonly ReadPerson[],
): Pick<NearestFaces, 'persons' | 'nearest'> {
  const persons: PersonSummary[] = []
  const faceIds: string[] = []
  const vectors: Float32Array[] = []
  for (const { personId, nearest, faces } of read) {
    const count = faces.faceIds.length
    if (count === 0) continue
    const dimension = faces.embeddings.length / count
    const mean = count > 1 ? meanDirection(faces.embeddings, dimension) : undefined
    persons.push({
      personId,
      faceIds: faces.faceIds,
      complete: count < facesPerMean,
      ...(mean === undefined ? {} : { mean }),
    })
    for (const [row, faceId] of faces.faceIds.entries()) {
      if (!nearest.has(faceId)) continue
      faceIds.push(faceId)
      vectors.push(faces.embeddings.subarray(row * dimension, (row + 1) * dimension))
    }
  }
  return { persons, nearest: toEmbeddingBatch(faceIds, vectors) }
}

/**
 * The similarity of a person: that of the nearest photograph or of the mean of all, whichever is
 * higher. See docs/decisions/0011-person-mean.md.
 *
 * @param photograph  cosine of the nearest one
 */
export function similarityToPerson(
  probe: Float32Array,
  photograph: number,
  mean: Float32Array | undefined,
): number {
  if (mean === undefined) return photograph
  return Math.max(photograph, Math.min(1, dotProduct(probe, mean)))
}

/** `undefined` when the rows cancel out. */
function meanDirection(embeddings: Float32Array, dimension: number): Float32Array | undefined {
  const sum = new Float64Array(dimension)
  for (let row = 0; row < embeddings.length; row += dimension) {
    for (let i = 0; i < dimension; i++) sum[i] = sum[i]! + embeddings[row + i]!
  }
  // Loops: `reduce` and `from` take eight times as long.
  let squares = 0
  for (const value of sum) squares += value * value
  const norm = Math.sqrt(squares)
  if (norm <= 1e-6) return undefined
  const mean = new Float32Array(dimension)
  for (let i = 0; i < dimension; i++) mean[i] = sum[i]! / norm
  return mean
}
