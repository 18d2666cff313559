import { dotProduct } from '../../core/similarity.ts'
import type { PersonEmbeddings } from '../ports/faces.ts'

/** The facts about a person's faces that a search needs beyond the nearest one. */
export interface PersonFaces {
  /** Ids of the faces that were read. */
  readonly faceIds: ReadonlySet<string>
  /** Whether these are all faces of the person. */
  readonly complete: boolean
  /** [dimension] direction of the mean of the embeddings, a unit vector; absent for a single face. */
  readonly mean?: Float32Array
}

/** Faces of one person that are read for a search: the mean of more is hardly another one. */
export const facesPerMean = 32

/** Persons of a list whose mean may make them the best one. */
const comparedPersons = 3

/**
 * The persons whose faces a search reads: of each list the first person, and of the first three
 * those with several faces in it.
 *
 * @param lists  faces of each probe, nearest first
 */
export function choosePersons(
  lists: readonly (readonly string[])[],
  personOf: (faceId: string) => string | undefined,
): readonly string[] {
  const chosen = new Set<string>()
  for (const list of lists) {
    const counts = new Map<string, number>()
    for (const faceId of list) {
      const personId = personOf(faceId)
      if (personId !== undefined) counts.set(personId, (counts.get(personId) ?? 0) + 1)
    }
    for (const [place, [personId, count]] of [...counts].slice(0, comparedPersons).entries()) {
      if (place === 0 || count > 1) chosen.add(personId)
    }
  }
  return [...chosen]
}

/**
 * Puts the rows of a batch together by person.
 *
 * @param batch  at most {@link facesPerMean} unit rows a person
 * @returns by person id; persons without a row are left out
 */
export function toPersonFaces(batch: PersonEmbeddings): ReadonlyMap<string, PersonFaces> {
  const { personIds, faceIds, embeddings } = batch
  const dimension = embeddings.length / Math.max(1, faceIds.length)
  const rows = new Map<string, number[]>()
  for (const [row, personId] of personIds.entries()) {
    const known = rows.get(personId)
    if (known) known.push(row)
    else rows.set(personId, [row])
  }
  return new Map(
    [...rows].map(([personId, own]): [string, PersonFaces] => {
      const mean = own.length > 1 ? meanDirection(embeddings, own, dimension) : undefined
      return [
        personId,
        {
          faceIds: new Set(own.map((row) => faceIds[row] as string)),
          complete: own.length < facesPerMean,
          ...(mean === undefined ? {} : { mean }),
        },
      ]
    }),
  )
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
  faces: PersonFaces | undefined,
): number {
  if (faces?.mean === undefined) return photograph
  return Math.max(photograph, Math.min(1, dotProduct(probe, faces.mean)))
}

/** `undefined` when the rows cancel out. */
function meanDirection(
  embeddings: Float32Array,
  rows: readonly number[],
  dimension: number,
): Float32Array | undefined {
  const sum = new Float64Array(dimension)
  for (const row of rows) {
    for (let i = 0; i < dimension; i++) sum[i] = sum[i]! + embeddings[row * dimension + i]!
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
