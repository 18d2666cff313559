import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { FaceError } from '../../core/errors.ts'
import { type MilvusClient, MilvusCollectionGone } from './client.ts'
import {
  createMilvusRows,
  type MilvusIndexType,
  type MilvusRows,
  toCheckpointPartition,
} from './rows.ts'

/** Raised when the layout of collections or of the saved cursor changes; others are built again. */
const schemaVersion = 1
/** Longest id that fits; a ULID has 26 characters. */
const maxIdLength = 64
/** Cursors of change streams have some hundred. */
const maxCheckpointLength = 8192

/** @source M and efConstruction in the middle of Malkov 2018 (section 4.1); nlist of 4 * sqrt(n) for segments of 65k rows, as Milvus advises */
const indexParameters: Record<MilvusIndexType, Readonly<Record<string, number>>> = {
  FLAT: {},
  HNSW: { M: 24, efConstruction: 200 },
  IVF_FLAT: { nlist: 1024 },
}

/** One collection of Milvus, which need not exist. Errors as `MilvusClient.call`. */
export interface MilvusCollection {
  /** @returns `misfit` when dimension, index type or schema version are not as asked for; undefined when there is none */
  find(): Promise<MilvusRows | 'misfit' | undefined>
  /** Creates it, ready for searches. @throws {FaceError} `indexUnavailable` also when another node just did */
  create(): Promise<MilvusRows>
  drop(): Promise<void>
  /** Waits until it can be searched. */
  load(): Promise<void>
}

// [Note: Generations]
// A collection that is dropped and made again has the same name, and a node that knew the old one
// would search half-filled rows without noticing. So the rows are in a partition with a random
// name, the generation, which every call names: the calls of such a node fail. The generation in
// use is in the collection's description, which cannot be changed.

/** Gives access to a collection. */
export function createMilvusCollection(
  client: MilvusClient,
  name: string,
  layout: { readonly dimension: number; readonly indexType: MilvusIndexType },
): MilvusCollection {
  const { call } = client
  const { dimension, indexType } = layout
  const collection_name = name
  const description = `Face Watcher, schema ${schemaVersion}, ${indexType}, generation `

  const toRows = (generation: string): MilvusRows =>
    createMilvusRows(client, { collection: name, generation }, layout)

  async function load(): Promise<void> {
    await call((sdk) => sdk.loadCollectionAsync({ collection_name }))
    const deadline = performance.now() + client.timeoutMs
    for (;;) {
      const { state } = await call((sdk) => sdk.getLoadState({ collection_name }))
      if (state === 'LoadStateLoaded') return
      if (performance.now() > deadline) {
        throw new FaceError('indexUnavailable', { detail: 'Milvus is loading the collection.' })
      }
      await sleep(50)
    }
  }

  return {
    load,

    async find() {
      try {
        const { schema } = await call((sdk) => sdk.describeCollection({ collection_name }))
        const vector = schema.fields.find((field) => field.name === 'vector')
        const width = vector?.type_params.find((parameter) => parameter.key === 'dim')?.value
        const fits = schema.description.startsWith(description) && Number(width) === dimension
        return fits ? toRows(schema.description.slice(description.length)) : 'misfit'
      } catch (error) {
        if (error instanceof MilvusCollectionGone) return undefined
        throw error
      }
    },

    async create() {
      const { DataType } = await import('@zilliz/milvus2-sdk-node')
      const generation = `g${randomBytes(8).toString('hex')}`
      await call((sdk) =>
        sdk.createCollection({
          collection_name,
          description: description + generation,
          fields: [
            {
              name: 'id',
              data_type: DataType.VarChar,
              is_primary_key: true,
              max_length: maxIdLength,
            },
            { name: 'vector', data_type: DataType.FloatVector, dim: dimension },
            // Empty for a face; see [Note: The checkpoint] in rows.ts.
            { name: 'place', data_type: DataType.VarChar, max_length: maxCheckpointLength },
          ],
        }),
      )
      for (const partition_name of [generation, toCheckpointPartition(generation)]) {
        await call((sdk) => sdk.createPartition({ collection_name, partition_name }))
      }
      await call((sdk) =>
        sdk.createIndex({
          collection_name,
          field_name: 'vector',
          index_name: 'vector',
          index_type: indexType,
          // Of unit vectors this is the cosine, and they come back as they were written.
          metric_type: 'IP',
          params: indexParameters[indexType],
        }),
      )
      await load()
      return toRows(generation)
    },

    async drop() {
      await call((sdk) => sdk.dropCollection({ collection_name }))
    },
  }
}
