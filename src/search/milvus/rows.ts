import type { Neighbour } from '../vector-index.ts'
import { type MilvusClient, MilvusCollectionGone } from './client.ts'
import { roundSimilarity } from './overlay.ts'

export type MilvusIndexType = 'FLAT' | 'HNSW' | 'IVF_FLAT'

/** Milvus' largest `limit` and `topk`. */
export const maxLimit = 16_384
/** Most ids in one filter or page. */
const idsPerCall = 1000
/** Most numbers of the vectors in one answer: 50,000 are decoded in about 10 ms. */
const numbersPerCall = 50_000
/** Values of Milvus' wire protocol (`ConsistencyLevel` in common.proto). */
const consistency = { strong: 0, bounded: 2 } as const

function searchParameters(type: MilvusIndexType, limit: number): Record<string, number> {
  if (type === 'HNSW') return { ef: Math.max(limit, 128) }
  if (type === 'IVF_FLAT') return { nprobe: 64 }
  return {}
}

/** The cursor in the feed up to which the rows are complete. */
export interface Checkpoint {
  readonly cursor: string
  /** Number of rows at that time. */
  readonly count: number
}

/** Face ids and vectors of one generation. Errors as `MilvusClient.call`. */
export interface MilvusRows {
  readonly generation: string
  /** @param rows as long as faceIds, no id twice */
  upsert(faceIds: readonly string[], rows: readonly Float32Array[]): Promise<void>
  remove(faceIds: readonly string[]): Promise<void>
  /**
   * @param probes n x dimension, row-major
   * @returns for each probe at most `limit` candidates, best first
   */
  search(probes: Float32Array, limit: number): Promise<Neighbour[][]>
  /** The ids of these that a search with bounded consistency finds. */
  findIds(faceIds: readonly string[]): Promise<Set<string>>
  /** @param options.strong everything acknowledged before is seen */
  findVectors(
    faceIds: readonly string[],
    options: { readonly strong: boolean },
  ): Promise<Map<string, Float32Array>>
  /** All ids, everything acknowledged before included. */
  listIds(): Promise<string[]>
  /** Rows, everything acknowledged before included; later Bounded views are not older. */
  count(): Promise<number>
  /** Seals what was written, so that the index over it is built now. */
  flush(): Promise<void>
  saveCheckpoint(place: Checkpoint): Promise<void>
  readCheckpoint(): Promise<Checkpoint | undefined>
}

// [Note: The checkpoint]
// It is a row of its own in a second partition of the same collection, so that it is acknowledged
// after the rows that it speaks of, and gone when they are. (A property of the collection would do,
// but Milvus 2.3 forgets altered properties when it restarts.)
const checkpointId = 'place'

/** The partition of a generation's place. */
export function toCheckpointPartition(generation: string): string {
  return `${generation}_place`
}

/** @param generation the partition that holds the rows */
export function createMilvusRows(
  { call }: MilvusClient,
  names: { readonly collection: string; readonly generation: string },
  { dimension, indexType }: { readonly dimension: number; readonly indexType: MilvusIndexType },
): MilvusRows {
  const { generation } = names
  const collection_name = names.collection
  const of = { collection_name, partition_names: [generation] }

  async function queryIds(
    filter: string,
    options: { readonly strong: boolean; readonly limit?: number },
  ): Promise<string[]> {
    const answer = await call((sdk) =>
      sdk.query({
        ...of,
        filter,
        output_fields: ['id'],
        consistency_level: options.strong ? consistency.strong : consistency.bounded,
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      }),
    )
    return answer.data.map((row) => String(row['id']))
  }

  return {
    generation,

    async upsert(faceIds, rows) {
      const data = faceIds.map((id, i) => ({ id, vector: Array.from(rows[i]!), place: '' }))
      await call((sdk) => sdk.upsert({ collection_name, partition_name: generation, data }))
    },

    async remove(faceIds) {
      for (const ids of slices(faceIds, idsPerCall)) {
        await call((sdk) =>
          sdk.delete({ collection_name, partition_name: generation, filter: oneOf(ids) }),
        )
      }
    },

    async search(probes, limit) {
      const data = Array.from({ length: probes.length / dimension }, (_, row) =>
        Array.from(probes.subarray(row * dimension, (row + 1) * dimension)),
      )
      const answer = await call((sdk) =>
        sdk.search({
          ...of,
          data,
          limit,
          output_fields: ['id'],
          metric_type: 'IP',
          consistency_level: consistency.bounded,
          params: searchParameters(indexType, limit),
        }),
      )
      // The SDK gives the list of a single probe bare, and none at all where nothing is found.
      const lists = (data.length === 1 ? [answer.results] : answer.results) as {
        readonly id: string
        readonly score: number
      }[][]
      return data.map((_, i) =>
        (lists[i] ?? []).map(({ id, score }) => ({
          faceId: id,
          similarity: roundSimilarity(score),
        })),
      )
    },

    async findIds(faceIds) {
      const found = new Set<string>()
      for (const ids of slices(faceIds, idsPerCall)) {
        for (const id of await queryIds(oneOf(ids), { strong: false })) found.add(id)
      }
      return found
    },

    async findVectors(faceIds, { strong }) {
      const found = new Map<string, Float32Array>()
      let level = strong ? consistency.strong : consistency.bounded
      for (const ids of slices(faceIds, Math.max(1, Math.floor(numbersPerCall / dimension)))) {
        const answer = await call((sdk) =>
          sdk.query({
            ...of,
            filter: oneOf(ids),
            output_fields: ['id', 'vector'],
            consistency_level: level,
          }),
        )
        for (const row of answer.data) {
          found.set(String(row['id']), Float32Array.from(row['vector'] as number[]))
        }
        // A view is never older than one before.
        level = consistency.bounded
      }
      return found
    },

    async listIds() {
      const ids: string[] = []
      let last = ''
      for (;;) {
        const filter = `id > ${JSON.stringify(last)}`
        const page = await queryIds(filter, { strong: last === '', limit: idsPerCall })
        // A page may be short where rows were replaced; only an empty one is the last.
        if (page.length === 0) return ids
        ids.push(...page.sort())
        last = ids.at(-1)!
      }
    },

    async count() {
      const answer = await call((sdk) =>
        sdk.query({
          ...of,
          filter: 'id != ""',
          output_fields: ['count(*)'],
          consistency_level: consistency.strong,
        }),
      )
      return Number(answer.data[0]?.['count(*)'] ?? 0)
    },

    async flush() {
      await call((sdk) => sdk.flush({ collection_names: [collection_name] })).catch((error) => {
        // Milvus allows few of them; then it seals the rows in its own time.
        if (error instanceof MilvusCollectionGone) throw error
      })
    },

    async saveCheckpoint(place) {
      const vector = new Array<number>(dimension).fill(0)
      await call((sdk) =>
        sdk.upsert({
          collection_name,
          partition_name: toCheckpointPartition(generation),
          data: [{ id: checkpointId, vector, place: JSON.stringify(place) }],
        }),
      )
    },

    async readCheckpoint() {
      const answer = await call((sdk) =>
        sdk.query({
          collection_name,
          partition_names: [toCheckpointPartition(generation)],
          filter: oneOf([checkpointId]),
          output_fields: ['place'],
          consistency_level: consistency.strong,
        }),
      )
      const [row] = answer.data
      return row && (JSON.parse(String(row['place'])) as Checkpoint)
    },
  }
}

function oneOf(ids: readonly string[]): string {
  return `id in [${ids.map((id) => JSON.stringify(id)).join(',')}]`
}

/** The list in pieces of at most `length`. */
export function* slices<T>(list: readonly T[], length: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += length) yield list.slice(from, from + length)
}
