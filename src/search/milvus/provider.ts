import { FaceError } from '../../core/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import { connectMilvus, type MilvusClient } from './client.ts'
import { createMilvusCollection } from './collection.ts'
import { createMilvusIndex, type MilvusIndex } from './milvus-index.ts'
import type { MilvusIndexType } from './rows.ts'

export interface MilvusProviderOptions {
  /** `host:port`, or with `https://` in front for TLS. */
  readonly address: string
  /** `user:password` or an API key. */
  readonly token?: string
  readonly database?: string
  /** The names in Milvus are `<prefix>_<collection id>`. Default `face_watcher`. */
  readonly prefix?: string
  /** Kind of index that Milvus builds over settled rows, default `HNSW`; another one than before means a rebuild. */
  readonly indexType?: MilvusIndexType
  /** How long a call to Milvus may take, default 5000. */
  readonly timeoutMs?: number
  readonly logger?: Logger
}

/**
 * Makes indexes that live in a Milvus server (2.3 or newer), one Milvus collection each, shared by
 * all nodes that use the server and the prefix. What was written or removed here is seen by
 * searches here at once, on other nodes when they follow or within a second. Similarities are
 * float32 inner products to 6 decimals.
 *
 * Calls fail with `indexUnavailable` when Milvus cannot be reached, which mends itself, or while
 * another node fills the index; with `workerFailed` when the Milvus collection was replaced under
 * the index, until `load` or `clear` is called; with `notReady` after `close` and
 * `collectionNotFound` after `destroy`. `open` throws `indexKindUnavailable` without the SDK.
 */
export function createMilvusProvider(options: MilvusProviderOptions): VectorIndexProvider {
  const { address, prefix = 'face_watcher', indexType = 'HNSW', timeoutMs = 5000 } = options
  const indexes = new Map<string, MilvusIndex>()
  let client: Promise<MilvusClient> | undefined
  let closed = false

  return {
    kind: 'milvus',
    async open(collectionId, dimension) {
      if (closed) throw new FaceError('notReady', { detail: 'The index is closed.' })
      if (!/^\w{1,64}$/.test(collectionId)) {
        throw new FaceError('internal', { detail: 'A collection id cannot name a collection.' })
      }
      client ??= connectMilvus({
        address,
        timeoutMs,
        ...(options.token ? { token: options.token } : {}),
        ...(options.database ? { database: options.database } : {}),
      }).catch((error: unknown) => {
        client = undefined
        throw error
      })
      const connected = await client
      const known = indexes.get(collectionId)
      if (known) {
        if (known.index.dimension === dimension) return known.index
        throw new FaceError('dimensionMismatch', { info: { expected: known.index.dimension } })
      }
      const name = `${prefix}_${collectionId}`
      const collection = createMilvusCollection(connected, name, { dimension, indexType })
      const opened = createMilvusIndex(collection, {
        dimension,
        timeoutMs,
        logger: options.logger,
        onEnd: () => indexes.delete(collectionId),
      })
      indexes.set(collectionId, opened)
      return opened.index
    },
    async close() {
      if (closed) return
      closed = true
      await Promise.all([...indexes.values()].map((opened) => opened.close()))
      await (await client?.catch(() => undefined))?.close()
    },
  }
}
