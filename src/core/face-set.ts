import { dotProduct } from './similarity.ts'

/** How a face stands among the others of its person. */
export interface FaceStanding {
  /** Cosine of the face and the mean direction of the others. */
  readonly toMean: number
  /** Row of the other face that is nearest. */
  readonly nearest: number
  /** Its cosine. */
  readonly toNearest: number
}

/**
 * How each face of a person stands among the others.
 *
 * @param rows  n >= 2 unit vectors [d]
 * @returns n standings
 */
export function computeStandings(rows: readonly Float32Array[]): readonly FaceStanding[] {
  const dimension = rows[0]?.length ?? 0
  const sum = new Float32Array(dimension)
  for (const row of rows) for (let i = 0; i < dimension; i++) sum[i] = sum[i]! + row[i]!
  const others = new Float32Array(dimension)
  return rows.map((row, index): FaceStanding => {
    for (let i = 0; i < dimension; i++) others[i] = sum[i]! - row[i]!
    const norm = Math.sqrt(dotProduct(others, others))
    let nearest = -1
    let toNearest = Number.NEGATIVE_INFINITY
    for (const [other, vector] of rows.entries()) {
      if (other === index) continue
      const similarity = dotProduct(row, vector)
      if (similarity > toNearest) {
        nearest = other
        toNearest = similarity
      }
    }
    return { toMean: norm > 1e-6 ? dotProduct(row, others) / norm : 0, nearest, toNearest }
  })
}

/**
 * The faces that a person can do without, the most redundant first: again and again, of the two faces
 * that are most alike, the one that is more like the others goes.
 *
 * @param rows  n unit vectors [d]
 * @param keep  how many are to stay
 * @param pinned  indices of rows that stay in any case
 * @returns at most n - keep indices of rows
 */
export function chooseRedundant(
  rows: readonly Float32Array[],
  keep: number,
  pinned: ReadonlySet<number> = new Set(),
): readonly number[] {
  const left = new Set(rows.keys())
  const redundant: number[] = []
  const similarities = rows.map((row) => rows.map((other) => dotProduct(row, other)))
  const of = (a: number, b: number): number => similarities[a]![b]!
  const nearestOf = (face: number): number => {
    let most = Number.NEGATIVE_INFINITY
    for (const other of left) if (other !== face) most = Math.max(most, of(face, other))
    return most
  }
  const toOthers = (face: number): number => {
    let sum = 0
    for (const other of left) if (other !== face) sum += of(face, other)
    return sum
  }
  while (left.size > Math.max(0, keep)) {
    // Both faces of the nearest pair have the highest similarity, so their sums decide.
    const ranked = [...left].map((face) => ({
      face,
      nearest: nearestOf(face),
      sum: toOthers(face),
    }))
    ranked.sort((a, b) => b.nearest - a.nearest || b.sum - a.sum)
    const first = ranked.find(({ face }) => !pinned.has(face))
    if (first === undefined) break
    left.delete(first.face)
    redundant.push(first.face)
  }
  return redundant
}
