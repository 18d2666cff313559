import { dotProduct } from '../similarity.ts'
import type { FmrCurve } from '../types.ts'
import { keepDiverse } from './diverse-members.ts'
import { createLinkRule } from './link-rule.ts'
import type { StrangerMember, StrangerState } from './stranger-state.ts'

/** A face that nobody enrolled. */
export interface StrangerSighting {
  readonly id: string
  /** [dimension], unit vector; it is copied. */
  readonly embedding: Float32Array
}

/** What a sighting has done. */
export interface StrangerAddition {
  /** Whose sighting it is, after all joins. */
  readonly strangerId: string
  /** The stranger was founded by this sighting. */
  readonly isNew: boolean
  /** Strangers that turned out to be one, in order; those of `from` are gone. */
  readonly joined: readonly { readonly from: string; readonly into: string }[]
  /** Ids of the strangers whose state has to be stored. */
  readonly changed: readonly string[]
}

/** Sightings by stranger: each comes to the stranger whose face it shows, or founds one. */
export interface StrangerClusters {
  /** Strangers. */
  readonly size: number
  /** @throws {FaceError} `dimensionMismatch` */
  add(sighting: StrangerSighting): StrangerAddition
  /** Takes in a stranger that was stored, in place of one with its id. */
  restore(state: StrangerState): void
  state(strangerId: string): StrangerState | undefined
  /** Does nothing where there is no such stranger. */
  remove(strangerId: string): void
  /**
   * The strangers whose nearest face is most similar, most similar first.
   *
   * @param embedding  [dimension], unit vector
   */
  nearest(
    embedding: Float32Array,
    k: number,
  ): readonly { readonly strangerId: string; readonly similarity: number }[]
}

export interface StrangerClustersOptions {
  readonly dimension: number
  /** Of the model whose embeddings are added. */
  readonly curve: FmrCurve
  /** Larger than every id before, as monotonic ULIDs are. */
  readonly newId: () => string
}

interface Cluster {
  readonly id: string
  count: number
  readonly sum: Float32Array
  members: readonly StrangerMember[]
}

/** Of two strangers, or of a sighting and a stranger. */
interface Link {
  readonly cluster: Cluster
  /** Of the nearest two faces. */
  readonly similarity: number
}

/**
 * Creates an empty set of strangers. What it answers depends on the sightings and their order alone:
 * strangers that were stored and restored go on as if nothing had been.
 */
export function createStrangerClusters({
  curve,
  newId,
}: StrangerClustersOptions): StrangerClusters {
  const clusters = new Map<string, Cluster>()
  const thresholdsAmong = createLinkRule(curve)

  /** The nearest stranger that passes the rule, by its sum and members. */
  function findLink(probe: Pick<Cluster, 'count' | 'sum' | 'members'>): Link | undefined {
    const thresholds = thresholdsAmong(clusters.size)
    let best: Link | undefined
    for (const cluster of clusters.values()) {
      if (cluster === probe) continue
      const mean = dotProduct(probe.sum, cluster.sum) / (probe.count * cluster.count)
      if (mean < thresholds.mean) continue
      const similarity = nearestPair(probe.members, cluster.members)
      if (similarity < thresholds.nearest) continue
      const link = { cluster, similarity }
      if (best === undefined || isNearer(link, best)) best = link
    }
    return best
  }

  function join(a: Cluster, b: Cluster): { readonly from: Cluster; readonly into: Cluster } {
    const [into, from] = a.id < b.id ? [a, b] : [b, a]
    addInPlace(into.sum, from.sum)
    into.count += from.count
    into.members = keepDiverse([...into.members, ...from.members])
    clusters.delete(from.id)
    return { from, into }
  }

  return {
    get size() {
      return clusters.size
    },
    add({ id, embedding }) {
      const members = [{ sightingId: id, embedding: embedding.slice() }]
      const found = findLink({ count: 1, sum: embedding, members })
      if (found === undefined) {
        const strangerId = newId()
        clusters.set(strangerId, { id: strangerId, count: 1, sum: embedding.slice(), members })
        return { strangerId, isNew: true, joined: [], changed: [strangerId] }
      }
      let grown = found.cluster
      addInPlace(grown.sum, embedding)
      grown.count++
      grown.members = keepDiverse([...grown.members, ...members])
      const joined: { from: string; into: string }[] = []
      for (let other = findLink(grown); other !== undefined; other = findLink(grown)) {
        const { from, into } = join(grown, other.cluster)
        joined.push({ from: from.id, into: into.id })
        grown = into
      }
      return { strangerId: grown.id, isNew: false, joined, changed: [grown.id] }
    },
    restore({ id, count, sum, members }) {
      clusters.set(id, { id, count, sum: sum.slice(), members })
    },
    state(strangerId) {
      const cluster = clusters.get(strangerId)
      return cluster && { ...cluster, sum: cluster.sum.slice() }
    },
    remove(strangerId) {
      clusters.delete(strangerId)
    },
    nearest(embedding, k) {
      const probe = [{ embedding }]
      return [...clusters.values()]
        .map(({ id, members }) => ({ strangerId: id, similarity: nearestPair(probe, members) }))
        .sort((a, b) => b.similarity - a.similarity || (a.strangerId < b.strangerId ? -1 : 1))
        .slice(0, k)
    },
  }
}

/** Of equally near strangers the older one counts. */
function isNearer(a: Link, b: Link): boolean {
  return a.similarity === b.similarity ? a.cluster.id < b.cluster.id : a.similarity > b.similarity
}

function nearestPair(
  a: readonly Pick<StrangerMember, 'embedding'>[],
  b: readonly Pick<StrangerMember, 'embedding'>[],
): number {
  let nearest = Number.NEGATIVE_INFINITY
  for (const one of a) {
    for (const other of b) {
      nearest = Math.max(nearest, dotProduct(one.embedding, other.embedding))
    }
  }
  return nearest
}

function addInPlace(sum: Float32Array, embedding: Float32Array): void {
  for (let d = 0; d < sum.length; d++) sum[d] = sum[d]! + embedding[d]!
}
