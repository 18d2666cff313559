import { decodeTime } from 'ulid'
import { FaceError } from '../../core/errors.ts'
import { computeThresholds } from '../../core/policy.ts'
import { dotProduct } from '../../core/similarity.ts'
import {
  createStrangerClusters,
  type StrangerClusters,
} from '../../core/strangers/stranger-clusters.ts'
import type { DecisionPolicy, FmrCurve } from '../../core/types.ts'
import { createUlidSource } from '../../platform/ulid.ts'
import type { Placement, StrangerRecord } from '../../storage/ports/strangers.ts'

/** What the thread is asked to do with the strangers of one collection and model, each with its result. */
export interface ClusterOperations {
  /** Makes room for strangers, without any. */
  readonly open: {
    readonly task: { readonly dimension: number; readonly curve: FmrCurve }
    readonly result: undefined
  }
  /** Takes in strangers as they are stored, in place of those of the same ids. */
  readonly restore: {
    readonly task: { readonly records: readonly StrangerRecord[] }
    readonly result: undefined
  }
  /** Drops all strangers but these. */
  readonly retain: {
    readonly task: { readonly ids: readonly string[] }
    readonly result: undefined
  }
  /** Drops these strangers. */
  readonly remove: {
    readonly task: { readonly ids: readonly string[] }
    readonly result: undefined
  }
  readonly add: {
    readonly task: {
      /** Decides which new strangers are so like an ignored one that they are ignored, too. */
      readonly policy: DecisionPolicy
      readonly sightings: readonly { readonly id: string; readonly embedding: Float32Array }[]
    }
    readonly result: Omit<Placement, 'set'>
  }
  readonly close: { readonly task: object; readonly result: undefined }
}

export type ClusterOperation = keyof ClusterOperations

export type ClusterTask = {
  [O in ClusterOperation]: {
    readonly operation: O
    readonly key: string
  } & ClusterOperations[O]['task']
}[ClusterOperation]

interface Table {
  readonly clusters: StrangerClusters
  readonly curve: FmrCurve
  readonly ids: Set<string>
  readonly ignored: Set<string>
}

/** Makes what the thread runs: the strangers of all collections that this process puts sightings to. */
export function createClusterTables(): (task: ClusterTask) => unknown {
  const tables = new Map<string, Table>()
  const makeId = createUlidSource()
  let newestMs = 0

  // Another process's clock may be ahead, and the older of two strangers is known by its id.
  function newId(): string {
    return makeId(Math.max(Date.now(), newestMs))
  }

  function open({ dimension, curve }: ClusterOperations['open']['task']): Table {
    const clusters = createStrangerClusters({ dimension, curve, newId })
    return { clusters, curve, ids: new Set(), ignored: new Set() }
  }

  function find(key: string): Table {
    const table = tables.get(key)
    if (table !== undefined) return table
    // This thread took the place of one that died.
    throw new FaceError('workerFailed', { detail: 'The strangers have to be read again.' })
  }

  return (task) => {
    if (task.operation === 'open') {
      tables.set(task.key, open(task))
      return undefined
    }
    if (task.operation === 'close') {
      tables.delete(task.key)
      return undefined
    }
    const table = find(task.key)
    switch (task.operation) {
      case 'restore':
        for (const record of task.records) {
          newestMs = Math.max(newestMs, decodeTime(record.id))
          restore(table, record)
        }
        return undefined
      case 'retain': {
        const kept = new Set(task.ids)
        for (const id of [...table.ids]) if (!kept.has(id)) remove(table, id)
        return undefined
      }
      case 'remove':
        for (const id of task.ids) remove(table, id)
        return undefined
      case 'add':
        return addAll(table, task)
    }
  }
}

function restore({ clusters, ids, ignored }: Table, record: StrangerRecord): void {
  clusters.restore(record)
  ids.add(record.id)
  if (record.status === 'ignored') ignored.add(record.id)
  else ignored.delete(record.id)
}

function remove({ clusters, ids, ignored }: Table, id: string): void {
  clusters.remove(id)
  ids.delete(id)
  ignored.delete(id)
}

function addAll(
  table: Table,
  { policy, sightings }: ClusterOperations['add']['task'],
): Omit<Placement, 'set'> {
  const { clusters, ids, ignored } = table
  const placed: Placement['placed'][number][] = []
  const joined: Placement['joined'][number][] = []
  const likes = new Map<string, string>()
  const changed = new Set<string>()
  for (const sighting of sightings) {
    const likeId = ignored.size === 0 ? undefined : findLike(table, policy, sighting.embedding)
    const added = clusters.add(sighting)
    const { strangerId } = added
    placed.push({ sightingId: sighting.id, strangerId })
    for (const { from, into } of added.joined) {
      joined.push({ from, into })
      changed.delete(from)
      ids.delete(from)
      if (ignored.delete(from)) ignored.add(into)
    }
    changed.add(strangerId)
    ids.add(strangerId)
    if (!added.isNew || likeId === undefined) continue
    likes.set(strangerId, likeId)
    ignored.add(strangerId)
  }
  const strangers = [...changed].map((id) => {
    const { count, sum, members } = clusters.state(id) as NonNullable<
      ReturnType<typeof clusters.state>
    >
    const likeId = likes.get(id)
    const like = likeId === undefined ? {} : { likeId }
    return { id, count, sum, memberIds: members.map(({ sightingId }) => sightingId), ...like }
  })
  return { placed, joined, strangers }
}

/** The ignored stranger whom a face would be taken for, if those who are ignored were a gallery. */
function findLike(
  { clusters, curve, ignored }: Table,
  policy: DecisionPolicy,
  embedding: Float32Array,
): string | undefined {
  let best: { readonly id: string; readonly similarity: number } | undefined
  let faces = 0
  for (const id of ignored) {
    for (const member of clusters.state(id)?.members ?? []) {
      faces++
      const similarity = dotProduct(member.embedding, embedding)
      if (best === undefined || similarity > best.similarity) best = { id, similarity }
    }
  }
  if (best === undefined) return undefined
  return best.similarity >= computeThresholds(policy, curve, faces).match ? best.id : undefined
}
