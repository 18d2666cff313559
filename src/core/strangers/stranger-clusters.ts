import { FaceError } from '../errors.ts'
import { dotProduct } from '../similarity.ts'
import type { FmrCurve } from '../types.ts'
import { keepDiverse } from './diverse-members.ts'
import { createLinkRule } from './link-rule.ts'
import { createMeanTable } from './mean-table.ts'
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
  /** Takes in a stranger that was stored, in place of one with its id. Its arrays are kept: nobody may change them. */
  restore(state: StrangerState): void
  /** What is to be stored of a stranger. Its arrays are those in use: nobody may change them. */
  state(strangerId: string): StrangerState | undefined
  /** Does nothing where there is no such stranger. */
  remove(strangerId: string): void
}

export interface StrangerClustersOptions {
  readonly dimension: number
  /** Of the model whose embeddings are added. */
  readonly curve: FmrCurve
  /** Larger than every id before, as monotonic ULIDs are. */
  readonly newId: () => string
}

/** A stranger. What it has is replaced when it grows, and never changed: others may hold it. */
interface Cluster {
  readonly id: string
  /** Of the table of means. */
  row: number
  face: Gathered
}

/** Faces of one person. */
type Gathered = Omit<StrangerState, 'id'>

/** A stranger who passes the rule. */
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
  dimension,
  curve,
  newId,
}: StrangerClustersOptions): StrangerClusters {
  /** In the rows of the table. */
  const clusters: Cluster[] = []
  const byId = new Map<string, Cluster>()
  const means = createMeanTable(dimension)
  const thresholdsAmong = createLinkRule(curve)

  function put(id: string, face: Gathered): void {
    const known = byId.get(id)
    if (known !== undefined) {
      known.face = face
      means.replace(known.row, face)
      return
    }
    const cluster = { id, row: clusters.length, face }
    clusters.push(cluster)
    byId.set(id, cluster)
    means.append(face)
  }

  function remove(cluster: Cluster): void {
    byId.delete(cluster.id)
    means.remove(cluster.row)
    const last = clusters.pop() as Cluster
    if (last === cluster) return
    clusters[cluster.row] = last
    last.row = cluster.row
  }

  /** The nearest stranger that passes the rule; not the one whose face it is. */
  function findLink(face: Gathered): Link | undefined {
    const thresholds = thresholdsAmong(clusters.length)
    let best: Link | undefined
    for (const row of means.findPossible(face, thresholds.mean)) {
      const cluster = clusters[row] as Cluster
      if (cluster.face === face) continue
      const { count, sum, members } = cluster.face
      if (dotProduct(face.sum, sum) / (face.count * count) < thresholds.mean) continue
      const similarity = nearestPair(face.members, members)
      if (similarity < thresholds.nearest) continue
      const link = { cluster, similarity }
      if (best === undefined || isNearer(link, best)) best = link
    }
    return best
  }

  return {
    get size() {
      return clusters.length
    },
    add({ id, embedding }) {
      assertDimension(embedding, dimension)
      const own = embedding.slice()
      const face = { count: 1, sum: own, members: [{ sightingId: id, embedding: own }] }
      const found = findLink(face)
      if (found === undefined) {
        const strangerId = newId()
        put(strangerId, face)
        return { strangerId, isNew: true, joined: [], changed: [strangerId] }
      }
      let { cluster } = found
      put(cluster.id, gather(cluster.face, face))
      const joined: { from: string; into: string }[] = []
      for (;;) {
        const link = findLink(cluster.face)
        if (link === undefined) break
        const [into, from] = byAge(cluster, link.cluster)
        remove(from)
        put(into.id, gather(into.face, from.face))
        joined.push({ from: from.id, into: into.id })
        cluster = into
      }
      return { strangerId: cluster.id, isNew: false, joined, changed: [cluster.id] }
    },
    restore({ id, count, sum, members }) {
      put(id, { count, sum, members })
    },
    state(strangerId) {
      const cluster = byId.get(strangerId)
      return cluster && { id: strangerId, ...cluster.face }
    },
    remove(strangerId) {
      const cluster = byId.get(strangerId)
      if (cluster !== undefined) remove(cluster)
    },
  }
}

/** The older one comes first. */
function byAge(a: Cluster, b: Cluster): readonly [Cluster, Cluster] {
  return a.id < b.id ? [a, b] : [b, a]
}

function gather(into: Gathered, from: Gathered): Gathered {
  return {
    count: into.count + from.count,
    sum: into.sum.map((value, d) => value + from.sum[d]!),
    members: keepDiverse([...into.members, ...from.members]),
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

function assertDimension(embedding: Float32Array, dimension: number): void {
  if (embedding.length === dimension) return
  throw new FaceError('dimensionMismatch', {
    detail: `Expected ${dimension} values, got ${embedding.length}.`,
    info: { expected: dimension, actual: embedding.length },
  })
}
