import { FaceError } from '../../core/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import type { MilvusCollection } from './collection.ts'
import type { MilvusRows } from './rows.ts'

/** The rows that this node uses, and whether they are complete. Its calls are made one at a time. */
export interface MilvusState {
  /** Undefined before it has any. */
  readonly rows: MilvusRows | undefined
  /** Uses the rows that are there, when they have a place in the feed. @returns that place's cursor */
  load(): Promise<string | undefined>
  /** Uses rows that are empty. */
  clear(): Promise<void>
  /** Notes that the rows are complete up to the cursor. */
  save(cursor: string): Promise<void>
  destroy(): Promise<void>
}

/** A half-filled collection that has not grown for this long was left by a node that died. */
const abandonedAfterMs = 30_000

// [Note: Nodes that share a collection]
// Every node follows the whole feed, in order, and applies all of it here. What another node has
// written already is seen by a query and not written again; when two write the same at once, the
// second replaces the first by its equal. Embeddings never change under an id and ids are never
// used twice, so the order of two nodes' additions does not matter. A slow node may write a face
// after a faster one removed it: the slow one removes it when it comes to that change; should it
// die before, the faster one looks again 10 s after its removal and removes it again. Until then
// the gallery drops the face, since the store does not know it: no wrong name is ever answered.
//
// The place up to which the rows are complete is saved after Milvus acknowledged everything before
// it. Nodes overwrite each other's places; an older one only means a longer replay. Rows without a
// place are being filled: others wait for the place, or take over when the rows stop growing. See
// also [Note: Generations] in collection.ts and [Note: The checkpoint] in rows.ts.

/** Creates the state of a node that knows nothing yet. @param onChange other rows than before are used */
export function createMilvusState(
  collection: MilvusCollection,
  { logger, onChange }: { readonly logger: Logger | undefined; readonly onChange: () => void },
): MilvusState {
  let rows: MilvusRows | undefined
  /** Rows that another node is filling, and since when they have been this many. */
  let watched: { readonly generation: string; readonly count: number; since: number } | undefined

  function use(next: MilvusRows | undefined): void {
    // The recent changes belong to a generation; loading the same again keeps them.
    if (next === undefined || next.generation !== rows?.generation) onChange()
    rows = next
  }

  async function discard(reason?: string): Promise<undefined> {
    if (reason) logger?.warn({ reason }, 'the Milvus collection is dropped and built again')
    use(undefined)
    await collection.drop()
  }

  function isGrowing({ generation }: MilvusRows, count: number): boolean {
    const now = performance.now()
    if (watched?.generation !== generation || watched.count !== count) {
      watched = { generation, count, since: now }
    }
    return now - watched.since < abandonedAfterMs
  }

  async function load(): Promise<string | undefined> {
    const found = await collection.find()
    if (!found) {
      use(undefined)
      return undefined
    }
    if (found === 'misfit') return discard('its layout is another')
    await collection.load()
    const place = await found.readCheckpoint()
    // Also makes visible here whatever any node was acknowledged before.
    const count = await found.count()
    if (place) {
      // Removals since the place was saved make it smaller; half of it is not explained by them.
      if (count < place.count / 2) return discard('Milvus lost rows')
      use(found)
      return place.cursor
    }
    const isOurs = found.generation === rows?.generation
    if (count > 0 && !isOurs && isGrowing(found, count)) throw beingFilled()
    if (count > 0) return discard('it was not filled to the end')
    use(found)
    return undefined
  }

  async function isEmpty(found: MilvusRows): Promise<boolean> {
    await collection.load()
    return !(await found.readCheckpoint()) && (await found.count()) === 0
  }

  async function clear(): Promise<void> {
    const found = await collection.find()
    if (found && found !== 'misfit') {
      if (await isEmpty(found)) {
        onChange()
        return use(found)
      }
      if (found.generation !== rows?.generation) throw beingFilled()
    }
    if (found) await discard()
    use(await collection.create())
  }

  return {
    get rows() {
      return rows
    },
    load,
    clear,

    async save(cursor) {
      if (!rows) await clear()
      const complete = rows!
      await complete.saveCheckpoint({ cursor, count: await complete.count() })
    },

    async destroy() {
      use(undefined)
      if (await collection.find()) await collection.drop()
    },
  }
}

function beingFilled(): FaceError {
  return new FaceError('indexUnavailable', { detail: 'Another node is filling the index.' })
}
