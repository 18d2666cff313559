import { dotProduct, normalizeInPlace } from '../../core/similarity.ts'
import { shuffle } from '../../platform/random.ts'

export interface Clusters {
  /** Unit vectors; a cluster that lost all its members is left out. */
  readonly directions: readonly Float32Array[]
  /** Cluster of each vector, in order. */
  readonly assigned: Uint32Array
}

export interface ClusterOptions {
  /** Clusters wanted, at least 1. */
  readonly count: number
  readonly random: () => number
  /** Rounds at most; it ends earlier when nothing changes. */
  readonly rounds?: number
}

const defaultRounds = 30

/**
 * Groups unit vectors by direction: spherical k-means from random members.
 *
 * @param vectors  unit vectors of one length, at least one
 * @source Dhillon and Modha 2001, Machine Learning 42, section 2.4
 */
export function clusterDirections(
  vectors: readonly Float32Array[],
  { count, random, rounds = defaultRounds }: ClusterOptions,
): Clusters {
  let directions: readonly Float32Array[] = shuffle(vectors, random)
    .slice(0, count)
    .map((vector) => Float32Array.from(vector))
  let assigned = assign(vectors, directions)
  for (let round = 0; round < rounds; round++) {
    directions = meanDirections(vectors, assigned, directions.length)
    const next = assign(vectors, directions)
    const isSettled = next.every((cluster, i) => cluster === assigned[i])
    assigned = next
    if (isSettled) break
  }
  return { directions, assigned }
}

function assign(
  vectors: readonly Float32Array[],
  directions: readonly Float32Array[],
): Uint32Array {
  return Uint32Array.from(vectors, (vector) => {
    let best = 0
    let highest = Number.NEGATIVE_INFINITY
    for (const [cluster, direction] of directions.entries()) {
      const product = dotProduct(vector, direction)
      if (product > highest) {
        best = cluster
        highest = product
      }
    }
    return best
  })
}

function meanDirections(
  vectors: readonly Float32Array[],
  assigned: Uint32Array,
  count: number,
): readonly Float32Array[] {
  const sums = Array.from({ length: count }, () => new Float32Array(vectors[0]?.length ?? 0))
  for (const [i, vector] of vectors.entries()) {
    const sum = sums[assigned[i] ?? 0] as Float32Array
    for (let d = 0; d < vector.length; d++) sum[d] = sum[d]! + vector[d]!
  }
  const present = sums.filter((_, cluster) => assigned.includes(cluster))
  for (const sum of present) normalizeInPlace(sum)
  return present
}
